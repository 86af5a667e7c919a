//! Sources that say over HTTP that records have changed.

use portal_domain::id::TenantId;
use portal_domain::source::Source;

use super::BearerToken;

/// What a secret stands for: whose records of which sources may be said to have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHook {
    /// The tenant.
    pub tenant: TenantId,
    /// One source, or all where one server is the source of everything.
    pub sources: Vec<Source>,
}

/// The secrets of sources.
pub trait RecordHooks: Send + Sync {
    /// What a secret stands for; none if it is nobody's. Takes as long for any secret.
    fn find(&self, secret: &BearerToken) -> Option<RecordHook>;
}
