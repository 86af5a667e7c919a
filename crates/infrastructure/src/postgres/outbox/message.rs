//! A row as the message that it becomes.

use jiff::Timestamp;
use portal_application::ports::OutboxMessage;
use portal_domain::id::TenantId;
use serde_json::value::RawValue;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::super::error::QueryError;

pub(super) fn read_message(row: &PgRow) -> Result<OutboxMessage, QueryError> {
    let event_id: &str = row.try_get("event_id")?;
    let data = RawValue::from_string(row.try_get("data")?);
    Ok(OutboxMessage {
        tenant_id: TenantId::parse(row.try_get("tenant_id")?).map_err(|_| QueryError::Corrupt)?,
        event_id: event_id.parse().map_err(|_| QueryError::Corrupt)?,
        lane: row.try_get("lane")?,
        aggregate_id: row.try_get("aggregate_id")?,
        event_type: row.try_get("event_type")?,
        data: data.map_err(|_| QueryError::Corrupt)?,
        correlation_id: row.try_get("correlation_id")?,
        traceparent: row.try_get("traceparent")?,
        occurred_at: Timestamp::from(row.try_get::<jiff_sqlx::Timestamp, _>("occurred_at")?),
        attempts: count(row.try_get("attempts")?),
    })
}

/// A count of the database, which has no unsigned numbers.
pub(super) fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
