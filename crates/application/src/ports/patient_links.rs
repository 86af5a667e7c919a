//! By which ids sources know patients, as it was found out.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::id::{PatientId, TenantId};

use super::StoreError;

/// Where a patient has an id of its own: one base of a tenant, and the system of the identifier
/// that links it to registration. Another base, or another system, knows nobody yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkPlace {
    /// The tenant.
    pub tenant: TenantId,
    /// The base's URL as that tenant reaches it.
    pub base: Box<str>,
    /// The system of the identifier.
    pub system: Box<str>,
}

/// A link that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatientLink {
    /// The source's own id.
    pub at_source: PatientId,
    /// When the source last named it.
    pub verified_at: Timestamp,
}

/// Keeps links. Of one place no two patients ever have the same id.
#[async_trait]
pub trait PatientLinks: Send + Sync {
    /// The link of a patient.
    async fn find(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
    ) -> Result<Option<PatientLink>, StoreError>;

    /// Keeps a link, in place of an earlier one. `false`: the id is another patient's.
    async fn keep(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
        link: &PatientLink,
    ) -> Result<bool, StoreError>;

    /// Removes the link of a patient, if there is one.
    async fn forget(&self, place: &LinkPlace, patient: &PatientId) -> Result<(), StoreError>;

    /// The patient whom a place knows by an id.
    async fn patient_of(
        &self,
        place: &LinkPlace,
        at_source: &PatientId,
    ) -> Result<Option<PatientId>, StoreError>;
}
