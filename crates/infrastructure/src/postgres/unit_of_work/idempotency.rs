//! Keys of requests that may come again. A key is held by a lock of its transaction, so that a
//! process that dies leaves none behind.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use portal_application::ports::{
    Hash, IdempotencyClaim, IdempotencyRecord, IdempotencyRecords, StoreError,
};
use sqlx::FromRow;

use super::super::error::QueryError;
use super::{PgUnitOfWork, hash};

/// How long an answer is remembered (spec 02, Idempotency).
const KEPT: SignedDuration = SignedDuration::from_hours(24);

#[derive(FromRow)]
struct RecordRow {
    payload_hash: Vec<u8>,
    status: i16,
    resource_id: Option<String>,
}

impl TryFrom<RecordRow> for IdempotencyRecord {
    type Error = QueryError;

    fn try_from(row: RecordRow) -> Result<Self, QueryError> {
        Ok(Self {
            payload_hash: hash(&row.payload_hash)?,
            status: u16::try_from(row.status).map_err(|_| QueryError::Corrupt)?,
            resource_id: row.resource_id,
        })
    }
}

/// The number that a key's lock has in its tenant's database: the key is a keyed hash already.
fn lock_number(key: Hash) -> i64 {
    let (head, _) = key.split_first_chunk::<8>().expect("a hash has 32 bytes");
    i64::from_be_bytes(*head)
}

#[async_trait]
impl IdempotencyRecords for PgUnitOfWork {
    // Two statements: only one that starts after the lock is held sees what its holder before
    // committed.
    async fn claim(&mut self, key: Hash, now: Timestamp) -> Result<IdempotencyClaim, StoreError> {
        let lock = sqlx::query_scalar::<_, bool>("SELECT pg_try_advisory_xact_lock($1)")
            .bind(lock_number(key));
        let find = sqlx::query_as::<_, RecordRow>(
            "SELECT payload_hash, status, resource_id FROM idempotency_records
            WHERE tenant_id = $1 AND key_hash = $2 AND expires_at > $3",
        )
        .bind(self.tenant.as_str())
        .bind(key)
        .bind(now.to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            if !lock.fetch_one(&mut *connection).await? {
                return Ok(IdempotencyClaim::InProgress);
            }
            Ok(match find.fetch_optional(connection).await? {
                Some(row) => IdempotencyClaim::Answered(row.try_into()?),
                None => IdempotencyClaim::Free,
            })
        })
        .await
    }

    async fn remember(
        &mut self,
        key: Hash,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let forget =
            sqlx::query("DELETE FROM idempotency_records WHERE tenant_id = $1 AND key_hash = $2")
                .bind(self.tenant.as_str())
                .bind(key);
        let insert = sqlx::query(
            "INSERT INTO idempotency_records (tenant_id, key_hash, payload_hash, status,
                resource_id, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.tenant.as_str())
        .bind(key)
        .bind(record.payload_hash)
        .bind(i16::try_from(record.status).unwrap_or(i16::MAX))
        .bind(record.resource_id.as_deref())
        .bind(now.to_sqlx())
        .bind((now + KEPT).to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            forget.execute(&mut *connection).await?;
            insert.execute(connection).await?;
            Ok(())
        })
        .await
    }
}
