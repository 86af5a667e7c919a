//! What the store knows of a caller: tenant, account and delegations, as the decision needs them.

use std::sync::Arc;

use async_trait::async_trait;
use portal_domain::account::AccountSnapshot;
use portal_domain::id::{Issuer, Subject, TenantId};
use portal_domain::proxy_delegation::DelegationSnapshot;
use portal_domain::tenant::Tenant;

use super::StoreError;

/// The facts of one identity in one tenant, all of one moment.
#[derive(Debug, Clone, Default)]
pub struct StoredFacts {
    /// The tenant, whatever its region; none when there is no such tenant, and then nothing else.
    pub tenant: Option<Arc<Tenant>>,
    /// The account that is bound to the identity and not closed.
    pub account: Option<Arc<AccountSnapshot>>,
    /// The delegations to that account that are active or ended lately, each with its grantor's
    /// account; the active ones first.
    pub delegations: Vec<Arc<DelegationSnapshot>>,
}

/// Reads facts.
#[async_trait]
pub trait Facts: Send + Sync {
    /// All facts of an identity in one round trip. A tenant that is known already is given back as
    /// it is when its version is still the store's.
    async fn find(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        subject: &Subject,
        known: Option<&Arc<Tenant>>,
    ) -> Result<StoredFacts, StoreError>;
}
