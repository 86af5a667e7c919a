//! The handle's part of who people are and what reaches them.

use super::Sandbox;
use crate::notification::SentNotification;
use crate::registrant::DemoRegistrant;
use crate::staff::{self, DemoStaff};
use crate::world::PatientChange;

impl Sandbox {
    /// Those who have a record and no account yet.
    pub fn registrants(&self) -> Vec<DemoRegistrant> {
        self.world.registrants.clone()
    }

    /// Staff, of realm `staff`.
    pub fn staff(&self) -> Vec<DemoStaff> {
        staff::everyone()
    }

    /// Replaces a Patient by another of the tenant (FHIR R4 Patient.link).
    ///
    /// # Panics
    ///
    /// There is no such Patient, or it was replaced before.
    pub fn merge_patients(&self, tenant: Option<&str>, from: &str, into: &str) {
        let change = PatientChange::MergedInto(into);
        assert!(
            self.world.change_patient(tenant, from, change),
            "there are no such two Patients, or the first was merged before"
        );
    }

    /// Lets a patient have died.
    ///
    /// # Panics
    ///
    /// There is no such Patient, or the same was said before.
    pub fn mark_deceased(&self, tenant: Option<&str>, patient: &str) {
        let change = PatientChange::Deceased;
        assert!(
            self.world.change_patient(tenant, patient, change),
            "there is no such Patient, or it says so already"
        );
    }

    /// Says of a contact whether several patients share it, whatever the
    /// records say.
    pub fn set_contact_shared(&self, tenant: Option<&str>, address: &str, shared: bool) {
        self.world.share_contact(tenant, address, shared);
    }

    /// What communication-service took, oldest first, each key once.
    pub fn notifications(&self) -> Vec<SentNotification> {
        self.world.notifications().find(None, None)
    }

    /// Sets what identity-service says of a tenant.
    pub fn set_entitlements(&self, tenant: &str, keys: &[&str]) {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self.world.entitlements().insert(tenant.to_owned(), keys);
    }

    /// Client and secret of the account that administers the users of every
    /// realm.
    pub fn identity_admin(&self) -> (&'static str, &'static str) {
        crate::issuer::ADMINISTRATOR
    }
}
