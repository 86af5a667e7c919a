//! Accounts from an operator.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_domain::account::{AccountKind, AccountStatus};
use portal_domain::id::{Issuer, PatientId, PortalAccountId, Subject};
use sqlx::{FromRow, Postgres, Transaction};

use super::super::error::QueryError;
use super::super::import_line::AccountLine;
use super::{Import, ImportCode, ImportOutcome, LineError, tenant_exists};

#[derive(FromRow, Clone, PartialEq, Eq)]
struct AccountRow {
    account_id: String,
    kind: String,
    status: String,
    patient_id: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    preferred_language: Option<String>,
}

impl Import {
    /// Makes the account what the line says. The account is the open one of the patient, or of
    /// the identity; when these are two, the line is refused.
    pub(super) async fn account(&mut self, line: &AccountLine) -> Result<ImportOutcome, LineError> {
        let now = self.clock.now();
        let new_id = PortalAccountId::new(self.ids.ulid(now));
        let mut transaction = self.begin(&line.tenant_id).await?;
        if !tenant_exists(&mut transaction, &line.tenant_id).await? {
            return Err(LineError::Refused(ImportCode::TenantUnknown));
        }
        let found = open_accounts(&mut transaction, line).await?;
        let outcome = match found.as_slice() {
            [] if line.status == Some(AccountStatus::Closed) => {
                closed_already(&mut transaction, line).await?
            }
            [] => create(&mut transaction, line, new_id, now).await?,
            [row] => update(&mut transaction, line, row, now).await?,
            _ => return Err(LineError::Refused(ImportCode::AccountConflict)),
        };
        transaction.commit().await?;
        Ok(outcome)
    }
}

type Open<'a> = Transaction<'a, Postgres>;

async fn open_accounts(
    transaction: &mut Open<'_>,
    line: &AccountLine,
) -> Result<Vec<AccountRow>, LineError> {
    let (issuer, subject) = identity(line);
    let asked = sqlx::query_as(
        "SELECT account_id, kind, status, patient_id, issuer, subject, preferred_language
        FROM portal_accounts
        WHERE tenant_id = $1 AND status <> 'closed'
            AND (patient_id = $2 OR (issuer = $3 AND subject = $4))
        FOR UPDATE",
    )
    .bind(line.tenant_id.as_str())
    .bind(line.patient_id.as_ref().map(PatientId::as_str))
    .bind(issuer)
    .bind(subject);
    Ok(asked.fetch_all(&mut **transaction).await?)
}

/// A line that closes is done when the patient's account was closed before.
async fn closed_already(
    transaction: &mut Open<'_>,
    line: &AccountLine,
) -> Result<ImportOutcome, LineError> {
    let closed: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM portal_accounts
            WHERE tenant_id = $1 AND patient_id = $2 AND status = 'closed')",
    )
    .bind(line.tenant_id.as_str())
    .bind(line.patient_id.as_ref().map(PatientId::as_str))
    .fetch_one(&mut **transaction)
    .await?;
    if closed {
        Ok(ImportOutcome::Unchanged)
    } else {
        Err(LineError::Refused(ImportCode::AccountUnknown))
    }
}

async fn create(
    transaction: &mut Open<'_>,
    line: &AccountLine,
    id: PortalAccountId,
    now: Timestamp,
) -> Result<ImportOutcome, LineError> {
    let (issuer, subject) = identity(line);
    let default = match line.identity {
        Some(_) => AccountStatus::Active,
        None => AccountStatus::PendingVerification,
    };
    let status = line.status.unwrap_or(default);
    if status == AccountStatus::Active && line.identity.is_none() {
        return Err(LineError::Refused(ImportCode::IdentityRequired));
    }
    sqlx::query(
        "INSERT INTO portal_accounts (tenant_id, account_id, kind, status, patient_id, issuer,
            subject, preferred_language, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(line.tenant_id.as_str())
    .bind(id.to_string())
    .bind(line.kind.as_str())
    .bind(status.as_str())
    .bind(line.patient_id.as_ref().map(PatientId::as_str))
    .bind(issuer)
    .bind(subject)
    .bind(line.preferred_language.as_deref())
    .bind(now.to_sqlx())
    .execute(&mut **transaction)
    .await?;
    Ok(ImportOutcome::Created)
}

async fn update(
    transaction: &mut Open<'_>,
    line: &AccountLine,
    row: &AccountRow,
    now: Timestamp,
) -> Result<ImportOutcome, LineError> {
    let wanted = changed(line, row)?;
    if wanted == *row {
        return Ok(ImportOutcome::Unchanged);
    }
    sqlx::query(
        "UPDATE portal_accounts SET status = $3, issuer = $4, subject = $5,
            preferred_language = $6, updated_at = $7, version = version + 1
        WHERE tenant_id = $1 AND account_id = $2",
    )
    .bind(line.tenant_id.as_str())
    .bind(&wanted.account_id)
    .bind(&wanted.status)
    .bind(&wanted.issuer)
    .bind(&wanted.subject)
    .bind(&wanted.preferred_language)
    .bind(now.to_sqlx())
    .execute(&mut **transaction)
    .await?;
    Ok(ImportOutcome::Updated)
}

/// The row as the line wants it.
fn changed(line: &AccountLine, row: &AccountRow) -> Result<AccountRow, LineError> {
    let same_patient = row.patient_id.as_deref() == line.patient_id.as_ref().map(PatientId::as_str);
    if AccountKind::parse(&row.kind) != Some(line.kind) || !same_patient {
        return Err(LineError::Refused(ImportCode::AccountConflict));
    }
    let mut wanted = row.clone();
    if let (Some(issuer), Some(subject)) = identity(line) {
        wanted.issuer = Some(issuer.to_owned());
        wanted.subject = Some(subject.to_owned());
    }
    if let Some(language) = &line.preferred_language {
        wanted.preferred_language = Some(language.clone());
    }
    let from = AccountStatus::parse(&row.status).ok_or(QueryError::Corrupt)?;
    let bound_now = from == AccountStatus::PendingVerification && line.identity.is_some();
    let default = if bound_now {
        AccountStatus::Active
    } else {
        from
    };
    let to = line.status.unwrap_or(default);
    check_transition(from, to)?;
    if to == AccountStatus::Active && wanted.subject.is_none() {
        return Err(LineError::Refused(ImportCode::IdentityRequired));
    }
    if to == AccountStatus::Closed {
        wanted.issuer = None;
        wanted.subject = None;
        wanted.preferred_language = None;
    }
    to.as_str().clone_into(&mut wanted.status);
    Ok(wanted)
}

/// `pending_verification → active ⇄ suspended → closed`; each may also be closed at once.
fn check_transition(from: AccountStatus, to: AccountStatus) -> Result<(), LineError> {
    use AccountStatus::{Active, Closed, PendingVerification, Suspended};
    match (from, to) {
        (PendingVerification, PendingVerification | Active | Closed)
        | (Active | Suspended, Active | Suspended | Closed) => Ok(()),
        (PendingVerification, Suspended)
        | (Active | Suspended, PendingVerification)
        | (Closed, PendingVerification | Active | Suspended | Closed) => {
            Err(LineError::Refused(ImportCode::TransitionNotAllowed))
        }
    }
}

fn identity(line: &AccountLine) -> (Option<&str>, Option<&str>) {
    let issuer = line
        .identity
        .as_ref()
        .map(|(issuer, _)| Issuer::as_str(issuer));
    (
        issuer,
        line.identity
            .as_ref()
            .map(|(_, subject)| Subject::as_str(subject)),
    )
}
