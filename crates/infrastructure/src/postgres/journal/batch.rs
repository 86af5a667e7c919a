//! A batch of events as one statement.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_domain::audit::{ActorKind, EventType, FenceVersions, Outcome};
use portal_domain::id::{ClientId, PatientId};
use portal_fhir::ResourceType;
use sqlx::postgres::PgArguments;
use sqlx::query::QueryScalar;
use sqlx::{PgConnection, Postgres};

use super::Queued;

/// Inserts the events whose tenant, account, delegation and grantor's account are still in the
/// versions that their decision used, and says which those are by their place in the batch,
/// counted from 1. What an event carries no version of is not compared. The class of partition is
/// the tenant's own; an event of a tenant that has no row goes to the default class.
const INSERT: &str = "
WITH kept AS MATERIALIZED (
    SELECT e.*, COALESCE(t.retention_years, 7::smallint) AS retention_years
    FROM UNNEST($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::bytea[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
        $14::text[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[],
        $20::text[], $21::bigint[], $22::bigint[], $23::bigint[], $24::text[], $25::bigint[])
        WITH ORDINALITY
        AS e (tenant_id, event_id, occurred_at, account_id, delegation_id, patient_id,
        actor_kind, identity_hash, client_id, event_type, outcome, reason_code, resource_type,
        resource_ids, resource_count, query_keys, operation, client_address, user_agent_class,
        request_id, tenant_version, account_version, delegation_version, grantor_id,
        grantor_version, place)
    LEFT JOIN tenants t ON t.tenant_id = e.tenant_id
    LEFT JOIN portal_accounts a ON a.tenant_id = e.tenant_id AND a.account_id = e.account_id
    LEFT JOIN proxy_delegations d
        ON d.tenant_id = e.tenant_id AND d.delegation_id = e.delegation_id
    LEFT JOIN portal_accounts g ON g.tenant_id = e.tenant_id AND g.account_id = e.grantor_id
    WHERE (e.tenant_version IS NULL OR t.version = e.tenant_version)
        AND (e.account_version IS NULL OR a.version = e.account_version)
        AND (e.delegation_version IS NULL OR d.version = e.delegation_version)
        AND (e.grantor_version IS NULL OR g.version = e.grantor_version)
), inserted AS (
    INSERT INTO access_events (tenant_id, event_id, retention_years, occurred_at, account_id,
        patient_id, actor_kind, acting_as_proxy, proxy_delegation_id, identity_hash, client_id,
        event_type, outcome, reason_code, resource_type, resource_ids, resource_count, query_keys,
        operation, client_address, user_agent_class, request_id)
    SELECT tenant_id, event_id, retention_years, occurred_at, account_id, patient_id, actor_kind,
        delegation_id IS NOT NULL, delegation_id, identity_hash, client_id, event_type, outcome,
        reason_code, resource_type, resource_ids::text[], resource_count, query_keys::text[],
        operation, client_address, user_agent_class, request_id
    FROM kept ON CONFLICT DO NOTHING
)
SELECT COALESCE(array_agg(place), '{}') FROM kept";

/// Runs [`INSERT`] over events.
pub(super) async fn insert(
    connection: &mut PgConnection,
    events: &[Queued],
) -> Result<Vec<i64>, sqlx::Error> {
    let query = bind_fence(bind_event(sqlx::query_scalar(INSERT), events), events);
    query.fetch_one(connection).await
}

type Insert<'q> = QueryScalar<'q, Postgres, Vec<i64>, PgArguments>;

/// One array for each column, `$1` to `$20`.
fn bind_event<'q>(query: Insert<'q>, events: &'q [Queued]) -> Insert<'q> {
    let text = |of: fn(&Queued) -> &str| column(events, of);
    let option = |of: fn(&Queued) -> Option<&str>| column(events, of);
    let owned = |of: fn(&Queued) -> String| column(events, of);
    query
        .bind(text(|q| q.event.tenant_id.as_str()))
        .bind(owned(|q| q.event.id.to_string()))
        .bind(column(events, |q| occurred_at(q).to_sqlx()))
        .bind(column(events, account_id))
        .bind(column(events, delegation_id))
        .bind(option(|q| {
            q.event.patient_id.as_ref().map(PatientId::as_str)
        }))
        .bind(text(|q| ActorKind::as_str(q.event.actor)))
        .bind(column(events, |q| {
            q.identity_hash.as_ref().map(<[u8; 32]>::as_slice)
        }))
        .bind(option(|q| q.event.client.as_ref().map(ClientId::as_str)))
        .bind(text(|q| EventType::as_str(q.event.event_type)))
        .bind(text(|q| Outcome::as_str(q.event.outcome)))
        .bind(option(|q| q.event.reason_code))
        .bind(option(|q| q.event.resource_type.map(ResourceType::as_str)))
        .bind(owned(|q| array_literal(&q.event.resource_ids)))
        .bind(column(events, |q| i64::from(q.event.resource_count)))
        .bind(owned(|q| array_literal(&q.event.query_keys)))
        .bind(text(|q| q.event.operation))
        .bind(option(|q| q.event.client_address.as_deref()))
        .bind(text(|q| q.event.user_agent_class))
        .bind(text(|q| q.event.request_id.as_str()))
}

/// What is compared, `$21` to `$25`.
fn bind_fence<'q>(query: Insert<'q>, events: &'q [Queued]) -> Insert<'q> {
    let version =
        |of: fn(FenceVersions) -> Option<i64>| column(events, |q| q.event.fence.and_then(of));
    query
        .bind(version(|fence| Some(fence.tenant)))
        .bind(version(|fence| Some(fence.account.1)))
        .bind(version(|fence| {
            fence.delegation.map(|(_, version)| version)
        }))
        .bind(column(events, |q| {
            let grantor = q.event.fence.and_then(|fence| fence.grantor);
            grantor.map(|(id, _)| id.to_string())
        }))
        .bind(version(|fence| fence.grantor.map(|(_, version)| version)))
}

fn column<'q, T>(events: &'q [Queued], of: impl Fn(&'q Queued) -> T) -> Vec<T> {
    events.iter().map(of).collect()
}

// The account that the fence names is the acting one; an event that carries no fence may still
// name an account.
fn account_id(queued: &Queued) -> Option<String> {
    let event = &queued.event;
    event
        .fence
        .map(|fence| fence.account.0)
        .or(event.account_id)
        .map(|id| id.to_string())
}

// As with the account: who is refused by a delegation may have named it.
fn delegation_id(queued: &Queued) -> Option<String> {
    let event = &queued.event;
    event
        .fence
        .and_then(|fence| fence.delegation)
        .map(|(id, _)| id)
        .or(event.delegation_id)
        .map(|id| id.to_string())
}

/// The id's own time, whatever the event says, so that the partition follows from the id.
fn occurred_at(queued: &Queued) -> Timestamp {
    i64::try_from(queued.event.id.ulid().timestamp_ms())
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .unwrap_or(queued.event.occurred_at)
}

/// The text form of an array (PostgreSQL, 8.15.2): arrays of arrays cannot be unnested row by row.
/// Characters that PostgreSQL cannot hold are left out.
fn array_literal(items: &[Box<str>]) -> String {
    let length: usize = items.iter().map(|item| item.len() + 3).sum();
    let mut literal = String::with_capacity(length + 2);
    literal.push('{');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            literal.push(',');
        }
        literal.push('"');
        for character in item.chars().filter(|character| *character != '\0') {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_one_item_each() {
        let items = [r#"a","b"#, r"c\", "", "{}", "\0n\u{e9}"].map(Box::from);
        assert_eq!(
            array_literal(&items),
            "{\"a\\\",\\\"b\",\"c\\\\\",\"\",\"{}\",\"n\u{e9}\"}"
        );
        assert_eq!(array_literal(&[]), "{}");
    }
}
