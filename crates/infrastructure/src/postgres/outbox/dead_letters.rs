//! Events that were given up, for staff: of one tenant, which the statements name, since the
//! worker's login sees them all.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_application::ports::{DeadLetter, DeadLetters, StoreError};
use portal_domain::id::{OutboxEventId, TenantId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::super::error::QueryError;
use super::message::count;
use super::push::CHANNEL;
use super::relay::PgOutboxRelay;

fn read(row: &PgRow) -> Result<DeadLetter, QueryError> {
    let event_id: &str = row.try_get("event_id")?;
    let instant = |column| {
        row.try_get::<jiff_sqlx::Timestamp, _>(column)
            .map(Timestamp::from)
    };
    Ok(DeadLetter {
        event_id: event_id.parse().map_err(|_| QueryError::Corrupt)?,
        event_type: row.try_get("event_type")?,
        aggregate_id: row.try_get("aggregate_id")?,
        occurred_at: instant("occurred_at")?,
        attempts: count(row.try_get("attempts")?),
        dead_at: instant("dead_at")?,
        reason: row.try_get("dead_reason")?,
    })
}

#[async_trait]
impl DeadLetters for PgOutboxRelay {
    #[tracing::instrument(name = "db.outbox_messages.dead_letters", skip_all, level = "debug")]
    async fn dead_letters(
        &self,
        tenant: &TenantId,
        limit: u16,
        after: Option<OutboxEventId>,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let work = async {
            let rows = sqlx::query(
                "SELECT event_id, event_type, aggregate_id, occurred_at, attempts, dead_at,
                    dead_reason
                FROM outbox_messages
                WHERE tenant_id = $1 AND event_id > $2 AND dead_at IS NOT NULL
                ORDER BY event_id LIMIT $3",
            )
            .bind(tenant.as_str())
            .bind(after.map_or_else(String::new, |id| id.to_string()))
            .bind(i64::from(limit))
            .fetch_all(self.database.pool())
            .await?;
            rows.iter().map(read).collect()
        };
        self.database.run(work).await
    }

    #[tracing::instrument(name = "db.outbox_messages.replay", skip_all, level = "debug")]
    async fn replay(&self, tenant: &TenantId, event: OutboxEventId) -> Result<bool, StoreError> {
        let work = async {
            let replayed = sqlx::query(
                "WITH replayed AS (
                    UPDATE outbox_messages SET attempts = 0, next_try_at = '-infinity',
                        dead_at = NULL, dead_reason = NULL
                    WHERE tenant_id = $1 AND event_id = $2 AND dead_at IS NOT NULL
                    RETURNING event_id)
                SELECT pg_notify($3, '') FROM replayed",
            )
            .bind(tenant.as_str())
            .bind(event.to_string())
            .bind(CHANNEL)
            .fetch_all(self.database.pool())
            .await?;
            Ok(!replayed.is_empty())
        };
        self.database.run(work).await
    }
}
