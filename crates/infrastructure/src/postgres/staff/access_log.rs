//! The access log of a tenant.

use jiff_sqlx::ToSqlx;
use portal_application::ports::{StaffLogEntry, StaffLogQuery};
use portal_domain::access::StaffGrant;
use portal_domain::audit::{ActorKind, EventType};
use portal_domain::id::PatientId;
use sqlx::FromRow;

use super::super::access_log::EntryRow;
use super::super::error::QueryError;
use super::PgStaffRecords;

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    entry: EntryRow,
    patient_id: Option<String>,
    operation: String,
}

impl TryFrom<Row> for StaffLogEntry {
    type Error = QueryError;

    fn try_from(row: Row) -> Result<Self, QueryError> {
        Ok(Self {
            entry: row.entry.try_into()?,
            patient_id: row.patient_id,
            operation: row.operation,
        })
    }
}

/// An id begins with its time, so ids alone are the order; whose events are asked for, theirs
/// come by the index of their patient or account.
fn text(query: &StaffLogQuery) -> String {
    let (of, order) = match (&query.patient, &query.account) {
        (Some(_), Some(_)) => (
            "AND patient_id = $2 AND account_id = $3",
            "occurred_at DESC, event_id DESC",
        ),
        (Some(_), None) => ("AND patient_id = $2", "occurred_at DESC, event_id DESC"),
        (None, Some(_)) => ("AND account_id = $3", "occurred_at DESC, event_id DESC"),
        (None, None) => ("", "event_id DESC"),
    };
    let before = query.before.map_or("", |_| "AND event_id < $8");
    format!(
        "SELECT event_id, occurred_at, event_type, outcome, reason_code, actor_kind,
            acting_as_proxy, proxy_delegation_id, account_id, client_id, resource_type,
            resource_ids, resource_count, client_address, user_agent_class, request_id,
            patient_id, operation
        FROM access_events
        WHERE tenant_id = $1 {of} {before} AND ($2 = $2 OR $3 = $3 OR $8 = $8)
            AND occurred_at >= COALESCE($4::timestamptz, '-infinity')
            AND occurred_at < COALESCE($5::timestamptz, 'infinity')
            AND ($6::text IS NULL OR event_type = $6)
            AND ($7::text IS NULL OR actor_kind = $7)
        ORDER BY {order} LIMIT $9"
    )
}

impl PgStaffRecords {
    pub(super) async fn list_log(
        &self,
        grant: &StaffGrant,
        query: &StaffLogQuery,
    ) -> Result<Vec<StaffLogEntry>, QueryError> {
        let tenant = &grant.tenant().id;
        let mut transaction = self.database.begin(tenant).await?;
        let account = query.account.map(|id| id.to_string());
        let before = query.before.map(|id| id.to_string());
        // Of words of ours only.
        let rows = sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe(text(query)))
            .bind(tenant.as_str())
            .bind(query.patient.as_ref().map_or("", PatientId::as_str))
            .bind(account.unwrap_or_default())
            .bind(query.from.map(ToSqlx::to_sqlx))
            .bind(query.to.map(ToSqlx::to_sqlx))
            .bind(query.event_type.map(EventType::as_str))
            .bind(query.actor.map(ActorKind::as_str))
            .bind(before.unwrap_or_default())
            .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *transaction)
            .await?;
        rows.into_iter().map(StaffLogEntry::try_from).collect()
    }
}
