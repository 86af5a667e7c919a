//! One access event as it is published: ids and codes only.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::super::error::QueryError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublishedEvent<'a> {
    id: &'a str,
    tenant_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<&'a str>,
    actor: PublishedActor<'a>,
    event_type: &'a str,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'a str>,
    resource_ids: Vec<String>,
    resource_count: i64,
    request_id: &'a str,
    occurred_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublishedActor<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    acting_as_proxy: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_delegation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

/// A row's JSON, and when it happened.
pub(super) struct ReadEvent {
    pub(super) json: Box<RawValue>,
    pub(super) occurred_at: Timestamp,
}

pub(super) fn read_event(row: &PgRow) -> Result<ReadEvent, QueryError> {
    let occurred_at = Timestamp::from(row.try_get::<jiff_sqlx::Timestamp, _>("occurred_at")?);
    let account_id: Option<&str> = row.try_get("account_id")?;
    let event = PublishedEvent {
        id: row.try_get("event_id")?,
        tenant_id: row.try_get("tenant_id")?,
        account_id,
        patient_id: row.try_get("patient_id")?,
        actor: PublishedActor {
            kind: row.try_get("actor_kind")?,
            acting_as_proxy: row.try_get::<bool, _>("acting_as_proxy")?.then_some(true),
            proxy_delegation_id: row.try_get("proxy_delegation_id")?,
            account_id,
            client_id: row.try_get("client_id")?,
        },
        event_type: row.try_get("event_type")?,
        outcome: row.try_get("outcome")?,
        reason_code: row.try_get("reason_code")?,
        resource_type: row.try_get("resource_type")?,
        resource_ids: row.try_get("resource_ids")?,
        resource_count: row.try_get("resource_count")?,
        request_id: row.try_get("request_id")?,
        occurred_at,
    };
    let json = to_raw_value(&event).map_err(|_| QueryError::Corrupt)?;
    Ok(ReadEvent { json, occurred_at })
}
