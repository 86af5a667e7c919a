//! What the use cases need from the outside. Each is declared here and adapted in
//! portal-infrastructure, so that every adapter looks inward.

mod access_log;
mod account_views;
mod app_uses;
mod cursor;
mod deliveries;
mod entitlements;
mod facts;
mod health;
mod hooks;
mod identity;
mod identity_admin;
mod inbox;
mod journal;
mod notifier;
mod outbox;
mod patient_directory;
mod patient_links;
mod provider_tasks;
mod rate_limits;
mod record_cache;
mod relay;
mod revocations;
mod secrets;
mod slots;
mod sources;
mod staff;
mod system;
mod unit_of_work;
mod upkeep;

pub use access_log::{AccessLog, AccessLogFilter, AccessLogPage, LogWindow, PatientEvent};
pub use account_views::{AccountViews, GrantedDelegation};
pub use app_uses::{AppUse, AppUses, ListedApp};
pub use cursor::{CursorBinding, CursorInvalid, CursorSeal};
pub use deliveries::{Deliveries, DueDelivery};
pub use entitlements::{Entitlements, EntitlementsUnavailable, Features};
pub use facts::{Facts, StoredFacts};
pub use health::{Component, Health};
pub use hooks::{RecordHook, RecordHooks};
pub use identity::{BearerToken, TokenRefusal, TokenVerifier};
pub use identity_admin::{IdentityAdmin, IdentityAdminError};
pub use inbox::{
    InboxDeadLetter, InboxOutcome, InboxUnitOfWork, InboxUnitsOfWork, ReceivedEvent, TenantStanding,
};
pub use journal::{Journal, JournalPlace, Recording, StoreError};
pub use notifier::{Delivery, Notifier, NotifierError};
pub use outbox::{
    DeadLetter, DeadLetters, LaneLease, MessageOutcome, OutboxBacklog, OutboxClaim, OutboxMessage,
    OutboxRelay, PublishOutcome,
};
pub use patient_directory::{
    Contact, ContactAddress, ContactChannel, InvalidMedicalRecordNumber, MedicalRecordNumber,
    PatientDirectory, RegisteredPatient,
};
pub use patient_links::{LinkPlace, PatientLink, PatientLinks};
pub use provider_tasks::{DueProviderTask, ProviderTask, ProviderTasks};
pub use rate_limits::{Payer, RateLimits, Standing};
pub use record_cache::{CacheLoad, CacheUnavailable, Generation, RecordCache, RecordInvalidation};
pub use relay::{EventBus, EventBusError, JournalRelay, OutgoingEvent, RelayBatch, RelayClaim};
pub use revocations::{ListedStanding, Revocations, TokenIntrospection};
pub use secrets::{Hash, HashPurpose, SecretCode, Secrets};
pub use slots::{FoundSlot, FoundSlots, SlotActor, SlotQuery};
pub use sources::{
    CallContext, Content, ContentBroken, ContentRequest, PatientQuery, SourceError, SourceRequest,
    Sources,
};
pub use staff::{
    AccountQuery, StaffAccount, StaffLogEntry, StaffLogQuery, StaffRecords, StaffTokenVerifier,
    StaffUnitOfWork, StaffUnitsOfWork, UsageCount,
};
pub use system::{Clock, Ids};
pub use unit_of_work::{
    Accounts, AttemptKind, DecidedOn, DelegationCount, IdempotencyClaim, IdempotencyRecord,
    IdempotencyRecords, Invitation, ProxyDelegations, Registrations, Stored, UnitOfWork,
    UnitsOfWork, Verification,
};
pub use upkeep::{Prunable, Pruning, SweepUnitOfWork, Sweeps, TenantList};
