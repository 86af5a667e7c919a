//! What an account's person sees of what the portal holds for them.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::access::PatientGrant;
use portal_domain::id::ProxyDelegationId;
use portal_domain::notification::Preferences;
use portal_domain::proxy_delegation::ProxyDelegation;

use super::{ListedApp, StoreError};

/// A delegation with its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedDelegation {
    /// The delegation.
    pub delegation: ProxyDelegation,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Reads what belongs to the account of a grant.
#[async_trait]
pub trait AccountViews: Send + Sync {
    /// The delegations about the account's record and those to the account, newest first; all, or
    /// the one of an id.
    async fn delegations(
        &self,
        grant: &PatientGrant,
        id: Option<ProxyDelegationId>,
    ) -> Result<Vec<ProxyDelegation>, StoreError>;

    /// The delegations about the record of the grant's patient, newest first. Who acts by one of them
    /// has that one alone.
    async fn granted(&self, grant: &PatientGrant) -> Result<Vec<GrantedDelegation>, StoreError>;

    /// What the person wants to be told, and the version of that; none while they never said.
    async fn preferences(
        &self,
        grant: &PatientGrant,
    ) -> Result<Option<(Preferences, i64)>, StoreError>;

    /// The apps that use the account's grants, and those that read its record by a delegation that
    /// is active, as its proxy is; the one that was used last first.
    async fn apps(&self, grant: &PatientGrant) -> Result<Vec<ListedApp>, StoreError>;
}
