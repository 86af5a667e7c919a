//! From the journal's cursor to the event bus.

use async_trait::async_trait;
use portal_domain::event::EventKind;
use portal_domain::id::TenantId;
use serde_json::value::RawValue;

use super::StoreError;

/// Up to 500 access events of one tenant that are published as one message.
#[derive(Debug)]
pub struct RelayBatch {
    /// Whose events.
    pub tenant_id: TenantId,
    /// The id of the last event: with the tenant it is the message's id.
    pub last_event_id: String,
    /// The events as JSON objects (ids and codes only), in journal order.
    pub events: Vec<Box<RawValue>>,
    /// RFC 3339 time of the last event.
    pub occurred_at: String,
}

/// Batches whose bounds are committed, so that a crash publishes exactly them again.
#[derive(Debug)]
pub struct RelayClaim {
    /// Proves, when confirming, that no other relay took over since.
    pub fencing_token: i64,
    /// What to publish, in order.
    pub batches: Vec<RelayBatch>,
}

/// The journal as its relay reads it: behind the oldest running transaction, so that a late
/// commit is never skipped. One relay at a time, by a lease.
#[async_trait]
pub trait JournalRelay: Send + Sync {
    /// The next batches, or the ones that a crashed relay left unconfirmed. `None` when there is
    /// nothing new or another relay holds the lease.
    async fn claim(&self) -> Result<Option<RelayClaim>, StoreError>;

    /// Moves the cursor behind a claim. `false` when another relay took over.
    async fn confirm(&self, claim: &RelayClaim) -> Result<bool, StoreError>;
}

/// One message for the bus.
#[derive(Debug, Clone)]
pub struct OutgoingEvent {
    /// Its kind: the subject, and the stream that keeps it.
    pub kind: EventKind,
    /// `Nats-Msg-Id`: the bus drops a second message of the same id.
    pub message_id: String,
    /// CloudEvents 1.0 structured JSON.
    pub payload: Vec<u8>,
}

/// The bus did not confirm the message; it may or may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventBusError {
    /// The bus is away: no other message would fare better.
    #[error("event bus unavailable")]
    Unavailable,
    /// The bus is there and did not take this message; it may take it another time.
    #[error("message not taken by the event bus")]
    Refused,
    /// The bus never takes a message of this size.
    #[error("message too large for the event bus")]
    TooLarge,
}

/// JetStream.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes and waits until the stream has stored the message.
    async fn publish(&self, event: &OutgoingEvent) -> Result<(), EventBusError>;
}
