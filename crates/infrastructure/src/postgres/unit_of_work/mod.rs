//! A change in one transaction of its tenant.

mod accounts;
mod delegations;
mod idempotency;
mod inbox;
mod provider;
mod registrations;
mod staff;
#[cfg(test)]
mod tests;

pub(super) use accounts::AccountRow;
pub(super) use delegations::DelegationRow;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use portal_application::ports::{
    Accounts, Clock, DecidedOn, Delivery, IdempotencyRecords, Ids, ProviderTask, ProxyDelegations,
    Registrations, StoreError, UnitOfWork, UnitsOfWork,
};
use portal_domain::audit::{AccessEvent, Receipt};
use portal_domain::event::PortalEvent;
use portal_domain::id::{ClientId, Issuer, OutboxEventId, RequestId, Subject, TenantId};
use sqlx::{PgConnection, Postgres, Transaction};
use tokio::sync::Notify;

use super::database::Database;
use super::deliveries::DeliverySeal;
use super::error::QueryError;
use super::journal;
use super::outbox::{NewMessage, push};
use super::revocations::{Revocation, upsert};
use crate::crypto::{KeyedHash, RevocationHashes};

/// What every change needs beside the database.
pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) identities: KeyedHash,
    revocations: RevocationHashes,
    seal: DeliverySeal,
    provider_wake: Arc<Notify>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
}

/// Begins changes with the login of requests.
pub struct PgUnitsOfWork(Arc<Shared>);

/// What [`PgUnitsOfWork`] is made of.
pub struct UnitsOfWorkParts {
    /// As [`super::Login::App`] sees it.
    pub database: Database,
    /// Who callers without an account are, in the journal.
    pub identities: KeyedHash,
    /// The keys of revocations.
    pub revocations: RevocationHashes,
    /// What links and codes are sealed with.
    pub seal: DeliverySeal,
    /// Notified after each commit that asks something of the identity provider.
    pub provider_wake: Arc<Notify>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl PgUnitsOfWork {
    /// Over its parts.
    pub fn new(parts: UnitsOfWorkParts) -> Self {
        Self(Arc::new(Shared {
            database: parts.database,
            identities: parts.identities,
            revocations: parts.revocations,
            seal: parts.seal,
            provider_wake: parts.provider_wake,
            ids: parts.ids,
            clock: parts.clock,
        }))
    }
}

impl std::fmt::Debug for PgUnitsOfWork {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PgUnitsOfWork")
    }
}

