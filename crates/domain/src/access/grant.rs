//! The proof that a request was allowed. Only [`super::authorize`] makes it.

use std::sync::Arc;

use jiff::Timestamp;
use portal_fhir::ResourceType;

use crate::account::{AccountSnapshot, AccountStatus};
use crate::id::PatientId;
use crate::tenant::Tenant;

use super::{Action, Denial, InspectPermit, ReadPermit, VerifiedToken};

/// Access to one patient's record for one request. Neither `Clone` nor serialisable: it ends with
/// the request that it was decided for.
#[derive(Debug)]
pub struct PatientGrant {
    token: Arc<VerifiedToken>,
    tenant: Arc<Tenant>,
    account: Arc<AccountSnapshot>,
    action: Action,
    decided_at: Timestamp,
}

/// The patient whose record a grant opens. Borrowed from the grant; never printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPatient<'a>(pub(super) &'a PatientId);

impl<'a> RecordPatient<'a> {
    /// The id at the sources.
    pub const fn id(self) -> &'a PatientId {
        self.0
    }
}

impl PatientGrant {
    pub(super) const fn new(
        token: Arc<VerifiedToken>,
        tenant: Arc<Tenant>,
        account: Arc<AccountSnapshot>,
        action: Action,
        decided_at: Timestamp,
    ) -> Self {
        Self {
            token,
            tenant,
            account,
            action,
            decided_at,
        }
    }

    /// The tenant, for everything that belongs to it.
    pub const fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The account that acts, in the version that the decision used.
    pub const fn account(&self) -> &Arc<AccountSnapshot> {
        &self.account
    }

    /// The caller's token.
    pub const fn token(&self) -> &Arc<VerifiedToken> {
        &self.token
    }

    /// What was allowed.
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// When it was decided: the `now` of every rule of this request.
    pub const fn decided_at(&self) -> Timestamp {
        self.decided_at
    }

    /// Whose record this opens; none for an account that holds none.
    pub fn patient(&self) -> Option<RecordPatient<'_>> {
        self.account.patient_id.as_ref().map(RecordPatient)
    }

    // Routes that any state of the account may call open no record by it.
    fn open_record(&self) -> Option<&PatientId> {
        let patient = self.account.patient_id.as_ref()?;
        (self.account.status == AccountStatus::Active).then_some(patient)
    }

    /// Permission to read records of a type, if the token's scopes cover it.
    pub fn read(&self, resource_type: ResourceType) -> Option<ReadPermit<'_>> {
        let allowed = self
            .token
            .scopes
            .allows(resource_type, self.action.interaction());
        let patient = self.open_record()?;
        allowed.then(|| ReadPermit::new(&self.tenant, patient, resource_type))
    }

    /// Permission to look at records of a type in order to judge references to them. What is
    /// loaded by it can be judged but not shown, so it needs no scope.
    pub fn inspect(&self, resource_type: ResourceType) -> Option<InspectPermit<'_>> {
        let patient = self.open_record()?;
        Some(InspectPermit::new(&self.tenant, patient, resource_type))
    }

    /// Refuses a patient id that the request names and that is not this grant's: the same answer
    /// for every other id, existing or not.
    pub fn check_named_patient(&self, named: &PatientId) -> Result<(), Denial> {
        match self.patient() {
            Some(own) if own.id() == named => Ok(()),
            Some(_) | None => Err(Denial::OtherPatient),
        }
    }
}
