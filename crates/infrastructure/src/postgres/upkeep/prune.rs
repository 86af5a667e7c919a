//! Rows that are of no use any more.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{Prunable, Pruning, StoreError};
use portal_domain::id::TenantId;

use super::super::error::QueryError;
use super::{PgUpkeep, hold};

/// Rows of one transaction.
const BATCH: i64 = 1_000;

/// Removes at most `$3` rows of tenant `$1` that ended until `$2`.
const fn statement(what: Prunable) -> &'static str {
    match what {
        Prunable::IdempotencyRecords => {
            "DELETE FROM idempotency_records WHERE tenant_id = $1 AND key_hash IN (
                SELECT key_hash FROM idempotency_records
                WHERE tenant_id = $1 AND expires_at <= $2 LIMIT $3)"
        }
        Prunable::VerificationTokens => {
            "DELETE FROM verification_tokens WHERE tenant_id = $1 AND token_hash IN (
                SELECT token_hash FROM verification_tokens
                WHERE tenant_id = $1 AND LEAST(ended_at, expires_at) <= $2 LIMIT $3)"
        }
        Prunable::RegistrationAttempts => {
            "DELETE FROM registration_attempts WHERE tenant_id = $1
            AND (kind, key_hash, hour) IN (
                SELECT kind, key_hash, hour FROM registration_attempts
                WHERE tenant_id = $1 AND hour <= $2 LIMIT $3)"
        }
        Prunable::Revocations => {
            "DELETE FROM revocations WHERE tenant_id = $1 AND until <= $2
            AND (kind, key_hash) IN (
                SELECT kind, key_hash FROM revocations
                WHERE tenant_id = $1 AND until <= $2 LIMIT $3)"
        }
        Prunable::InboxMessages => {
            "DELETE FROM inbox_messages WHERE tenant_id = $1 AND (kind, event_id) IN (
                SELECT kind, event_id FROM inbox_messages
                WHERE tenant_id = $1 AND received_at <= $2 LIMIT $3)"
        }
    }
}

#[async_trait]
impl Pruning for PgUpkeep {
    #[tracing::instrument(name = "db.prune", skip_all, level = "debug", fields(table = what.as_str()))]
    async fn prune(
        &self,
        tenant: &TenantId,
        what: Prunable,
        until: Timestamp,
    ) -> Result<u64, StoreError> {
        let work = async {
            let mut transaction = self.database.begin(tenant).await?;
            if !hold(&mut transaction, "prune", tenant).await? {
                return Ok::<u64, QueryError>(0);
            }
            let removed = sqlx::query(statement(what))
                .bind(tenant.as_str())
                .bind(until.to_sqlx())
                .bind(BATCH)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(removed.rows_affected())
        };
        self.database.run(work).await
    }
}
