//! What a tenant has licensed.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use portal_domain::id::TenantId;

/// The licence keys that a tenant holds.
pub type Features = Arc<BTreeSet<String>>;

/// Nobody can say what the tenant holds; that is the same as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entitlements unavailable")]
pub struct EntitlementsUnavailable;

/// Tells what a tenant has licensed.
#[async_trait]
pub trait Entitlements: Send + Sync {
    /// The keys that the tenant holds; empty for an unknown tenant.
    async fn features(&self, tenant: &TenantId) -> Result<Features, EntitlementsUnavailable>;

    /// Lets go of what is remembered of a tenant: its licences have changed, and the next question
    /// is asked anew. Who remembers nothing has nothing to do.
    fn forget(&self, _tenant: &TenantId) {}
}
