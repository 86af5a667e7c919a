//! One change and everything that belongs to it, in one transaction: the aggregate, the access
//! event, the outbox. Dropped before it is committed, it leaves no trace.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::account::PortalAccount;
use portal_domain::audit::{AccessEvent, Receipt};
use portal_domain::event::PortalEvent;
use portal_domain::id::{
    ClientId, Issuer, PatientId, PortalAccountId, ProxyDelegationId, RequestId, Subject, TenantId,
};
use portal_domain::notification::Preferences;
use portal_domain::proxy_delegation::ProxyDelegation;

use super::{ContactChannel, Delivery, Hash, ProviderTask, StoreError};

/// What a change was decided on. It begins only while these are still the rows' versions, and
/// holds the rows until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecidedOn {
    /// The tenant's version; none for what no policy decides.
    pub tenant: Option<i64>,
    /// The acting account and its version.
    pub account: Option<(PortalAccountId, i64)>,
}

/// Begins changes.
#[async_trait]
pub trait UnitsOfWork: Send + Sync {
    /// Begins one in a tenant, for a request. `None`: it was decided on facts that have changed since.
    async fn begin(
        &self,
        tenant: &TenantId,
        decided_on: DecidedOn,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn UnitOfWork>>, StoreError>;
}

/// What became of something that must be the only one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Done,
    /// Another one is in its place.
    Taken,
}

/// A change that was begun.
#[async_trait]
pub trait UnitOfWork: Send {
    /// Accounts.
    fn accounts(&mut self) -> &mut dyn Accounts;
    /// Delegations and their invitations.
    fn delegations(&mut self) -> &mut dyn ProxyDelegations;
    /// Registrations.
    fn registrations(&mut self) -> &mut dyn Registrations;
    /// Keys of requests that may come again.
    fn idempotency(&mut self) -> &mut dyn IdempotencyRecords;

    /// Puts an event into the outbox.
    async fn publish(&mut self, event: &PortalEvent, now: Timestamp) -> Result<(), StoreError>;

