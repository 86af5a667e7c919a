//! What waits to be done at the identity provider.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::id::{ClientId, Issuer, PatientId, Subject, TenantId};

use super::StoreError;

/// What the identity provider is asked to do for a person. Of two of the same kind, and of the
/// same client where there is one, the newer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderTask {
    /// Tokens say whose record the person holds from the next one on; with none, no record.
    LinkPatient(Option<PatientId>),
    /// Every session of the person ends.
    EndSessions,
    /// A client loses what the person granted it.
    RevokeConsent(ClientId),
}

impl ProviderTask {
    /// The word stored and counted.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::LinkPatient(_) => "link_patient",
            Self::EndSessions => "end_sessions",
            Self::RevokeConsent(_) => "revoke_consent",
        }
    }

    /// Whose consent is withdrawn.
    pub const fn client(&self) -> Option<&ClientId> {
        match self {
            Self::RevokeConsent(client) => Some(client),
            Self::LinkPatient(_) | Self::EndSessions => None,
        }
    }
}

/// A task that is due, and held back from other pods until a time.
#[derive(Debug, Clone)]
pub struct DueProviderTask {
    /// Its tenant.
    pub tenant: TenantId,
    /// For whom.
    pub identity: (Issuer, Subject),
    /// What is to be done.
    pub task: ProviderTask,
    /// How often it was tried before.
    pub attempts: u32,
    /// When it is given up; none: never.
    pub expires_at: Option<Timestamp>,
    /// No other task ever has it, of whatever key.
    pub version: i64,
    /// Until when it is held.
    pub held_until: Timestamp,
}

/// The tasks that were committed and not done yet.
#[async_trait]
pub trait ProviderTasks: Send + Sync {
    /// Some that are due, held back from other pods for a minute: of one key never two at once.
    async fn claim(&self, now: Timestamp) -> Result<Vec<DueProviderTask>, StoreError>;

    /// It was done, or never will be: it goes, unless a newer one took its place, which is then
    /// due. With a consent that was withdrawn until `now`, tokens of a newer one count again.
    async fn done(&self, due: &DueProviderTask, now: Timestamp) -> Result<(), StoreError>;

    /// It is tried again later, unless a newer one took its place, which is then due.
    async fn postpone(&self, due: &DueProviderTask, until: Timestamp) -> Result<(), StoreError>;
}
