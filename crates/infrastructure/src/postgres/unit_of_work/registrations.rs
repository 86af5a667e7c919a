//! Registrations in a change.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use portal_application::ports::{
    AttemptKind, ContactChannel, Hash, Registrations, StoreError, Verification,
};
use portal_domain::id::PatientId;
use sqlx::FromRow;

use super::super::error::QueryError;
use super::{PgUnitOfWork, hash};

/// Attempts are counted by whole hours.
const HOUR: i64 = 3_600;
/// Hours that nobody asks about any more.
const KEPT: SignedDuration = SignedDuration::from_hours(2);

#[derive(FromRow)]
struct VerificationRow {
    token_hash: Vec<u8>,
    identity_hash: Vec<u8>,
    patient_id: String,
    channel: String,
    expires_at: jiff_sqlx::Timestamp,
}

impl TryFrom<VerificationRow> for Verification {
    type Error = QueryError;

    fn try_from(row: VerificationRow) -> Result<Self, QueryError> {
        Ok(Self {
            token_hash: hash(&row.token_hash)?,
            identity_hash: hash(&row.identity_hash)?,
            patient: PatientId::parse(&row.patient_id).map_err(|_| QueryError::Corrupt)?,
            channel: ContactChannel::parse(&row.channel).ok_or(QueryError::Corrupt)?,
            expires_at: row.expires_at.to_jiff(),
        })
    }
}

fn hour_of(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(HOUR)).unwrap_or(now)
}

#[async_trait]
impl Registrations for PgUnitOfWork {
    async fn count_attempt(
        &mut self,
        kind: AttemptKind,
        key: Hash,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let count = sqlx::query_scalar::<_, i32>(
            "INSERT INTO registration_attempts AS known (tenant_id, kind, key_hash, hour)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (tenant_id, kind, key_hash, hour)
                DO UPDATE SET attempts = known.attempts + 1
            RETURNING attempts",
        )
        .bind(self.tenant.as_str())
        .bind(kind.as_str())
        .bind(key)
        .bind(hour_of(now).to_sqlx());
        let forget = sqlx::query(
            "DELETE FROM registration_attempts WHERE tenant_id = $1 AND kind = $2
                AND key_hash = $3 AND hour < $4",
        )
        .bind(self.tenant.as_str())
        .bind(kind.as_str())
        .bind(key)
        .bind((now - KEPT).to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            forget.execute(&mut *connection).await?;
            let attempts = count.fetch_one(connection).await?;
            u32::try_from(attempts).map_err(|_| QueryError::Corrupt)
        })
        .await
    }

    async fn replace(
        &mut self,
        verification: &Verification,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let end = sqlx::query(
            "UPDATE verification_tokens SET ended_at = $3
            WHERE tenant_id = $1 AND identity_hash = $2 AND ended_at IS NULL",
        )
        .bind(self.tenant.as_str())
        .bind(verification.identity_hash)
        .bind(now.to_sqlx());
        let insert = sqlx::query(
            "INSERT INTO verification_tokens (tenant_id, token_hash, identity_hash, patient_id,
                channel, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.tenant.as_str())
        .bind(verification.token_hash)
        .bind(verification.identity_hash)
        .bind(verification.patient.as_str())
        .bind(verification.channel.as_str())
        .bind(now.to_sqlx())
        .bind(verification.expires_at.to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            end.execute(&mut *connection).await?;
            insert.execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn newest(&mut self, identity: Hash) -> Result<Option<Verification>, StoreError> {
        let asked = sqlx::query_as::<_, VerificationRow>(
            "SELECT token_hash, identity_hash, patient_id, channel, expires_at FROM verification_tokens
            WHERE tenant_id = $1 AND identity_hash = $2 AND ended_at IS NULL
            ORDER BY created_at DESC LIMIT 1 FOR UPDATE",
        )
        .bind(self.tenant.as_str())
        .bind(identity);
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            row.map(Verification::try_from).transpose()
        })
        .await
    }

    async fn take(
        &mut self,
        token: Hash,
        identity: Hash,
        now: Timestamp,
    ) -> Result<Option<Verification>, StoreError> {
        let asked = sqlx::query_as::<_, VerificationRow>(
            "UPDATE verification_tokens SET ended_at = $4
            WHERE tenant_id = $1 AND token_hash = $2 AND identity_hash = $3 AND ended_at IS NULL
                AND expires_at > $4
            RETURNING token_hash, identity_hash, patient_id, channel, expires_at",
        )
        .bind(self.tenant.as_str())
        .bind(token)
        .bind(identity)
        .bind(now.to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            row.map(Verification::try_from).transpose()
        })
        .await
    }
}