    /// Sends a link or a code once this is committed, until it was taken or its time is over.
    async fn deliver(
        &mut self,
        delivery: &Delivery,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Refuses every token of a person, or of a person and a client, that was issued until now.
    async fn revoke(
        &mut self,
        identity: &(Issuer, Subject),
        client: Option<&ClientId>,
        not_before: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Has the identity provider asked once this is committed, until it did it or the task's time
    /// is over.
    async fn ask_provider(
        &mut self,
        identity: &(Issuer, Subject),
        task: ProviderTask,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Refuses every token of a person and a client until the identity provider has withdrawn the
    /// consent, newer ones included, and has it asked to. Tokens of a later consent count.
    async fn revoke_app(
        &mut self,
        identity: &(Issuer, Subject),
        client: &ClientId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Writes the access event and makes everything durable.
    async fn commit(self: Box<Self>, event: AccessEvent) -> Result<Receipt, StoreError>;
}

/// Accounts, each held against other changes until the unit of work ends.
#[async_trait]
pub trait Accounts: Send {
    /// The account of an id.
    async fn lock(&mut self, id: PortalAccountId) -> Result<Option<PortalAccount>, StoreError>;

    /// The account of a patient that is not closed.
    async fn lock_of_patient(
        &mut self,
        patient: &PatientId,
    ) -> Result<Option<PortalAccount>, StoreError>;

    /// The account of a patient that is not closed, to be told something: it is not held.
    async fn open_of_patient(
        &mut self,
        patient: &PatientId,
    ) -> Result<Option<PortalAccountId>, StoreError>;

    /// The account of an identity that is not closed.
    async fn lock_of_identity(
        &mut self,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<PortalAccount>, StoreError>;

    /// Stores a new one, unless its patient or its identity has one.
    async fn insert(
        &mut self,
        account: &PortalAccount,
        now: Timestamp,
    ) -> Result<Stored, StoreError>;

    /// Stores a changed one and raises its version, unless its identity has another.
    async fn update(
        &mut self,
        account: &PortalAccount,
        now: Timestamp,
    ) -> Result<Stored, StoreError>;

    /// What the person wants to be told, and the version of that; none while they never said.
    async fn preferences(
        &mut self,
        account: PortalAccountId,
    ) -> Result<Option<(Preferences, i64)>, StoreError>;

    /// Stores what the person wants to be told. Gives its new version.
    async fn set_preferences(
        &mut self,
        account: PortalAccountId,
        preferences: &Preferences,
        now: Timestamp,
    ) -> Result<i64, StoreError>;

    /// Forgets that an app used what the account granted it, for itself and for whom it acts. Says
    /// whether it ever did.
    async fn forget_app(
        &mut self,
        account: PortalAccountId,
        client: &ClientId,
    ) -> Result<bool, StoreError>;
}

/// A code that was sent to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    /// The keyed hash of the code.
    pub code_hash: Hash,
    /// Wrong codes so far.
    pub tries: u8,
    /// When the code is too old.
    pub expires_at: Timestamp,
}

/// Delegations, each held against other changes until the unit of work ends.
#[async_trait]
pub trait ProxyDelegations: Send {
    /// Holds the delegations of a grantor together, so that they can be counted. Taken before any
    /// of them.
    async fn lock_grantor(&mut self, grantor: &PatientId) -> Result<(), StoreError>;

    /// How many of a grantor's are active, and how many may still become so.
    async fn count(&mut self, grantor: &PatientId) -> Result<DelegationCount, StoreError>;

    /// The delegation of an id.
    async fn lock(&mut self, id: ProxyDelegationId) -> Result<Option<ProxyDelegation>, StoreError>;

    /// The one of a grantor to a proxy that is accepted or active, if there is one. It is not held.
    async fn open_between(
        &mut self,
        grantor: &PatientId,
        proxy: PortalAccountId,
    ) -> Result<Option<ProxyDelegationId>, StoreError>;

    /// Stores a new one with its invitation.
    async fn insert(
        &mut self,
        delegation: &ProxyDelegation,
        invitation: Option<&Invitation>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores a changed one and raises its version, unless grantor and proxy have another that is
    /// accepted or active.
    async fn update(
        &mut self,
        delegation: &ProxyDelegation,
        now: Timestamp,
    ) -> Result<Stored, StoreError>;

    /// The invitation that waits for its code.
    async fn invitation(&mut self, id: ProxyDelegationId)
    -> Result<Option<Invitation>, StoreError>;

    /// Counts a wrong code.
    async fn count_wrong_code(&mut self, id: ProxyDelegationId) -> Result<(), StoreError>;

    /// Ends the invitation: its code was used, or is of no use any more.
    async fn end_invitation(&mut self, id: ProxyDelegationId) -> Result<(), StoreError>;

    /// Notes that a member of staff approves a legal delegation. Gives how many did.
    async fn approve(
        &mut self,
        id: ProxyDelegationId,
        staff: Hash,
        now: Timestamp,
    ) -> Result<usize, StoreError>;
}

/// Delegations of one grantor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DelegationCount {
    /// Active ones.
    pub active: usize,
    /// Invited and accepted ones.
    pub open: usize,
}

/// A link that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The keyed hash of the link's token.
    pub token_hash: Hash,
    /// The keyed hash of who registered.
    pub identity_hash: Hash,
    /// Whose record it proves.
    pub patient: PatientId,
    /// By what it was sent.
    pub channel: ContactChannel,
    /// When it is too old.
    pub expires_at: Timestamp,
}

/// What registrations are limited by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptKind {
    /// Who registers.
    Subject,
    /// From where.
    Address,
    /// For which record number.
    Mrn,
}

impl AttemptKind {
    /// The word stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Address => "address",
            Self::Mrn => "mrn",
        }
    }
}

/// Registrations: links, and how often somebody tried.
#[async_trait]
pub trait Registrations: Send {
    /// Counts one more attempt of the running hour, and gives how many that makes.
    async fn count_attempt(
        &mut self,
        kind: AttemptKind,
        key: Hash,
        now: Timestamp,
    ) -> Result<u32, StoreError>;

    /// Stores a link; every earlier one of the same person ends.
    async fn replace(
        &mut self,
        verification: &Verification,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The newest link of a person that was not used, whatever its age.
    async fn newest(&mut self, identity: Hash) -> Result<Option<Verification>, StoreError>;

    /// Uses a link up: none when it is not there, was used, or is another's.
    async fn take(
        &mut self,
        token: Hash,
        identity: Hash,
        now: Timestamp,
    ) -> Result<Option<Verification>, StoreError>;
}

/// What became of a request that came with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The keyed hash of the payload.
    pub payload_hash: Hash,
    /// The status of the answer.
    pub status: u16,
    /// What was made or changed.
    pub resource_id: Option<String>,
}

/// Whether a key is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyClaim {
    /// It is, and is held until the unit of work ends.
    Free,
    /// The request was answered before.
    Answered(IdempotencyRecord),
    /// The request is being answered now.
    InProgress,
}

/// Keys of requests that may come again.
#[async_trait]
pub trait IdempotencyRecords: Send {
    /// Holds a key, or says what became of it.
    async fn claim(&mut self, key: Hash, now: Timestamp) -> Result<IdempotencyClaim, StoreError>;

    /// Remembers the answer for 24 hours.
    async fn remember(
        &mut self,
        key: Hash,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
