//! How much waits, and the end of what was published long ago.

use std::time::Duration;

use portal_application::ports::OutboxBacklog;
use sqlx::{PgPool, Row as _};

use super::super::error::QueryError;

/// Rows that one statement removes.
const PRUNED: i64 = 5_000;

/// Of each lane the first message is looked at: of all that wait only the number is read.
pub(super) async fn backlog(pool: &PgPool) -> Result<OutboxBacklog, QueryError> {
    let row = sqlx::query(
        "SELECT
            (SELECT count(*) FROM outbox_messages
                WHERE published_at IS NULL AND dead_at IS NULL) AS pending,
            (SELECT count(*) FROM outbox_messages WHERE dead_at IS NOT NULL) AS dead_letters,
            (SELECT extract(epoch FROM clock_timestamp() - min(first.occurred_at))::float8
                FROM outbox_lanes l CROSS JOIN LATERAL (
                    SELECT occurred_at FROM outbox_messages m
                    WHERE m.lane = l.lane AND m.published_at IS NULL AND m.dead_at IS NULL
                    ORDER BY m.position LIMIT 1) AS first) AS oldest",
    )
    .fetch_one(pool)
    .await?;
    let oldest: Option<f64> = row.try_get("oldest")?;
    Ok(OutboxBacklog {
        pending: number(row.try_get("pending")?),
        // The event's time is of the pod's clock, which may be ahead.
        oldest: Duration::try_from_secs_f64(oldest.unwrap_or_default()).unwrap_or_default(),
        dead_letters: number(row.try_get("dead_letters")?),
    })
}

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// Removes some of what was published more than a week ago. Relays that do so at the same time
/// take different rows.
pub(super) async fn prune(pool: &PgPool) -> Result<bool, QueryError> {
    let removed = sqlx::query(
        "DELETE FROM outbox_messages WHERE (tenant_id, event_id) IN (
            SELECT tenant_id, event_id FROM outbox_messages
            WHERE published_at < clock_timestamp() - interval '7 days'
            ORDER BY published_at LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind(PRUNED)
    .execute(pool)
    .await?;
    Ok(number(PRUNED) <= removed.rows_affected())
}
