//! Events become rows in the transaction of the change that they tell of.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_domain::event::PortalEvent;
use portal_domain::id::{OutboxEventId, RequestId, TenantId};
use sqlx::PgConnection;

/// Where relays listen for commits with events.
pub(super) const CHANNEL: &str = "portal_outbox";
/// Lanes in which relays work side by side.
const LANES: u8 = 64;

/// An event on its way into the outbox.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// The id that consumers see each event once by.
    pub id: OutboxEventId,
    /// What happened.
    pub event: &'a PortalEvent,
    /// The request that made it happen.
    pub correlation_id: Option<&'a RequestId>,
    /// The trace of that request (W3C Trace Context, `traceparent`).
    pub traceparent: Option<&'a str>,
    /// When it happened.
    pub occurred_at: Timestamp,
}

/// Stores events in a transaction of their tenant, in their order, and wakes the relays when that
/// commits.
///
/// The transaction must hold the lock of each aggregate's row (it has changed or inserted it): only
/// so do the positions of one aggregate's events rise in the order of their commits, which is all
/// the order that the relay goes by.
pub async fn push(
    connection: &mut PgConnection,
    tenant: &TenantId,
    messages: &[NewMessage<'_>],
) -> Result<(), sqlx::Error> {
    let aggregates = column(messages, |message| message.event.aggregate_id());
    let lanes: Vec<i16> = aggregates.iter().map(|id| lane(id)).collect();
    // One statement, so one round trip. PostgreSQL tells the listeners after the commit, and once,
    // however many events one transaction stores (PostgreSQL, NOTIFY).
    sqlx::query(
        "INSERT INTO outbox_messages (tenant_id, event_id, lane, aggregate_id, event_type, data,
            correlation_id, traceparent, occurred_at)
        SELECT $1, event_id, lane, aggregate_id, event_type, data::jsonb, correlation_id,
            traceparent, occurred_at
        FROM UNNEST($2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::timestamptz[]) WITH ORDINALITY
            AS e (event_id, lane, aggregate_id, event_type, data, correlation_id, traceparent,
            occurred_at, place)
        ORDER BY place
        RETURNING pg_notify($10, '')",
    )
    .bind(tenant.as_str())
    .bind(column(messages, |message| message.id.to_string()))
    .bind(lanes)
    .bind(aggregates)
    .bind(column(messages, |message| message.event.kind().event_type))
    .bind(column(messages, |message| message.event.data().to_string()))
    .bind(column(messages, |message| {
        message.correlation_id.map(RequestId::as_str)
    }))
    .bind(column(messages, |message| message.traceparent))
    .bind(column(messages, |message| message.occurred_at.to_sqlx()))
    .bind(CHANNEL)
    .execute(connection)
    .await?;
    Ok(())
}

fn column<'m, T>(messages: &'m [NewMessage<'m>], of: impl Fn(&'m NewMessage<'m>) -> T) -> Vec<T> {
    messages.iter().map(of).collect()
}

/// The lane of an aggregate. Pods of different builds must agree on it, which a standard library's
/// hasher does not promise.
pub(super) fn lane(aggregate_id: &str) -> i16 {
    let hash = digest(&SHA256, aggregate_id.as_bytes());
    i16::from(hash.as_ref()[0] % LANES)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_lane_of_an_aggregate_never_changes() {
        assert_eq!(lane("pact_00000000000000000000000001"), 2);
        assert_eq!(lane("pdel_00000000000000000000000002"), 29);
    }

    #[test]
    fn aggregates_fill_every_lane_and_no_other() {
        let lanes: HashSet<_> = (0..2_000).map(|n| lane(&n.to_string())).collect();
        assert_eq!(lanes, (0..i16::from(LANES)).collect());
    }
}
