//! What ports ask for instead of a patient id.

use std::sync::Arc;

use jiff::Timestamp;
use portal_fhir::{Header, ResourceType};

use crate::id::{PatientId, TenantId};
use crate::release::Viewer;
use crate::source::RecordSet;
use crate::tenant::Tenant;

use super::PatientGrant;

/// Permission to read and show one type of one patient's record. Made by
/// [`super::PatientGrant::read`] alone and bound to that grant's life.
#[derive(Debug, Clone, Copy)]
pub struct ReadPermit<'g> {
    grant: &'g PatientGrant,
    patient: &'g PatientId,
    resource_type: ResourceType,
}

/// Permission to load one type in order to judge references to it, never to show it. Made by
/// [`super::PatientGrant::inspect`] alone.
#[derive(Debug, Clone, Copy)]
pub struct InspectPermit<'g> {
    tenant: &'g Arc<Tenant>,
    patient: &'g PatientId,
    resource_type: ResourceType,
}

/// Whose records of which type may be fetched: what a permit leaves with a fetch that several
/// requests share and that may outlast the one that began it. It can only be had from a permit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordTarget {
    tenant: TenantId,
    patient: PatientId,
    /// Where the source has an id of its own for the patient.
    at_source: Option<PatientId>,
    resource_type: ResourceType,
}

impl<'g> ReadPermit<'g> {
    pub(super) const fn new(
        grant: &'g PatientGrant,
        patient: &'g PatientId,
        resource_type: ResourceType,
    ) -> Self {
        Self {
            grant,
            patient,
            resource_type,
        }
    }

    /// What may be fetched by this permit.
    pub fn target(&self) -> RecordTarget {
        RecordTarget::new(self.tenant(), self.patient, self.resource_type)
    }

    /// The type that may be read.
    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// The tenant whose rules apply.
    pub const fn tenant(&self) -> &'g Arc<Tenant> {
        self.grant.tenant()
    }

    /// Whether one record of a set may be shown by it: within granular scopes and the delegation.
    pub(crate) fn covers(&self, set: RecordSet, header: &Header) -> bool {
        self.grant.covers(set, header)
    }

    /// Whether every record of a set may be, so that none needs to be looked at. Only of one's own,
    /// and under scopes of the whole type.
    pub(crate) fn covers_all(&self, set: RecordSet) -> bool {
        self.grant.covers_all(set)
    }

    /// For whom and when records are judged that are shown by it.
    pub(crate) fn judged_for(&self) -> (Viewer, Timestamp) {
        self.grant.judged_for()
    }

    /// The members that are left of a Patient for who may not see all of it.
    pub(crate) fn patient_members(&self) -> Option<&'static [&'static str]> {
        let reduced = self.grant.proxy().is_some_and(|proxy| !proxy.is_full());
        (reduced && self.resource_type == ResourceType::Patient).then_some(&[
            "name",
            "birthDate",
            "gender",
        ])
    }
}

impl<'g> InspectPermit<'g> {
    pub(super) const fn new(
        tenant: &'g Arc<Tenant>,
        patient: &'g PatientId,
        resource_type: ResourceType,
    ) -> Self {
        Self {
            tenant,
            patient,
            resource_type,
        }
    }

    /// What may be fetched by this permit.
    pub fn target(&self) -> RecordTarget {
        RecordTarget::new(self.tenant, self.patient, self.resource_type)
    }
}

/// Stands for the patient where a set is nobody's. No source is asked for it.
const NOBODY: &str = "-";

impl RecordTarget {
    /// A directory is the same for everybody, so its target names nobody.
    pub(super) fn new(tenant: &Tenant, patient: &PatientId, resource_type: ResourceType) -> Self {
        let nobody = || PatientId::parse(NOBODY).ok();
        let shared = if resource_type.is_directory() {
            nobody()
        } else {
            None
        };
        Self {
            tenant: tenant.id.clone(),
            patient: shared.unwrap_or_else(|| patient.clone()),
            at_source: None,
            resource_type,
        }
    }

    /// The same, of a source that knows the patient by an id of its own.
    #[must_use]
    pub fn known_as(&self, at_source: PatientId) -> Self {
        Self {
            at_source: Some(at_source),
            ..self.clone()
        }
    }

    /// The patient's own record at registration: loaded to find out by which id a source knows
    /// them, never to be shown.
    #[must_use]
    pub fn of_patient(&self) -> Self {
        Self {
            at_source: None,
            resource_type: ResourceType::Patient,
            ..self.clone()
        }
    }

    /// The tenant that the source is asked for.
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The patient whose records they are; of a directory a word that names none.
    pub const fn patient(&self) -> &PatientId {
        &self.patient
    }

    /// The id by which the source is asked for the patient.
    pub fn at_source(&self) -> &PatientId {
        self.at_source.as_ref().unwrap_or(&self.patient)
    }

    /// The type that may be asked for.
    pub const fn resource_type(&self) -> ResourceType {
        self.resource_type
    }
}
