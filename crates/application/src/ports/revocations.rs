//! Whether a token that verifies still counts.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::access::{Introspection, VerifiedToken};
use portal_domain::id::TenantId;

use super::BearerToken;

/// What the list of revocations says of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedStanding {
    /// Whether an entry refuses it: one of its keys, not before its `iat`.
    pub revoked: bool,
    /// Whether the list in memory is at most five seconds old.
    pub is_fresh: bool,
}

/// The list of revocations, kept in memory and followed in the background.
pub trait Revocations: Send + Sync {
    /// Looks a token up. No I/O.
    fn standing(&self, tenant: &TenantId, token: &VerifiedToken, now: Timestamp) -> ListedStanding;
}

/// Asks identity providers about tokens (RFC 7662).
#[async_trait]
pub trait TokenIntrospection: Send + Sync {
    /// What the token's issuer says now, or said at most five seconds ago. One call at a time for
    /// each token: those who ask meanwhile share it.
    async fn introspect(&self, token: &VerifiedToken, text: &BearerToken) -> Introspection;
}
