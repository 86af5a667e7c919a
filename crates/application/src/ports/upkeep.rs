//! What comes to its end by itself, tenant by tenant.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use portal_domain::audit::AccessEvent;
use portal_domain::id::{RequestId, TenantId};
use portal_domain::proxy_delegation::ProxyDelegation;

use super::{StoreError, UnitOfWork};

/// The tenants that jobs go through.
#[async_trait]
pub trait TenantList: Send + Sync {
    /// All of them, each with the zone of its days.
    async fn tenants(&self) -> Result<Vec<(TenantId, TimeZone)>, StoreError>;
}

/// Begins changes of the sweep.
#[async_trait]
pub trait Sweeps: Send + Sync {
    /// Begins one in a tenant, unless another pod is sweeping it now.
    async fn begin(
        &self,
        tenant: &TenantId,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn SweepUnitOfWork>>, StoreError>;
}

/// A change of the sweep that was begun.
#[async_trait]
pub trait SweepUnitOfWork: UnitOfWork {
    /// Some delegations whose last day was before `today` or whose code is too old, held. What
    /// somebody else is changing is left to the next time.
    async fn over(
        &mut self,
        today: Date,
        now: Timestamp,
    ) -> Result<Vec<ProxyDelegation>, StoreError>;

    /// Writes an access event beside the one of the commit.
    async fn record(&mut self, event: AccessEvent) -> Result<(), StoreError>;
}

/// What is of no use after some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prunable {
    /// Answers to requests that may come again, by when they are forgotten.
    IdempotencyRecords,
    /// Links that were used or have run out, by when.
    VerificationTokens,
    /// Counted attempts to register, by their hour.
    RegistrationAttempts,
    /// Revocations, by when their tokens have expired.
    Revocations,
    /// Events of others that were dealt with, by when they came.
    InboxMessages,
}

impl Prunable {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::IdempotencyRecords,
        Self::VerificationTokens,
        Self::RegistrationAttempts,
        Self::Revocations,
        Self::InboxMessages,
    ];

    /// The table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdempotencyRecords => "idempotency_records",
            Self::VerificationTokens => "verification_tokens",
            Self::RegistrationAttempts => "registration_attempts",
            Self::Revocations => "revocations",
            Self::InboxMessages => "inbox_messages",
        }
    }
}

/// Removes what is of no use any more.
#[async_trait]
pub trait Pruning: Send + Sync {
    /// Removes some of a tenant's that ended until a time, and gives how many. None: there are no
    /// more, or another pod is at it.
    async fn prune(
        &self,
        tenant: &TenantId,
        what: Prunable,
        until: Timestamp,
    ) -> Result<u64, StoreError>;
}
