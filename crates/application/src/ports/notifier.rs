//! Links and codes on their way to people. Other notices are events; these carry secrets, which
//! no bus may see.

use async_trait::async_trait;
use portal_domain::id::TenantId;

use super::{ContactAddress, ContactChannel};

/// Something secret for one address.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id: sent again under the same one, it reaches the person once.
    pub id: String,
    /// Whose tenant's texts.
    pub tenant: TenantId,
    /// By what.
    pub channel: ContactChannel,
    /// Where to.
    pub address: ContactAddress,
    /// BCP 47 tag of the text.
    pub language: String,
    /// The key of the text.
    pub template_key: String,
    /// The link or code that the text carries.
    pub secret: String,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id)
            .field("template_key", &self.template_key)
            .finish_non_exhaustive()
    }
}

/// The notifier did not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotifierError {
    /// Out of reach, or it failed: worth trying again.
    #[error("notifier unavailable")]
    Unavailable,
    /// It will never take this one.
    #[error("notifier refused")]
    Refused,
}

/// communication-service, as far as it sends.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Hands a delivery over, and waits until it was taken.
    async fn send(&self, delivery: &Delivery) -> Result<(), NotifierError>;
}
