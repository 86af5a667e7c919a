//! The access journal as its patient reads it.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{
    AccessLog, AccessLogFilter, AccessLogPage, LogWindow, PatientEvent, StoreError,
};
use portal_domain::access::PatientGrant;
use portal_domain::audit::{AccessLogActor, AccessLogEntry, ActorKind, EventType};
use portal_domain::id::PatientId;
use sqlx::postgres::PgArguments;
use sqlx::query::{QueryAs, QueryScalar};
use sqlx::{FromRow, Postgres};

use super::database::Database;
use super::error::QueryError;

/// Reads access events with the login of requests.
#[derive(Debug, Clone)]
pub struct PgAccessLog {
    database: Database,
}

// The two sides of each pair differ in one column only, so that each has its own index.
const COUNT_OF_PATIENT: &str = "SELECT count(*) FROM access_events
    WHERE tenant_id = $1 AND patient_id = $2
    AND occurred_at >= COALESCE($3::timestamptz, '-infinity') AND occurred_at < COALESCE($4::timestamptz, 'infinity')
    AND ($5::text IS NULL OR event_type = $5) AND ($6::text IS NULL OR actor_kind = $6)";
const COUNT_OF_ACCOUNT: &str = "SELECT count(*) FROM access_events
    WHERE tenant_id = $1 AND account_id = $2
    AND occurred_at >= COALESCE($3::timestamptz, '-infinity') AND occurred_at < COALESCE($4::timestamptz, 'infinity')
    AND ($5::text IS NULL OR event_type = $5) AND ($6::text IS NULL OR actor_kind = $6)";
const PAGE_OF_PATIENT: &str = "SELECT event_id, occurred_at, event_type, outcome, reason_code,
        actor_kind, acting_as_proxy, proxy_delegation_id, account_id, client_id, resource_type,
        resource_ids, resource_count, client_address, user_agent_class, request_id
    FROM access_events
    WHERE tenant_id = $1 AND patient_id = $2
    AND occurred_at >= COALESCE($3::timestamptz, '-infinity') AND occurred_at < COALESCE($4::timestamptz, 'infinity')
    AND ($5::text IS NULL OR event_type = $5) AND ($6::text IS NULL OR actor_kind = $6)
    ORDER BY occurred_at DESC, event_id DESC LIMIT $7 OFFSET $8";
const PAGE_OF_ACCOUNT: &str = "SELECT event_id, occurred_at, event_type, outcome, reason_code,
        actor_kind, acting_as_proxy, proxy_delegation_id, account_id, client_id, resource_type,
        resource_ids, resource_count, client_address, user_agent_class, request_id
    FROM access_events
    WHERE tenant_id = $1 AND account_id = $2
    AND occurred_at >= COALESCE($3::timestamptz, '-infinity') AND occurred_at < COALESCE($4::timestamptz, 'infinity')
    AND ($5::text IS NULL OR event_type = $5) AND ($6::text IS NULL OR actor_kind = $6)
    ORDER BY occurred_at DESC, event_id DESC LIMIT $7 OFFSET $8";

// A statement for each order, because one that is asked for by a value has no index.
macro_rules! window_of_patient {
    ($order:literal) => {
        concat!(
            "SELECT patient_id, event_id, occurred_at, event_type, outcome, reason_code,
                actor_kind, acting_as_proxy, proxy_delegation_id, account_id, client_id,
                resource_type, resource_ids, resource_count, client_address, user_agent_class,
                request_id
            FROM access_events
            WHERE tenant_id = $1 AND patient_id = $2
                AND occurred_at >= COALESCE($3::timestamptz, '-infinity')
                AND occurred_at < COALESCE($4::timestamptz, 'infinity')
            ORDER BY ",
            $order,
            " LIMIT $5"
        )
    };
}
const NEWEST_OF_PATIENT: &str = window_of_patient!("occurred_at DESC, event_id DESC");
const OLDEST_OF_PATIENT: &str = window_of_patient!("occurred_at, event_id");

/// Whose events: values of `$1` to `$6` beside the filter.
struct About<'a> {
    tenant: &'a str,
    subject: String,
    filter: &'a AccessLogFilter,
}

impl PgAccessLog {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn load(
        &self,
        grant: &PatientGrant,
        filter: &AccessLogFilter,
    ) -> Result<AccessLogPage, QueryError> {
        let tenant = &grant.tenant().id;
        let (count, page, subject) = match grant.patient() {
            Some(patient) => (
                COUNT_OF_PATIENT,
                PAGE_OF_PATIENT,
                patient.id().as_str().to_owned(),
            ),
            None => (
                COUNT_OF_ACCOUNT,
                PAGE_OF_ACCOUNT,
                grant.account().id.to_string(),
            ),
        };
        let about = About {
            tenant: tenant.as_str(),
            subject,
            filter,
        };
        let mut transaction = self.database.begin(tenant).await?;
        let total = about.count(count).fetch_one(&mut *transaction).await?;
        let rows = about.page(page).fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(AccessLogPage {
            entries: rows
                .into_iter()
                .map(AccessLogEntry::try_from)
                .collect::<Result<_, _>>()?,
            total: u64::try_from(total).map_err(|_| QueryError::Corrupt)?,
        })
    }
}

