//! What waits for the identity provider, between the change that asks for it and its answer.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use portal_application::ports::{DueProviderTask, ProviderTask, ProviderTasks, StoreError};
use portal_domain::id::{ClientId, Issuer, PatientId, Subject, TenantId};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{FromRow, PgConnection, Postgres};

use super::database::Database;
use super::error::QueryError;
use super::revocations::lower;
use crate::crypto::RevocationHashes;

/// How long a claim holds a task back, of this version and of newer ones: longer than all calls of
/// one claim together may take.
const HELD_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Tasks of one claim, which are done at once.
const CLAIM: i64 = 10;

/// Waiting tasks, with the worker's login.
#[derive(Debug)]
pub struct PgProviderTasks {
    database: Database,
    revocations: RevocationHashes,
}

#[derive(FromRow)]
struct TaskRow {
    tenant_id: String,
    issuer: String,
    subject: String,
    kind: String,
    client_id: String,
    patient_id: Option<String>,
    attempts: i32,
    expires_at: Option<jiff_sqlx::Timestamp>,
    version: i64,
    held_until: jiff_sqlx::Timestamp,
}

impl TryFrom<TaskRow> for DueProviderTask {
    type Error = QueryError;

    fn try_from(row: TaskRow) -> Result<Self, QueryError> {
        let corrupt = |_| QueryError::Corrupt;
        let patient = row.patient_id.as_deref().map(PatientId::parse).transpose();
        let task = match row.kind.as_str() {
            "link_patient" => ProviderTask::LinkPatient(patient.map_err(corrupt)?),
            "end_sessions" => ProviderTask::EndSessions,
            "revoke_consent" => {
                ProviderTask::RevokeConsent(ClientId::parse(&row.client_id).map_err(corrupt)?)
            }
            _ => return Err(QueryError::Corrupt),
        };
        Ok(Self {
            tenant: TenantId::parse(&row.tenant_id).map_err(corrupt)?,
            identity: (
                Issuer::parse(&row.issuer).map_err(corrupt)?,
                Subject::parse(&row.subject).map_err(corrupt)?,
            ),
            task,
            attempts: u32::try_from(row.attempts).unwrap_or(1).saturating_sub(1),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            version: row.version,
            held_until: row.held_until.to_jiff(),
        })
    }
}

impl PgProviderTasks {
    /// Over the database as [`super::Login::Worker`] sees it.
    pub const fn new(database: Database, revocations: RevocationHashes) -> Self {
        Self {
            database,
            revocations,
        }
    }

    async fn claim_due(&self, now: Timestamp) -> Result<Vec<TaskRow>, QueryError> {
        let claimed = sqlx::query_as(
            "UPDATE provider_tasks t SET held_until = $2, attempts = t.attempts + 1
            FROM (SELECT tenant_id, issuer, subject, kind, client_id FROM provider_tasks
                WHERE next_try_at <= $1 AND held_until <= $1
                ORDER BY next_try_at LIMIT $3 FOR UPDATE SKIP LOCKED) due
            WHERE t.tenant_id = due.tenant_id AND t.issuer = due.issuer
                AND t.subject = due.subject AND t.kind = due.kind AND t.client_id = due.client_id
            RETURNING t.tenant_id, t.issuer, t.subject, t.kind, t.client_id, t.patient_id,
                t.attempts, t.expires_at, t.version, t.held_until",
        )
        .bind(now.to_sqlx())
        .bind((now + HELD_FOR).to_sqlx())
        .bind(CLAIM);
        Ok(claimed.fetch_all(self.database.pool()).await?)
    }

    // The task before the entry, in the order in which a change writes them.
    async fn end(&self, due: &DueProviderTask, now: Timestamp) -> Result<(), QueryError> {
        let mut transaction = self.database.begin(&due.tenant).await?;
        let removed = remove(&mut transaction, due).await?;
        if !removed {
            release(&mut transaction, due, now).await?;
        } else if let Some(client) = due.task.client() {
            let (issuer, subject) = &due.identity;
            let hashes = &self.revocations;
            let key = hashes.of_subject_and_client(issuer, subject, client);
            lower(&mut transaction, &due.tenant, key, now).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn put_off(&self, due: &DueProviderTask, until: Timestamp) -> Result<(), QueryError> {
        let mut transaction = self.database.begin(&due.tenant).await?;
        release(&mut transaction, due, until).await?;
        Ok(transaction.commit().await?)
    }
}

/// A statement about the place of a task, from `$1` to `$5`.
fn of_place<'a>(sql: &'static str, due: &'a DueProviderTask) -> Query<'a, Postgres, PgArguments> {
    let (issuer, subject) = &due.identity;
    sqlx::query(sql)
        .bind(due.tenant.as_str())
        .bind(issuer.as_str())
        .bind(subject.as_str())
        .bind(due.task.kind())
        .bind(due.task.client().map_or("", ClientId::as_str))
}

/// Removes a task unless a newer one took its place.
async fn remove(connection: &mut PgConnection, due: &DueProviderTask) -> Result<bool, sqlx::Error> {
    let sql = "DELETE FROM provider_tasks
        WHERE tenant_id = $1 AND issuer = $2 AND subject = $3 AND kind = $4 AND client_id = $5
            AND version = $6";
    let removed = of_place(sql, due).bind(due.version).execute(connection);
    Ok(removed.await?.rows_affected() == 1)
}

/// Gives the place of a task free: until a time for the task itself, at once for a newer one. A
/// place that another pod holds by now stays held.
async fn release(
    connection: &mut PgConnection,
    due: &DueProviderTask,
    until: Timestamp,
) -> Result<(), sqlx::Error> {
    let sql = "UPDATE provider_tasks SET held_until = '-infinity',
            next_try_at = CASE WHEN version = $7 THEN $8 ELSE next_try_at END
        WHERE tenant_id = $1 AND issuer = $2 AND subject = $3 AND kind = $4 AND client_id = $5
            AND held_until = $6";
    of_place(sql, due)
        .bind(due.held_until.to_sqlx())
        .bind(due.version)
        .bind(until.to_sqlx())
        .execute(connection)
        .await?;
    Ok(())
}

#[async_trait]
impl ProviderTasks for PgProviderTasks {
    #[tracing::instrument(name = "db.provider_tasks.claim", skip_all, level = "debug")]
    async fn claim(&self, now: Timestamp) -> Result<Vec<DueProviderTask>, StoreError> {
        let rows = self.database.run(self.claim_due(now)).await?;
        // One that breaks a rule of the domain waits to be looked at; the others are done.
        let known = rows.into_iter().filter_map(|row| row.try_into().ok());
        Ok(known.collect())
    }

    async fn done(&self, due: &DueProviderTask, now: Timestamp) -> Result<(), StoreError> {
        self.database.run(self.end(due, now)).await
    }

    async fn postpone(&self, due: &DueProviderTask, until: Timestamp) -> Result<(), StoreError> {
        self.database.run(self.put_off(due, until)).await
    }
}
