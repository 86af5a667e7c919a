//! The administration of the identity provider.

use async_trait::async_trait;
use portal_domain::id::{Issuer, PatientId, Subject};

/// The provider did not do it. Carries no detail of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityAdminError {
    /// Out of reach, or it failed: worth trying again.
    #[error("identity provider unavailable")]
    Unavailable,
    /// It knows no such user, or refuses.
    #[error("identity provider refused")]
    Refused,
    /// No administration is configured for the issuer.
    #[error("identity provider is not administered")]
    NotConfigured,
}

/// What the portal may do at the identity provider.
#[async_trait]
pub trait IdentityAdmin: Send + Sync {
    /// Sets the user's `patient` attribute, and `fhirUser` to the Patient; with none removes both.
    /// Tokens carry it from the next one on.
    async fn link_patient(
        &self,
        issuer: &Issuer,
        subject: &Subject,
        patient: Option<&PatientId>,
    ) -> Result<(), IdentityAdminError>;

    /// Ends every session of the user. Done when there is none.
    async fn end_sessions(
        &self,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<(), IdentityAdminError>;

    /// Takes back what the user granted to a client, its offline tokens included. Done when there
    /// is nothing.
    async fn revoke_consent(
        &self,
        issuer: &Issuer,
        subject: &Subject,
        client: &str,
    ) -> Result<(), IdentityAdminError>;
}
