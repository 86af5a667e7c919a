//! The journal as its relay reads it.
//!
//! A reader follows `(txid, event_id)` and stops before the oldest transaction that still runs
//! anywhere in the cluster (PostgreSQL, 9.26.2: `pg_snapshot_xmin`), so nothing can appear behind
//! it later. What is about to be published is committed as bounds first; since events never
//! change, reading between the same bounds gives the same messages.

mod assembly;
mod event;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use portal_application::ports::{JournalRelay, RelayClaim, StoreError};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};

use super::database::Database;
use super::error::QueryError;
use assembly::{Assembly, Bound, Position};
use event::read_event;

/// Events of one claim.
const CLAIM: i64 = 5_000;

/// Follows the journal with the worker's login.
#[derive(Debug, Clone)]
pub struct PgJournalRelay {
    database: Database,
    owner: String,
}

#[derive(FromRow)]
struct Cursor {
    last_txid: String,
    last_event_id: String,
    pending: Option<Json<Vec<Bound>>>,
    fencing_token: i64,
}

impl PgJournalRelay {
    /// Over the database as [`super::Login::Worker`] sees it. `owner` names this relay and no
    /// other, not even an earlier start of the same pod.
    pub fn new(database: Database, owner: impl Into<String>) -> Self {
        Self {
            database,
            owner: owner.into(),
        }
    }

    /// The cursor, unless another relay holds the lease.
    async fn cursor(&self) -> Result<Option<Cursor>, QueryError> {
        let asked = sqlx::query_as(
            "SELECT last_txid::text, last_event_id, pending, fencing_token FROM relay_cursors
            WHERE name = 'access_events' AND (owner = $1 OR lease_until < clock_timestamp())",
        );
        Ok(asked
            .bind(&self.owner)
            .fetch_optional(self.database.pool())
            .await?)
    }

    async fn claim_next(&self) -> Result<Option<RelayClaim>, QueryError> {
        let Some(cursor) = self.cursor().await? else {
            return Ok(None);
        };
        let last = Position::parse(&cursor.last_txid, &cursor.last_event_id)?;
        let assembly = match &cursor.pending {
            Some(Json(bounds)) => self.read_again(&last, bounds).await?,
            None => self.read_on(&last).await?,
        };
        if assembly.is_empty() {
            return Ok(None);
        }
        let (batches, bounds) = assembly.finish();
        let token = self.hold(cursor.fencing_token, &bounds).await?;
        Ok(token.map(|fencing_token| RelayClaim {
            fencing_token,
            batches,
        }))
    }

    // Ordered by the table's column: the bare name would be the text that is selected, in which
    // 1000 comes before 999.
    async fn read_on(&self, last: &Position) -> Result<Assembly, QueryError> {
        let rows = sqlx::query(
            "SELECT txid::text, event_id, tenant_id, account_id, patient_id, actor_kind,
                acting_as_proxy, proxy_delegation_id, client_id, event_type, outcome, reason_code,
                resource_type, resource_ids, resource_count, request_id, occurred_at
            FROM access_events
            WHERE (txid, event_id) > ($1::text::xid8, $2)
                AND txid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY access_events.txid, access_events.event_id LIMIT $3",
        )
        .bind(last.txid.to_string())
        .bind(&last.event_id)
        .bind(CLAIM)
        .fetch_all(self.database.pool())
        .await?;
        assemble(Assembly::within_limits(), &rows)
    }

    async fn read_again(&self, last: &Position, bounds: &[Bound]) -> Result<Assembly, QueryError> {
        let end = bounds
            .iter()
            .map(Bound::position)
            .max()
            .ok_or(QueryError::Corrupt)?;
        let rows = sqlx::query(
            "SELECT txid::text, event_id, tenant_id, account_id, patient_id, actor_kind,
                acting_as_proxy, proxy_delegation_id, client_id, event_type, outcome, reason_code,
                resource_type, resource_ids, resource_count, request_id, occurred_at
            FROM access_events
            WHERE (txid, event_id) > ($1::text::xid8, $2)
                AND (txid, event_id) <= ($3::text::xid8, $4)
            ORDER BY access_events.txid, access_events.event_id",
        )
        .bind(last.txid.to_string())
        .bind(&last.event_id)
        .bind(end.txid.to_string())
        .bind(&end.event_id)
        .fetch_all(self.database.pool())
        .await?;
        let assembly = assemble(Assembly::between(bounds), &rows)?;
        // Events are never removed while they are on their way out.
        if assembly.is_empty() {
            Err(QueryError::Corrupt)
        } else {
            Ok(assembly)
        }
    }

    /// Commits the bounds and takes the lease, unless somebody has moved since the cursor was
    /// read: every claim and confirmation raises the token.
    async fn hold(&self, seen: i64, bounds: &[Bound]) -> Result<Option<i64>, QueryError> {
        let asked = sqlx::query_scalar(
            "UPDATE relay_cursors SET pending = $3, owner = $2,
                lease_until = clock_timestamp() + interval '10 s',
                fencing_token = fencing_token + 1
            WHERE name = 'access_events' AND fencing_token = $1
                AND (owner = $2 OR lease_until < clock_timestamp())
            RETURNING fencing_token",
        );
        let asked = asked.bind(seen).bind(&self.owner).bind(Json(bounds));
        Ok(asked.fetch_optional(self.database.pool()).await?)
    }

    /// Moves on and gives the lease back.
    async fn move_on(&self, token: i64) -> Result<bool, QueryError> {
        let moved = sqlx::query(
            "UPDATE relay_cursors SET last_txid = b.txid, last_event_id = b.event_id,
                pending = NULL, owner = NULL, lease_until = '-infinity',
                fencing_token = fencing_token + 1
            FROM (SELECT (bound ->> 'txid')::xid8 AS txid, bound ->> 'eventId' AS event_id
                FROM relay_cursors c, jsonb_array_elements(c.pending) AS bound
                WHERE c.name = 'access_events'
                ORDER BY (bound ->> 'txid')::xid8 DESC, (bound ->> 'eventId') COLLATE \"C\" DESC
                LIMIT 1) AS b
            WHERE name = 'access_events' AND fencing_token = $1 AND owner = $2",
        );
        let moved = moved
            .bind(token)
            .bind(&self.owner)
            .execute(self.database.pool())
            .await?;
        Ok(moved.rows_affected() == 1)
    }
}

fn assemble(mut assembly: Assembly, rows: &[PgRow]) -> Result<Assembly, QueryError> {
    for row in rows {
        let position = Position::parse(row.try_get("txid")?, row.try_get("event_id")?)?;
        let tenant: &str = row.try_get("tenant_id")?;
        assembly.add(tenant, position, read_event(row)?)?;
    }
    Ok(assembly)
}

#[async_trait]
impl JournalRelay for PgJournalRelay {
    #[tracing::instrument(name = "db.relay_cursors.claim", skip_all, level = "debug")]
    async fn claim(&self) -> Result<Option<RelayClaim>, StoreError> {
        self.database.run(self.claim_next()).await
    }

    #[tracing::instrument(name = "db.relay_cursors.confirm", skip_all, level = "debug")]
    async fn confirm(&self, claim: &RelayClaim) -> Result<bool, StoreError> {
        self.database.run(self.move_on(claim.fencing_token)).await
    }
}
