//! What events of other services change.

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{
    DecidedOn, InboxDeadLetter, InboxOutcome, InboxUnitOfWork, InboxUnitsOfWork, ReceivedEvent,
    StoreError, TenantStanding,
};
use portal_domain::audit::AccessEvent;
use portal_domain::id::{Issuer, PatientId, PortalAccountId, ProxyDelegationId, RequestId};
use portal_domain::proxy_delegation::ProxyDelegation;

use super::super::error::QueryError;
use super::super::journal;
use super::super::revocations::{Revocation, upsert};
use super::{PgUnitOfWork, PgUnitsOfWork};

impl PgUnitOfWork {
    /// Holds an event against other pods, and says whether it is new. Two statements: only one
    /// that starts after the lock is held sees what its holder before committed.
    async fn receive(&mut self, event: &ReceivedEvent) -> Result<bool, StoreError> {
        let kind = event.kind.as_str();
        let name = format!("{}\n{kind}\n{}", event.tenant, event.id);
        let lock = sqlx::query_scalar::<_, bool>(
            "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
        )
        .bind(name);
        let find = sqlx::query_scalar::<_, bool>(
            "SELECT EXISTS (SELECT FROM inbox_messages
                WHERE tenant_id = $1 AND kind = $2 AND event_id = $3)",
        )
        .bind(self.tenant.as_str())
        .bind(kind)
        .bind(event.id.as_str());
        let connection = &mut *self.transaction;
        let found = Self::step(&self.shared.database, async {
            if !lock.fetch_one(&mut *connection).await? {
                return Ok(None);
            }
            Ok(Some(find.fetch_one(connection).await?))
        });
        // Whoever holds it may fail: this one is to be tried again.
        found
            .await?
            .map(|known| !known)
            .ok_or(StoreError::Unavailable)
    }

    /// Runs one statement that changes something.
    async fn execute(
        &mut self,
        statement: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    ) -> Result<(), StoreError> {
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            statement.execute(connection).await?;
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl InboxUnitsOfWork for PgUnitsOfWork {
    #[tracing::instrument(name = "db.inbox_unit_of_work.begin", skip_all, level = "debug")]
    async fn begin(
        &self,
        event: &ReceivedEvent,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn InboxUnitOfWork>>, StoreError> {
        let begun = self.begun(&event.tenant, DecidedOn::default(), correlation);
        let mut work = begun.await?.ok_or(StoreError::Unavailable)?;
        let is_new = work.receive(event).await?;
        Ok(is_new.then(|| -> Box<dyn InboxUnitOfWork> { Box::new(work) }))
    }

    async fn bury(&self, letter: &InboxDeadLetter, payload: &[u8]) -> Result<(), StoreError> {
        let sequence = i64::try_from(letter.sequence).unwrap_or(i64::MAX);
        let asked = sqlx::query(
            "INSERT INTO inbox_dead_letters
                (stream, subject, stream_sequence, reason, payload_hash, received_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING",
        )
        .bind(&letter.stream)
        .bind(&letter.subject)
        .bind(sequence)
        .bind(&letter.reason)
        .bind(digest(&SHA256, payload).as_ref().to_vec())
        .bind(letter.at.to_sqlx());
        let database = &self.0.database;
        let work = async {
            asked.execute(database.pool()).await?;
            Ok(())
        };
        database.run(work).await
    }
}

#[async_trait]
impl InboxUnitOfWork for PgUnitOfWork {
    async fn tenant_region(&mut self) -> Result<Option<String>, StoreError> {
        let asked = sqlx::query_scalar("SELECT region FROM tenants WHERE tenant_id = $1 FOR SHARE")
            .bind(self.tenant.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            Ok(asked.fetch_optional(connection).await?)
        })
        .await
    }

    async fn lock_tenant(&mut self) -> Result<Option<TenantStanding>, StoreError> {
        let asked = sqlx::query_as::<_, (String, bool, jiff_sqlx::Timestamp)>(
            "SELECT region, status = 'suspended', COALESCE(status_since, created_at)
            FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE",
        )
        .bind(self.tenant.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            Ok(row.map(|(region, suspended, since)| TenantStanding {
                region,
                suspended,
                since: since.into(),
            }))
        })
        .await
    }

    // An operator's import says later what it is called and where it lies.
    async fn insert_tenant(
        &mut self,
        region: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant.clone();
        let insert = sqlx::query(
            "INSERT INTO tenants (tenant_id, name, region, time_zone, locale, calendar, currency,
                status_since, created_at, updated_at)
            VALUES ($1, $1, $2, 'UTC', 'en', 'gregory', 'USD', $3, $4, $4)",
        )
        .bind(tenant.as_str())
        .bind(region)
        .bind(since.to_sqlx())
        .bind(now.to_sqlx());
        self.execute(insert).await
    }

    async fn set_tenant_suspended(
        &mut self,
        suspended: bool,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant.clone();
        let update = sqlx::query(
            "UPDATE tenants SET status = $2, status_since = $3, updated_at = $4,
                version = version + 1
            WHERE tenant_id = $1",
        )
        .bind(tenant.as_str())
        .bind(if suspended { "suspended" } else { "active" })
        .bind(since.to_sqlx())
        .bind(now.to_sqlx());
        self.execute(update).await
    }

    async fn touch_tenant(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant.clone();
        let update = sqlx::query(
            "UPDATE tenants SET updated_at = $2, version = version + 1 WHERE tenant_id = $1",
        )
        .bind(tenant.as_str())
        .bind(now.to_sqlx());
        self.execute(update).await
    }

    async fn status_since(&mut self, account: PortalAccountId) -> Result<Timestamp, StoreError> {
        let asked = sqlx::query_scalar::<_, jiff_sqlx::Timestamp>(
            "SELECT COALESCE(status_since, created_at) FROM portal_accounts
            WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(self.tenant.as_str())
        .bind(account.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            Ok(asked.fetch_one(connection).await?.into())
        })
        .await
    }

    async fn delegations_of(
        &mut self,
        grantor: &PatientId,
    ) -> Result<Vec<ProxyDelegationId>, StoreError> {
        let asked = sqlx::query_scalar::<_, String>(
            "SELECT delegation_id FROM proxy_delegations
            WHERE tenant_id = $1 AND grantor_patient_id = $2
                AND status IN ('invited', 'accepted', 'active')
            ORDER BY delegation_id",
        )
        .bind(self.tenant.as_str())
        .bind(grantor.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let ids = asked.fetch_all(connection).await?;
            let ids = ids.iter().map(|id| id.parse());
            ids.collect::<Result<_, _>>()
                .map_err(|_| QueryError::Corrupt)
        })
        .await
    }

    async fn reassign(
        &mut self,
        delegation: &ProxyDelegation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, id) = (self.tenant.clone(), delegation.id.to_string());
        let update = sqlx::query(
            "UPDATE proxy_delegations SET grantor_patient_id = $3, status = $4, updated_at = $5,
                version = version + 1
            WHERE tenant_id = $1 AND delegation_id = $2",
        )
        .bind(tenant.as_str())
        .bind(&id)
        .bind(delegation.grantor.as_str())
        .bind(delegation.status.as_str())
        .bind(now.to_sqlx());
        self.execute(update).await?;
        let approvals =
            sqlx::query("DELETE FROM proxy_approvals WHERE tenant_id = $1 AND delegation_id = $2")
                .bind(tenant.as_str())
                .bind(&id);
        self.execute(approvals).await
    }

    async fn end_links(&mut self, patient: &PatientId, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant.clone();
        let update = sqlx::query(
            "UPDATE verification_tokens SET ended_at = $3
            WHERE tenant_id = $1 AND patient_id = $2 AND ended_at IS NULL",
        )
        .bind(tenant.as_str())
        .bind(patient.as_str())
        .bind(now.to_sqlx());
        self.execute(update).await
    }

    async fn forget_names(&mut self, patient: &PatientId) -> Result<(), StoreError> {
        let tenant = self.tenant.clone();
        let delete =
            sqlx::query("DELETE FROM patient_links WHERE tenant_id = $1 AND patient_id = $2")
                .bind(tenant.as_str())
                .bind(patient.as_str());
        self.execute(delete).await
    }

    async fn revoke_session(
        &mut self,
        issuer: &Issuer,
        session: &str,
        not_before: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let revocation = Revocation {
            key: self.shared.revocations.of_session(issuer, session),
            not_before,
            until: Some(until),
        };
        let (tenant, connection) = (&self.tenant, &mut *self.transaction);
        Self::step(&self.shared.database, async {
            Ok(upsert(connection, tenant, &revocation).await?)
        })
        .await
    }

    async fn journal(&mut self, event: AccessEvent) -> Result<(), StoreError> {
        let (identities, connection) = (&self.shared.identities, &mut *self.transaction);
        Self::step(&self.shared.database, async {
            journal::write_within(connection, vec![event], identities).await?;
            Ok(())
        })
        .await
    }

    #[tracing::instrument(name = "db.inbox_unit_of_work.finish", skip_all, level = "debug")]
    async fn finish(
        mut self: Box<Self>,
        event: &ReceivedEvent,
        outcome: InboxOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (word, reason) = match outcome {
            InboxOutcome::Handled => ("handled", None),
            InboxOutcome::Ignored(reason) => ("ignored", Some(reason)),
        };
        let insert = sqlx::query(
            "INSERT INTO inbox_messages (tenant_id, kind, event_id, outcome, reason, received_at)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(event.tenant.as_str())
        .bind(event.kind.as_str())
        .bind(event.id.as_str())
        .bind(word)
        .bind(reason)
        .bind(now.to_sqlx());
        self.execute(insert).await?;
        self.conclude(Vec::new()).await
    }
}
