//! What the use cases of staff need beside those of people.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use portal_domain::access::{StaffGrant, StaffToken};
use portal_domain::account::{AccountStatus, PortalAccount};
use portal_domain::audit::{AccessEvent, AccessLogEntry, ActorKind, EventType, Receipt};
use portal_domain::id::{
    PatientId, PortalAccessEventId, PortalAccountId, ProxyDelegationId, RequestId,
};
use portal_domain::proxy_delegation::{LegalBasis, ProxyDelegation};
use serde_json::Value;

use super::{BearerToken, StoreError, Stored, TokenRefusal, UnitOfWork};

/// Verifies the tokens of staff: of their issuer and for their audience alone.
#[async_trait]
pub trait StaffTokenVerifier: Send + Sync {
    /// Checks signature, times, type, issuer and audience, and reads the roles.
    async fn verify(&self, token: &BearerToken) -> Result<Arc<StaffToken>, TokenRefusal>;
}

/// An account as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffAccount {
    /// The account.
    pub account: PortalAccount,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When somebody logged in last.
    pub last_login_at: Option<Timestamp>,
}

/// Which accounts.
#[derive(Debug, Clone, Default)]
pub struct AccountQuery {
    /// In this state only.
    pub status: Option<AccountStatus>,
    /// Of this patient only, closed ones included.
    pub patient: Option<PatientId>,
    /// Behind this one.
    pub after: Option<PortalAccountId>,
    /// At most so many.
    pub limit: usize,
}

/// Which part of a tenant's access log.
#[derive(Debug, Clone, Default)]
pub struct StaffLogQuery {
    /// By or about this account only.
    pub account: Option<PortalAccountId>,
    /// Of this patient's record only.
    pub patient: Option<PatientId>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// Of this type only.
    pub event_type: Option<EventType>,
    /// By this kind of actor only.
    pub actor: Option<ActorKind>,
    /// Older than this one.
    pub before: Option<PortalAccessEventId>,
    /// At most so many.
    pub limit: usize,
}

/// A line of the access log as staff see it.
#[derive(Debug, Clone)]
pub struct StaffLogEntry {
    /// What its patient sees.
    pub entry: AccessLogEntry,
    /// Whose record.
    pub patient_id: Option<String>,
    /// The operation id of the route.
    pub operation: String,
}

/// How often something happened on a day, in the tenant's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageCount {
    /// The day.
    pub day: Date,
    /// The operation id of the route.
    pub operation: String,
    /// `success`, `denied` or `failed`.
    pub outcome: String,
    /// How often.
    pub count: u64,
}

/// Reads of staff, each in the tenant of its grant.
#[async_trait]
pub trait StaffRecords: Send + Sync {
    /// Accounts by their ids.
    async fn accounts(
        &self,
        grant: &StaffGrant,
        query: &AccountQuery,
    ) -> Result<Vec<StaffAccount>, StoreError>;

    /// One account.
    async fn account(
        &self,
        grant: &StaffGrant,
        id: PortalAccountId,
    ) -> Result<Option<StaffAccount>, StoreError>;

    /// What the tenant decides for itself, and the version of that; an empty object of version 0
    /// while it decided nothing.
    async fn config(&self, grant: &StaffGrant) -> Result<(Value, i64), StoreError>;

    /// Lines of the access log, newest first.
    async fn access_log(
        &self,
        grant: &StaffGrant,
        query: &StaffLogQuery,
    ) -> Result<Vec<StaffLogEntry>, StoreError>;

    /// How often each operation ended in which way on the days of a range, both included.
    async fn usage(
        &self,
        grant: &StaffGrant,
        days: (Date, Date),
    ) -> Result<Vec<UsageCount>, StoreError>;
}

/// Begins changes of staff.
#[async_trait]
pub trait StaffUnitsOfWork: Send + Sync {
    /// Begins one in the tenant of a grant. With `tenant`, it begins only while the tenant is in
    /// the version that was decided on, and holds it. `None`: it has changed since.
    async fn begin(
        &self,
        grant: &StaffGrant,
        tenant: Option<i64>,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn StaffUnitOfWork>>, StoreError>;
}

/// A change of staff that was begun.
#[async_trait]
pub trait StaffUnitOfWork: UnitOfWork {
    /// What the tenant decides for itself, and its version, held against other changes.
    async fn lock_config(&mut self) -> Result<(Value, i64), StoreError>;

    /// Puts a document in force and gives its version.
    async fn put_config(&mut self, document: &Value, now: Timestamp) -> Result<i64, StoreError>;

    /// Whose record a delegation opens and who may act, not held: to hold them in their order
    /// (account, grantor, delegation).
    async fn parties(
        &mut self,
        delegation: ProxyDelegationId,
    ) -> Result<Option<(PatientId, Option<PortalAccountId>)>, StoreError>;

    /// How many different members of staff approved a delegation.
    async fn approvals(&mut self, delegation: ProxyDelegationId) -> Result<usize, StoreError>;

    /// Removes what a closed account leaves: what its person wants to be told, and their apps.
    async fn forget(&mut self, account: PortalAccountId) -> Result<(), StoreError>;

    /// Stores a legal delegation, unless the two have one that is accepted or active.
    async fn insert_legal(
        &mut self,
        delegation: &ProxyDelegation,
        basis: &LegalBasis,
        now: Timestamp,
    ) -> Result<Stored, StoreError>;

    /// Writes down several things that were done and ends the change: all of it stands, or
    /// nothing. A receipt for each event, in their order.
    async fn commit_all(
        self: Box<Self>,
        events: Vec<AccessEvent>,
    ) -> Result<Vec<Receipt>, StoreError>;
}
