//! The proof that a request was allowed. Only [`super::authorize`] makes it.

use std::sync::Arc;

use jiff::Timestamp;
use portal_fhir::{Header, ResourceType};

use crate::account::{AccountSnapshot, AccountStatus};
use crate::audit::FenceVersions;
use crate::feature::FeatureSet;
use crate::id::PatientId;
use crate::proxy_delegation::DelegationRight;
use crate::release::{Judge, ReleaseRules, Viewer};
use crate::source::{RecordSet, Source};
use crate::tenant::Tenant;

use super::{
    AccessFacts, Action, Denial, InspectPermit, ProxyAccess, ProxyNeed, ReadPermit, Surface,
    VerifiedToken,
};

/// Access to one patient's record for one request. Neither `Clone` nor serialisable: it ends with
/// the request that it was decided for.
#[derive(Debug)]
pub struct PatientGrant {
    token: Arc<VerifiedToken>,
    tenant: Arc<Tenant>,
    account: Arc<AccountSnapshot>,
    proxy: Option<ProxyAccess>,
    features: FeatureSet,
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
    pub(super) fn new(
        facts: &AccessFacts,
        tenant: Arc<Tenant>,
        account: Arc<AccountSnapshot>,
        proxy: Option<ProxyAccess>,
        action: Action,
        decided_at: Timestamp,
    ) -> Self {
        let is_summary = action.proxy == ProxyNeed::Right(DelegationRight::Summary);
        let proxy = match proxy {
            Some(proxy) if is_summary => Some(proxy.with_summary_parts()),
            other => other,
        };
        Self {
            token: Arc::clone(&facts.token),
            tenant,
            account,
            proxy,
            features: facts.features,
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

    /// What the caller may see of somebody else's record; none for one's own.
    pub const fn proxy(&self) -> Option<&ProxyAccess> {
        self.proxy.as_ref()
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
        let patient = match &self.proxy {
            Some(proxy) => Some(&proxy.delegation().grantor),
            None => self.account.patient_id.as_ref(),
        };
        patient.map(RecordPatient)
    }

    /// The versions of the facts that this was decided on.
    pub fn fence(&self) -> FenceVersions {
        let delegation = self.proxy.as_ref().map(ProxyAccess::delegation);
        FenceVersions {
            tenant: self.tenant.version,
            account: (self.account.id, self.account.version),
            delegation: delegation.map(|delegation| (delegation.id, delegation.version)),
            grantor: delegation
                .and_then(|delegation| delegation.grantor_account)
                .map(|account| (account.id, account.version)),
        }
    }

    /// Whether the caller is told that something of their own is held for a while: patients
    /// themselves, with the portal's own clients.
    pub fn hears_of_holds(&self) -> bool {
        self.proxy.is_none() && self.token.first_party && self.action.surface == Surface::Portal
    }

    /// The judge of records of a source for this caller.
    pub fn judge<'a>(&'a self, rules: &'a ReleaseRules, source: Source) -> Judge<'a> {
        let (viewer, now) = (self.viewer(), self.decided_at);
        Judge::new(rules, source, &self.tenant.config, viewer, now)
    }

    /// For whom records are judged.
    pub(super) fn viewer(&self) -> Viewer {
        let proxy = self.proxy.as_ref();
        proxy.map_or(Viewer::PATIENT, ProxyAccess::viewer)
    }

    // Routes that any state of the account may call open no record by it.
    fn open_record(&self) -> Option<&PatientId> {
        let active = self.account.status == AccountStatus::Active;
        self.patient().filter(|_| active).map(RecordPatient::id)
    }

    /// Whether the token's scopes and the delegation cover something of a type, licensed or not.
    pub fn reaches(&self, resource_type: ResourceType) -> bool {
        let interaction = self.action.interaction();
        let scopes = &self.token.scopes;
        let proxy = self.proxy.as_ref();
        interaction
            .is_some_and(|act| scopes.allows(resource_type, act) || self.tells_where(resource_type))
            && proxy.is_none_or(|proxy| super::proxy::opens_type(proxy, resource_type))
    }

    // With whom and where an appointment is, or can be had, belongs to it: a directory is nobody's
    // record, and the routes of appointments on the portal's own surface have no other scope.
    fn tells_where(&self, resource_type: ResourceType) -> bool {
        let about = self.action.resource_type();
        let of_appointments = about == Some(ResourceType::Appointment);
        of_appointments && self.action.surface == Surface::Portal && resource_type.is_directory()
    }

    /// Whether the tenant holds what a source belongs to.
    pub fn entitles(&self, source: Source) -> bool {
        self.features.opens(source)
    }

    fn entitles_type(&self, resource_type: ResourceType) -> bool {
        RecordSet::of_type(resource_type).any(|set| self.entitles(set.source()))
    }

    /// Permission to read records of a type, if the token's scopes and the delegation cover
    /// something of it and the tenant holds it.
    pub fn read(&self, resource_type: ResourceType) -> Option<ReadPermit<'_>> {
        let patient = self.open_record()?;
        let open = self.reaches(resource_type) && self.entitles_type(resource_type);
        open.then(|| ReadPermit::new(self, patient, resource_type))
    }

    /// Permission to look at records of a type in order to judge references to them. What is
    /// loaded by it can be judged but not shown, so it needs no scope.
    pub fn inspect(&self, resource_type: ResourceType) -> Option<InspectPermit<'_>> {
        let patient = self
            .open_record()
            .filter(|_| self.entitles_type(resource_type))?;
        Some(InspectPermit::new(&self.tenant, patient, resource_type))
    }

    /// Whether one record of a set is within the token's scopes and the delegation.
    pub(super) fn covers(&self, set: RecordSet, header: &Header) -> bool {
        let scopes = &self.token.scopes;
        let interaction = self.action.interaction();
        let in_scope = |act| scopes.covers(header.resource_type, act, header);
        (self.tells_where(header.resource_type) || interaction.is_some_and(in_scope))
            && self.delegates(set, header)
    }

    /// Whether every record of a set is within the token's scopes, and there is no delegation.
    pub(super) fn covers_all(&self, set: RecordSet) -> bool {
        let scopes = &self.token.scopes;
        let interaction = self.action.interaction();
        self.proxy.is_none()
            && interaction.is_some_and(|act| scopes.allows_whole(set.resource_type(), act))
    }

    /// Whether one record of a set is within the delegation; one's own always is.
    pub(crate) fn delegates(&self, set: RecordSet, header: &Header) -> bool {
        let proxy = self.proxy.as_ref();
        proxy.is_none_or(|proxy| proxy.opens(set, header))
    }

    /// For whom and when records are judged.
    pub(crate) fn judged_for(&self) -> (Viewer, Timestamp) {
        (self.viewer(), self.decided_at)
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
