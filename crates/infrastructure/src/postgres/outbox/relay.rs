//! The outbox as one relay works through it. Times are the database's own, so that all pods go by
//! one clock.

use async_trait::async_trait;
use portal_application::ports::{
    LaneLease, MessageOutcome, OutboxBacklog, OutboxClaim, OutboxMessage, OutboxRelay, StoreError,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::super::database::Database;
use super::super::error::QueryError;
use super::message::read_message;
use super::outcomes::Outcomes;
use super::upkeep;

/// Lanes of one claim: a part of them, so that several relays find work at the same time.
const LANES: i64 = 16;
/// Messages of one lane in one claim.
const MESSAGES: i64 = 64;

/// Works through the outbox with the worker's login.
#[derive(Debug, Clone)]
pub struct PgOutboxRelay {
    pub(super) database: Database,
    owner: String,
}

impl PgOutboxRelay {
    /// Over the database as [`super::super::Login::Worker`] sees it. `owner` names this relay and
    /// no other, not even an earlier start of the same pod.
    pub fn new(database: Database, owner: impl Into<String>) -> Self {
        Self {
            database,
            owner: owner.into(),
        }
    }

    /// Takes lanes that nobody else holds and that have something due, those first that were taken
    /// least.
    async fn take_lanes(&self) -> Result<Vec<LaneLease>, QueryError> {
        // Materialised, so that it is carried out once: what it locks is what is taken.
        let taken = sqlx::query(
            "WITH due AS MATERIALIZED (
                SELECT lane FROM outbox_lanes l
                WHERE (owner = $1 OR lease_until < clock_timestamp())
                    AND EXISTS (SELECT FROM outbox_messages m WHERE m.lane = l.lane
                        AND m.published_at IS NULL AND m.dead_at IS NULL
                        AND m.next_try_at <= clock_timestamp())
                ORDER BY fencing_token LIMIT $2 FOR UPDATE SKIP LOCKED
            )
            UPDATE outbox_lanes l SET owner = $1,
                lease_until = clock_timestamp() + interval '10 s', fencing_token = fencing_token + 1
            FROM due WHERE l.lane = due.lane RETURNING l.lane, l.fencing_token",
        )
        .bind(&self.owner)
        .bind(LANES)
        .fetch_all(self.database.pool())
        .await?;
        let lease = |row: &PgRow| {
            Ok(LaneLease {
                lane: row.try_get("lane")?,
                fencing_token: row.try_get("fencing_token")?,
            })
        };
        taken.iter().map(lease).collect()
    }

    /// The next messages of lanes. A statement of its own, after the lanes were taken: only so does
    /// it see all that their previous holders have marked.
    async fn read(&self, lanes: &[LaneLease]) -> Result<Vec<OutboxMessage>, QueryError> {
        let lanes: Vec<i16> = lanes.iter().map(|lease| lease.lane).collect();
        let rows = sqlx::query(
            "SELECT next.* FROM UNNEST($1::smallint[]) AS taken (lane) CROSS JOIN LATERAL (
                SELECT position, tenant_id, event_id, lane, aggregate_id, event_type, data::text,
                    correlation_id, traceparent, occurred_at, attempts
                FROM outbox_messages m
                WHERE m.lane = taken.lane AND published_at IS NULL AND dead_at IS NULL
                    AND next_try_at <= clock_timestamp()
                    AND NOT EXISTS (SELECT FROM outbox_messages earlier
                        WHERE earlier.tenant_id = m.tenant_id
                            AND earlier.aggregate_id = m.aggregate_id
                            AND earlier.position < m.position
                            AND earlier.published_at IS NULL AND earlier.dead_at IS NULL
                            AND earlier.attempts > 0 AND earlier.next_try_at > clock_timestamp())
                ORDER BY position LIMIT $2
            ) AS next ORDER BY next.position",
        )
        .bind(lanes)
        .bind(MESSAGES)
        .fetch_all(self.database.pool())
        .await?;
        rows.iter().map(read_message).collect()
    }

    async fn claim_next(&self) -> Result<Option<OutboxClaim>, QueryError> {
        let lanes = self.take_lanes().await?;
        if lanes.is_empty() {
            return Ok(None);
        }
        let messages = self.read(&lanes).await?;
        let claim = OutboxClaim { lanes, messages };
        if claim.messages.is_empty() {
            self.give_back(&claim, &[]).await?;
            return Ok(None);
        }
        Ok(Some(claim))
    }

    /// Marks and gives back in one statement: the row of a lane stays locked from where its token
    /// is compared until the marks are committed, so nobody can take it over in between.
    async fn give_back(
        &self,
        claim: &OutboxClaim,
        outcomes: &[MessageOutcome],
    ) -> Result<u64, QueryError> {
        let (lanes, tokens): (Vec<_>, Vec<_>) = claim
            .lanes
            .iter()
            .map(|lease| (lease.lane, lease.fencing_token))
            .unzip();
        let outcomes = Outcomes::of(outcomes);
        let marked = sqlx::query(
            "WITH held AS (
                UPDATE outbox_lanes l SET owner = NULL, lease_until = '-infinity'
                FROM UNNEST($1::smallint[], $2::bigint[]) AS claimed (lane, token)
                WHERE l.lane = claimed.lane AND l.fencing_token = claimed.token AND l.owner = $3
                RETURNING l.lane
            )
            UPDATE outbox_messages m SET
                published_at = CASE WHEN o.failed THEN NULL ELSE clock_timestamp() END,
                attempts = m.attempts + o.failed::integer,
                next_try_at = CASE WHEN o.wait IS NULL THEN m.next_try_at
                    ELSE clock_timestamp() + make_interval(secs => o.wait) END,
                dead_at = CASE WHEN o.reason IS NULL THEN NULL ELSE clock_timestamp() END,
                dead_reason = o.reason
            FROM held, UNNEST($4::text[], $5::text[], $6::boolean[], $7::float8[], $8::text[])
                AS o (tenant_id, event_id, failed, wait, reason)
            WHERE m.tenant_id = o.tenant_id AND m.event_id = o.event_id AND m.lane = held.lane",
        )
        .bind(lanes)
        .bind(tokens)
        .bind(&self.owner)
        .bind(outcomes.tenants)
        .bind(outcomes.events)
        .bind(outcomes.failed)
        .bind(outcomes.waits)
        .bind(outcomes.reasons)
        .execute(self.database.pool())
        .await?;
        Ok(marked.rows_affected())
    }
}

#[async_trait]
impl OutboxRelay for PgOutboxRelay {
    #[tracing::instrument(name = "db.outbox_messages.claim", skip_all, level = "debug")]
    async fn claim(&self) -> Result<Option<OutboxClaim>, StoreError> {
        self.database.run(self.claim_next()).await
    }

    #[tracing::instrument(name = "db.outbox_messages.settle", skip_all, level = "debug")]
    async fn settle(
        &self,
        claim: &OutboxClaim,
        outcomes: &[MessageOutcome],
    ) -> Result<u64, StoreError> {
        self.database.run(self.give_back(claim, outcomes)).await
    }

    #[tracing::instrument(name = "db.outbox_messages.backlog", skip_all, level = "debug")]
    async fn backlog(&self) -> Result<OutboxBacklog, StoreError> {
        self.database
            .run(upkeep::backlog(self.database.pool()))
            .await
    }

    #[tracing::instrument(name = "db.outbox_messages.prune", skip_all, level = "debug")]
    async fn prune(&self) -> Result<bool, StoreError> {
        self.database.run(upkeep::prune(self.database.pool())).await
    }
}