#[async_trait]
impl UnitsOfWork for PgUnitsOfWork {
    #[tracing::instrument(name = "db.unit_of_work.begin", skip_all, level = "debug")]
    async fn begin(
        &self,
        tenant: &TenantId,
        decided_on: DecidedOn,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn UnitOfWork>>, StoreError> {
        let begun = self.begun(tenant, decided_on, correlation).await?;
        Ok(begun.map(|work| -> Box<dyn UnitOfWork> { Box::new(work) }))
    }
}

impl PgUnitsOfWork {
    pub(super) async fn begun(
        &self,
        tenant: &TenantId,
        decided_on: DecidedOn,
        correlation: &RequestId,
    ) -> Result<Option<PgUnitOfWork>, StoreError> {
        let database = &self.0.database;
        let begun = database.run(async {
            let mut transaction = database.begin(tenant).await?;
            let current = hold(&mut transaction, tenant, decided_on).await?;
            Ok(current.then_some(transaction))
        });
        Ok(begun.await?.map(|transaction| PgUnitOfWork {
            shared: Arc::clone(&self.0),
            tenant: tenant.clone(),
            correlation: correlation.clone(),
            transaction,
            asks_provider: false,
            published: Vec::new(),
        }))
    }
}

/// Holds the rows that a decision was made on, and says whether they are still the same. A
/// tenant's only against change; the account, which may be changed, for this transaction alone.
async fn hold(
    connection: &mut PgConnection,
    tenant: &TenantId,
    decided_on: DecidedOn,
) -> Result<bool, sqlx::Error> {
    if let Some(version) = decided_on.tenant {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT version FROM tenants WHERE tenant_id = $1 FOR SHARE")
                .bind(tenant.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        if found != Some(version) {
            return Ok(false);
        }
    }
    let Some((account, version)) = decided_on.account else {
        return Ok(true);
    };
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT version FROM portal_accounts WHERE tenant_id = $1 AND account_id = $2
        FOR NO KEY UPDATE",
    )
    .bind(tenant.as_str())
    .bind(account.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(found == Some(version))
}

pub(super) struct PgUnitOfWork {
    shared: Arc<Shared>,
    tenant: TenantId,
    correlation: RequestId,
    transaction: Transaction<'static, Postgres>,
    asks_provider: bool,
    /// What the platform is told, once all else is done: the rows that it is about are held then.
    published: Vec<(OutboxEventId, PortalEvent, Timestamp)>,
}

impl PgUnitOfWork {
    pub(super) const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(super) fn parts(&mut self) -> (&mut PgConnection, &Shared) {
        (&mut self.transaction, &self.shared)
    }

    /// Publishes, writes events down and commits: the only way in which a change ends well.
    async fn conclude(mut self, events: Vec<AccessEvent>) -> Result<(), StoreError> {
        let (shared, asks_provider) = (Arc::clone(&self.shared), self.asks_provider);
        let work = async {
            self.push_published().await?;
            if !events.is_empty() {
                journal::write_within(&mut self.transaction, events, &shared.identities).await?;
            }
            self.transaction.commit().await?;
            Ok(())
        };
        shared.database.run(work).await?;
        if asks_provider {
            shared.provider_wake.notify_one();
        }
        Ok(())
    }

    async fn push_published(&mut self) -> Result<(), sqlx::Error> {
        if self.published.is_empty() {
            return Ok(());
        }
        let published = self.published.iter();
        let messages = published.map(|(id, event, at)| NewMessage {
            id: *id,
            event,
            correlation_id: Some(&self.correlation),
            traceparent: None,
            occurred_at: *at,
        });
        let messages: Vec<NewMessage<'_>> = messages.collect();
        push(&mut self.transaction, &self.tenant, &messages).await
    }

    /// Runs a step within the time that one may take.
    async fn step<T>(
        database: &Database,
        work: impl Future<Output = Result<T, QueryError>> + Send,
    ) -> Result<T, StoreError> {
        database.run(work).await
    }
}

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    fn accounts(&mut self) -> &mut dyn Accounts {
        self
    }

    fn delegations(&mut self) -> &mut dyn ProxyDelegations {
        self
    }

    fn registrations(&mut self) -> &mut dyn Registrations {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRecords {
        self
    }

    async fn publish(&mut self, event: &PortalEvent, now: Timestamp) -> Result<(), StoreError> {
        let id = OutboxEventId::new(self.shared.ids.ulid(now));
        self.published.push((id, event.clone(), now));
        Ok(())
    }

    async fn deliver(
        &mut self,
        delivery: &Delivery,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let now = self.shared.clock.now();
        let sealed = self.shared.seal.seal(delivery, now)?;
        let asked = sqlx::query(
            "INSERT INTO deliveries (tenant_id, delivery_id, sealed, next_try_at, expires_at)
            VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.tenant.as_str())
        .bind(&delivery.id)
        .bind(sealed)
        .bind(jiff_sqlx::Timestamp::from(now))
        .bind(jiff_sqlx::Timestamp::from(expires_at));
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            asked.execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn revoke(
        &mut self,
        (issuer, subject): &(Issuer, Subject),
        client: Option<&ClientId>,
        not_before: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let hashes = &self.shared.revocations;
        let key = match client {
            Some(client) => hashes.of_subject_and_client(issuer, subject, client),
            None => hashes.of_subject(issuer, subject),
        };
        let revocation = Revocation {
            key,
            not_before,
            until,
        };
        let (tenant, connection) = (&self.tenant, &mut *self.transaction);
        Self::step(&self.shared.database, async {
            Ok(upsert(connection, tenant, &revocation).await?)
        })
        .await
    }

    async fn ask_provider(
        &mut self,
        identity: &(Issuer, Subject),
        task: ProviderTask,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.store_task(identity, &task, now).await
    }

    async fn revoke_app(
        &mut self,
        identity: &(Issuer, Subject),
        client: &ClientId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let task = ProviderTask::RevokeConsent(client.clone());
        self.store_task(identity, &task, now).await?;
        self.refuse_app(identity, client).await
    }

    #[tracing::instrument(name = "db.unit_of_work.commit", skip_all, level = "debug")]
    async fn commit(self: Box<Self>, event: AccessEvent) -> Result<Receipt, StoreError> {
        let id = event.id;
        self.conclude(vec![event]).await?;
        Ok(journal::receipt(id))
    }
}

fn hash(bytes: &[u8]) -> Result<[u8; 32], QueryError> {
    bytes.try_into().map_err(|_| QueryError::Corrupt)
}
