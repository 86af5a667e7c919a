//! What came from other services: which events were dealt with, and what they change.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::audit::AccessEvent;
use portal_domain::id::{
    Issuer, PatientId, PlatformEventId, PortalAccountId, ProxyDelegationId, RequestId, TenantId,
};
use portal_domain::inbox::PlatformEventKind;
use portal_domain::proxy_delegation::ProxyDelegation;

use super::{StoreError, UnitOfWork};

/// An event of another service, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    /// Whose.
    pub tenant: TenantId,
    /// What it is.
    pub kind: PlatformEventKind,
    /// Its id at its source.
    pub id: PlatformEventId,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxOutcome {
    /// It changed something.
    Handled,
    /// It changed nothing, for a reason (a code).
    Ignored(&'static str),
}

/// A message that nothing could be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxDeadLetter {
    /// The stream that holds it.
    pub stream: String,
    /// Its place there: an operator finds it by this, as long as the stream keeps it.
    pub sequence: u64,
    /// Where it came in.
    pub subject: String,
    /// Why: a code, and the member that is meant.
    pub reason: String,
    /// When it was given up.
    pub at: Timestamp,
}

/// Where a tenant stands, held until the unit of work ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantStanding {
    /// The region that serves it.
    pub region: String,
    /// Whether it is locked out.
    pub suspended: bool,
    /// When the platform said so last.
    pub since: Timestamp,
}

/// Begins the handling of events.
#[async_trait]
pub trait InboxUnitsOfWork: Send + Sync {
    /// Begins one, and holds the event against other pods. `None`: it was dealt with before.
    async fn begin(
        &self,
        event: &ReceivedEvent,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn InboxUnitOfWork>>, StoreError>;

    /// Writes down that a message is given up; the same one a second time changes nothing. Of its
    /// bytes only a hash is stored, because nobody knows what they hold.
    async fn bury(&self, letter: &InboxDeadLetter, payload: &[u8]) -> Result<(), StoreError>;
}

/// The handling of one event that was begun: all it changes, and that it was handled, or nothing.
#[async_trait]
pub trait InboxUnitOfWork: UnitOfWork {
    /// The region that serves the tenant, held against change by others; none for no tenant.
    async fn tenant_region(&mut self) -> Result<Option<String>, StoreError>;

    /// The tenant, held to be changed.
    async fn lock_tenant(&mut self) -> Result<Option<TenantStanding>, StoreError>;

    /// Makes the tenant with what every tenant begins with.
    async fn insert_tenant(
        &mut self,
        region: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Locks the tenant out or lets it in, and raises its version.
    async fn set_tenant_suspended(
        &mut self,
        suspended: bool,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Raises the tenant's version: every pod reads anew what it remembers of it.
    async fn touch_tenant(&mut self, now: Timestamp) -> Result<(), StoreError>;

    /// Since when an account stands where it stands.
    async fn status_since(&mut self, account: PortalAccountId) -> Result<Timestamp, StoreError>;

    /// The delegations of a grantor that are invited, accepted or active, in the order in which
    /// they are to be held.
    async fn delegations_of(
        &mut self,
        grantor: &PatientId,
    ) -> Result<Vec<ProxyDelegationId>, StoreError>;

    /// Stores a delegation that waits to be confirmed anew: who approved it has to do so again.
    async fn reassign(
        &mut self,
        delegation: &ProxyDelegation,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Ends the links that would bind somebody to a patient's record.
    async fn end_links(&mut self, patient: &PatientId, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets by which ids sources know a patient.
    async fn forget_names(&mut self, patient: &PatientId) -> Result<(), StoreError>;

    /// Refuses every token of a session that was issued until now.
    async fn revoke_session(
        &mut self,
        issuer: &Issuer,
        session: &str,
        not_before: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError>;

    /// Puts an access event into the journal.
    async fn journal(&mut self, event: AccessEvent) -> Result<(), StoreError>;

    /// Notes what became of the event and makes everything durable.
    async fn finish(
        self: Box<Self>,
        event: &ReceivedEvent,
        outcome: InboxOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
