//! Tenants and accounts, as the decision needs them.

use async_trait::async_trait;
use portal_domain::account::AccountSnapshot;
use portal_domain::id::{Issuer, Subject, TenantId};
use portal_domain::tenant::Tenant;

use super::StoreError;

/// The tenants of this deployment.
#[async_trait]
pub trait Tenants: Send + Sync {
    /// The tenant of an id, whatever its region.
    async fn find(&self, id: &TenantId) -> Result<Option<Tenant>, StoreError>;
}

/// The accounts of a tenant.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account that is bound to an identity and not closed.
    async fn find(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<AccountSnapshot>, StoreError>;
}
