//! Changes to what registration-service knows.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{FIRST_TENANT, World};
use crate::record::Record;
use crate::registered::with_member;
use crate::source::Source;

/// What happens to a Patient.
#[derive(Clone, Copy)]
pub(crate) enum PatientChange<'a> {
    /// It is replaced by the Patient of this id.
    MergedInto(&'a str),
    /// The person has died.
    Deceased,
}

impl World {
    /// Changes a Patient of a tenant; whether there was one that was not
    /// changed so before.
    pub(crate) fn change_patient(
        &self,
        tenant: Option<&str>,
        id: &str,
        change: PatientChange<'_>,
    ) -> bool {
        match change {
            PatientChange::Deceased => self.add_member(tenant, id, "deceasedBoolean", &json!(true)),
            PatientChange::MergedInto(successor) => {
                let store = self.store();
                let found = store.read(tenant, Source::Registration, "Patient", successor);
                drop(store);
                found.is_some() && successor != id && {
                    let links = |kind: &str, id: &str| {
                        let other = json!({ "reference": format!("Patient/{id}") });
                        json!([{ "other": other, "type": kind }])
                    };
                    let is_merged =
                        self.add_member(tenant, id, "link", &links("replaced-by", successor));
                    // One that took the place of another already says so of that one alone.
                    is_merged && {
                        self.add_member(tenant, successor, "link", &links("replaces", id));
                        true
                    }
                }
            }
        }
    }

    fn add_member(
        &self,
        tenant: Option<&str>,
        id: &str,
        name: &'static str,
        value: &Value,
    ) -> bool {
        let mut store = self.store_mut();
        let found = store.read(tenant, Source::Registration, "Patient", id);
        let changed = found.and_then(|record| with_member(&record, name, value).ok());
        let record = changed.and_then(|bytes| Record::read(bytes).ok());
        let Some(record) = record else { return false };
        store.put(tenant, Source::Registration, Arc::new(record), None);
        true
    }

    /// Says of a contact whether it is shared, whatever the records say.
    pub(crate) fn share_contact(&self, tenant: Option<&str>, address: &str, shared: bool) {
        let tenant = tenant.unwrap_or(FIRST_TENANT).to_owned();
        let key = (tenant, address.to_owned());
        self.shared_contacts().insert(key, shared);
    }
}
