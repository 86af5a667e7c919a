//! Who asks.

use std::sync::Arc;

use async_trait::async_trait;
use portal_domain::access::{Surface, VerifiedToken};

/// The text of a bearer token. Never printed.
pub struct BearerToken(Box<str>);

impl BearerToken {
    /// Keeps the token as it was sent, without `Bearer`.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text, for verification.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken(****)")
    }
}

/// Why a token is not believed. Carries nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// Malformed, wrong signature, issuer, audience, type or lifetime. The text is a fixed reason.
    #[error("token refused: {0}")]
    Invalid(&'static str),
    /// Was good, and is past its `exp`.
    #[error("token expired")]
    Expired,
    /// The provider's keys are not to be had.
    #[error("signing keys unavailable")]
    KeysUnavailable,
}

/// Verifies bearer tokens, each surface by its own audience.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// Checks signature, times, type, issuer and the surface's audience (RFC 7519, RFC 9068).
    async fn verify(
        &self,
        token: &BearerToken,
        surface: Surface,
    ) -> Result<Arc<VerifiedToken>, TokenRefusal>;
}
