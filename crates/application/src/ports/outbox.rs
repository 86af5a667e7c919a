//! From the outbox to the event bus.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::id::{OutboxEventId, TenantId};
use serde_json::value::RawValue;

use super::StoreError;

/// An event that is committed and not yet published.
#[derive(Debug, Clone)]
pub struct OutboxMessage {
    /// Whose event.
    pub tenant_id: TenantId,
    /// Its id, which is also the message's.
    pub event_id: OutboxEventId,
    /// The lane of its aggregate.
    pub lane: i16,
    /// What it happened to.
    pub aggregate_id: String,
    /// The CloudEvents `type`.
    pub event_type: String,
    /// Ids and codes.
    pub data: Box<RawValue>,
    /// The request that made it happen.
    pub correlation_id: Option<String>,
    /// The trace of that request.
    pub traceparent: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How often it failed so far.
    pub attempts: u32,
}

/// A lane that is held for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneLease {
    /// Which.
    pub lane: i16,
    /// Proves, when settling, that no other relay took over since.
    pub fencing_token: i64,
}

/// Messages to publish, and the lanes that are held meanwhile.
#[derive(Debug)]
pub struct OutboxClaim {
    /// What is held.
    pub lanes: Vec<LaneLease>,
    /// Of one aggregate in the order of its changes, and without those behind one that waits for
    /// its retry.
    pub messages: Vec<OutboxMessage>,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishOutcome {
    /// The bus has it.
    Published,
    /// To be tried again after this time, and its aggregate's later messages behind it.
    Retry(Duration),
    /// Given up, for a reason (a code); it holds nobody back.
    Dead(&'static str),
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageOutcome {
    /// Whose.
    pub tenant_id: TenantId,
    /// Which.
    pub event_id: OutboxEventId,
    /// What.
    pub outcome: PublishOutcome,
}

/// How much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxBacklog {
    /// Messages that are neither published nor given up.
    pub pending: u64,
    /// How long the oldest of them waits.
    pub oldest: Duration,
    /// Messages that were given up.
    pub dead_letters: u64,
}

/// The outbox as its relays read it. Several work beside each other, one in a lane at a time.
#[async_trait]
pub trait OutboxRelay: Send + Sync {
    /// Lanes that nobody holds and that have something to publish, held for ten seconds, with
    /// their next messages. `None` when there is nothing to do.
    async fn claim(&self) -> Result<Option<OutboxClaim>, StoreError>;

    /// Stores what became of messages of a claim and gives its lanes back; a message without an
    /// outcome stays as it was. Answers how many were stored: those of a lane that another relay
    /// took over are left to it.
    async fn settle(
        &self,
        claim: &OutboxClaim,
        outcomes: &[MessageOutcome],
    ) -> Result<u64, StoreError>;

    /// How much waits.
    async fn backlog(&self) -> Result<OutboxBacklog, StoreError>;

    /// Removes some of what was published more than seven days ago; `true` when there may be more.
    async fn prune(&self) -> Result<bool, StoreError>;
}

/// An event that was given up, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub event_id: OutboxEventId,
    /// The CloudEvents `type`.
    pub event_type: String,
    /// What it happened to.
    pub aggregate_id: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How often it failed.
    pub attempts: u32,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// Why: a code.
    pub reason: String,
}

/// Events of the outbox that were given up, for staff.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// At most `limit` of a tenant, by id, so by the time of their making; those behind `after`.
    async fn dead_letters(
        &self,
        tenant: &TenantId,
        limit: u16,
        after: Option<OutboxEventId>,
    ) -> Result<Vec<DeadLetter>, StoreError>;

    /// Has one published as if it were new: later events of its aggregate may be out already.
    /// `false` when the tenant has no such dead letter.
    async fn replay(&self, tenant: &TenantId, event: OutboxEventId) -> Result<bool, StoreError>;
}
