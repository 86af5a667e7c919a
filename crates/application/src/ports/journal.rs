//! The access journal, from the side of those who are recorded.

use async_trait::async_trait;
use portal_domain::audit::{AccessEvent, Receipt};

/// The store cannot be used now. Carries no detail of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Out of reach, overloaded or too slow.
    #[error("store unavailable")]
    Unavailable,
    /// A row breaks a rule of the domain.
    #[error("store corrupt")]
    Corrupt,
}

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Recording {
    /// It is durable.
    Durable(Receipt),
    /// It was decided on facts that have changed since, and was not kept.
    Stale,
}

/// The access journal.
pub trait Journal: Send + Sync {
    /// Takes a place in the queue, before any source is asked. Full is unavailable.
    fn reserve(&self) -> Result<Box<dyn JournalPlace>, StoreError>;
}

/// A place in the queue of the journal.
#[async_trait]
pub trait JournalPlace: Send {
    /// Makes the event durable, and waits for it. A caller who stops waiting does not withdraw
    /// the event.
    async fn record(self: Box<Self>, event: AccessEvent) -> Result<Recording, StoreError>;
}
