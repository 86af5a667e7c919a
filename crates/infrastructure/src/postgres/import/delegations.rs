//! Delegations from an operator.

mod terms;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_domain::id::ProxyDelegationId;
use portal_domain::proxy_delegation::DelegationStatus;
use sqlx::{Postgres, Transaction};

use super::super::import_line::DelegationLine;
use super::{Import, ImportCode, ImportOutcome, LineError, tenant_exists};
use terms::{DelegationRow, Terms};

/// Active delegations of one grantor.
const MAX_ACTIVE: i64 = 10;

type Open<'a> = Transaction<'a, Postgres>;

impl Import {
    /// Makes the delegation what the line says: the open one of the grantor and the proxy's
    /// account. A line that ends one leaves what it opened as it is, for the record.
    pub(super) async fn delegation(
        &mut self,
        line: &DelegationLine,
    ) -> Result<ImportOutcome, LineError> {
        let now = self.clock.now();
        let new_id = ProxyDelegationId::new(self.ids.ulid(now));
        let mut transaction = self.begin(&line.tenant_id).await?;
        if !tenant_exists(&mut transaction, &line.tenant_id).await? {
            return Err(LineError::Refused(ImportCode::TenantUnknown));
        }
        lock_grantor(&mut transaction, line).await?;
        let proxy = proxy_account(&mut transaction, line).await?;
        let found = open_delegation(&mut transaction, line, &proxy).await?;
        let ends = line.status != DelegationStatus::Active;
        let outcome = match found {
            None if ends => ended_already(&mut transaction, line, &proxy).await?,
            None => create(&mut transaction, line, &proxy, new_id, now).await?,
            Some(row) if ends => end(&mut transaction, line, &row, now).await?,
            Some(row) => update(&mut transaction, line, &row, now).await?,
        };
        transaction.commit().await?;
        Ok(outcome)
    }
}

/// One change of a grantor's delegations at a time, so that they can be counted. Only a statement
/// that starts after the lock is held sees what its previous holder committed.
async fn lock_grantor(transaction: &mut Open<'_>, line: &DelegationLine) -> Result<(), LineError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!(
            "proxy_delegations/{}/{}",
            line.tenant_id,
            line.grantor.as_str()
        ))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// The account of who may act.
async fn proxy_account(
    transaction: &mut Open<'_>,
    line: &DelegationLine,
) -> Result<String, LineError> {
    let (issuer, subject) = &line.proxy;
    let found: Option<(String, Option<String>)> = sqlx::query_as(
        "SELECT account_id, patient_id FROM portal_accounts
        WHERE tenant_id = $1 AND issuer = $2 AND subject = $3 AND status <> 'closed'
        FOR SHARE",
    )
    .bind(line.tenant_id.as_str())
    .bind(issuer.as_str())
    .bind(subject.as_str())
    .fetch_optional(&mut **transaction)
    .await?;
    match found {
        None => Err(LineError::Refused(ImportCode::AccountUnknown)),
        Some((_, Some(patient))) if patient == line.grantor.as_str() => {
            Err(LineError::Refused(ImportCode::DelegationToOneself))
        }
        Some((account, _)) => Ok(account),
    }
}

async fn open_delegation(
    transaction: &mut Open<'_>,
    line: &DelegationLine,
    proxy: &str,
) -> Result<Option<DelegationRow>, LineError> {
    let asked = sqlx::query_as(
        "SELECT delegation_id, status, relationship_type, scope, sensitive, valid_from, valid_to,
            court_order, document_reference
        FROM proxy_delegations
        WHERE tenant_id = $1 AND grantor_patient_id = $2 AND proxy_account_id = $3
            AND status IN ('accepted', 'active')
        FOR UPDATE",
    )
    .bind(line.tenant_id.as_str())
    .bind(line.grantor.as_str())
    .bind(proxy);
    Ok(asked.fetch_optional(&mut **transaction).await?)
}

/// A line that ends a delegation is done when one was ended before.
async fn ended_already(
    transaction: &mut Open<'_>,
    line: &DelegationLine,
    proxy: &str,
) -> Result<ImportOutcome, LineError> {
    let ended: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM proxy_delegations
            WHERE tenant_id = $1 AND grantor_patient_id = $2 AND proxy_account_id = $3
                AND status IN ('revoked', 'expired'))",
    )
    .bind(line.tenant_id.as_str())
    .bind(line.grantor.as_str())
    .bind(proxy)
    .fetch_one(&mut **transaction)
    .await?;
    if ended {
        Ok(ImportOutcome::Unchanged)
    } else {
        Err(LineError::Refused(ImportCode::DelegationUnknown))
    }
}

async fn check_limit(transaction: &mut Open<'_>, line: &DelegationLine) -> Result<(), LineError> {
    let active: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM proxy_delegations
        WHERE tenant_id = $1 AND grantor_patient_id = $2 AND status = 'active'",
    )
    .bind(line.tenant_id.as_str())
    .bind(line.grantor.as_str())
    .fetch_one(&mut **transaction)
    .await?;
    if active < MAX_ACTIVE {
        Ok(())
    } else {
        Err(LineError::Refused(ImportCode::DelegationLimit))
    }
}

async fn create(
    transaction: &mut Open<'_>,
    line: &DelegationLine,
    proxy: &str,
    id: ProxyDelegationId,
    now: Timestamp,
) -> Result<ImportOutcome, LineError> {
    check_limit(transaction, line).await?;
    let terms = Terms::of(line);
    terms.insert(transaction, line, id, proxy, now).await?;
    Ok(ImportOutcome::Created)
}

async fn update(
    transaction: &mut Open<'_>,
    line: &DelegationLine,
    row: &DelegationRow,
    now: Timestamp,
) -> Result<ImportOutcome, LineError> {
    let terms = Terms::of(line);
    if terms.are_of(row) {
        return Ok(ImportOutcome::Unchanged);
    }
    if row.status != terms.status {
        check_limit(transaction, line).await?;
    }
    terms.update(transaction, line, row, now).await?;
    Ok(ImportOutcome::Updated)
}

async fn end(
    transaction: &mut Open<'_>,
    line: &DelegationLine,
    row: &DelegationRow,
    now: Timestamp,
) -> Result<ImportOutcome, LineError> {
    sqlx::query(
        "UPDATE proxy_delegations SET status = $3, updated_at = $4, version = version + 1
        WHERE tenant_id = $1 AND delegation_id = $2",
    )
    .bind(line.tenant_id.as_str())
    .bind(&row.delegation_id)
    .bind(line.status.as_str())
    .bind(now.to_sqlx())
    .execute(&mut **transaction)
    .await?;
    Ok(ImportOutcome::Updated)
}