impl PgAccessLog {
    async fn look(
        &self,
        grant: &PatientGrant,
        window: &LogWindow,
    ) -> Result<Vec<PatientEvent>, QueryError> {
        let Some(patient) = grant.patient() else {
            return Ok(Vec::new());
        };
        let sql = if window.oldest_first {
            OLDEST_OF_PATIENT
        } else {
            NEWEST_OF_PATIENT
        };
        let mut transaction = self.database.begin(&grant.tenant().id).await?;
        let rows = sqlx::query_as::<_, PatientEventRow>(sql)
            .bind(grant.tenant().id.as_str())
            .bind(patient.id().as_str())
            .bind(window.from.map(ToSqlx::to_sqlx))
            .bind(window.to.map(ToSqlx::to_sqlx))
            .bind(i64::try_from(window.limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *transaction)
            .await?;
        rows.into_iter().map(PatientEvent::try_from).collect()
    }
}

impl About<'_> {
    fn count(&self, sql: &'static str) -> QueryScalar<'static, Postgres, i64, PgArguments> {
        sqlx::query_scalar(sql)
            .bind(self.tenant.to_owned())
            .bind(self.subject.clone())
            .bind(self.filter.from.map(ToSqlx::to_sqlx))
            .bind(self.filter.to.map(ToSqlx::to_sqlx))
            .bind(self.filter.event_type.map(EventType::as_str))
            .bind(self.filter.actor.map(ActorKind::as_str))
    }

    fn page(&self, sql: &'static str) -> QueryAs<'static, Postgres, EntryRow, PgArguments> {
        sqlx::query_as(sql)
            .bind(self.tenant.to_owned())
            .bind(self.subject.clone())
            .bind(self.filter.from.map(ToSqlx::to_sqlx))
            .bind(self.filter.to.map(ToSqlx::to_sqlx))
            .bind(self.filter.event_type.map(EventType::as_str))
            .bind(self.filter.actor.map(ActorKind::as_str))
            .bind(i64::from(self.filter.limit))
            .bind(i64::from(self.filter.offset))
    }
}

#[derive(FromRow)]
pub(super) struct EntryRow {
    event_id: String,
    occurred_at: jiff_sqlx::Timestamp,
    event_type: String,
    outcome: String,
    reason_code: Option<String>,
    actor_kind: String,
    acting_as_proxy: bool,
    proxy_delegation_id: Option<String>,
    account_id: Option<String>,
    client_id: Option<String>,
    resource_type: Option<String>,
    resource_ids: Vec<String>,
    resource_count: i64,
    client_address: Option<String>,
    user_agent_class: String,
    request_id: String,
}

impl TryFrom<EntryRow> for AccessLogEntry {
    type Error = QueryError;

    fn try_from(row: EntryRow) -> Result<Self, QueryError> {
        Ok(Self {
            id: row.event_id,
            occurred_at: Timestamp::from(row.occurred_at),
            event_type: row.event_type,
            outcome: row.outcome,
            reason_code: row.reason_code,
            actor: AccessLogActor {
                kind: row.actor_kind,
                acting_as_proxy: row.acting_as_proxy,
                proxy_delegation_id: row.proxy_delegation_id,
                account_id: row.account_id,
                client_id: row.client_id,
            },
            resource_type: row.resource_type,
            resource_ids: row.resource_ids,
            resource_count: u32::try_from(row.resource_count).map_err(|_| QueryError::Corrupt)?,
            client_address: row.client_address,
            user_agent_class: row.user_agent_class,
            request_id: row.request_id,
        })
    }
}

#[derive(FromRow)]
struct PatientEventRow {
    patient_id: String,
    #[sqlx(flatten)]
    entry: EntryRow,
}

impl TryFrom<PatientEventRow> for PatientEvent {
    type Error = QueryError;

    fn try_from(row: PatientEventRow) -> Result<Self, QueryError> {
        Ok(Self {
            patient: PatientId::parse(&row.patient_id).map_err(|_| QueryError::Corrupt)?,
            entry: row.entry.try_into()?,
        })
    }
}

#[async_trait]
impl AccessLog for PgAccessLog {
    #[tracing::instrument(name = "db.access_events.page", skip_all, level = "debug")]
    async fn page(
        &self,
        grant: &PatientGrant,
        filter: &AccessLogFilter,
    ) -> Result<AccessLogPage, StoreError> {
        self.database.run(self.load(grant, filter)).await
    }

    #[tracing::instrument(name = "db.access_events.window", skip_all, level = "debug")]
    async fn window(
        &self,
        grant: &PatientGrant,
        window: &LogWindow,
    ) -> Result<Vec<PatientEvent>, StoreError> {
        self.database.run(self.look(grant, window)).await
    }
}

#[cfg(test)]
#[path = "access_log_tests.rs"]
mod tests;
