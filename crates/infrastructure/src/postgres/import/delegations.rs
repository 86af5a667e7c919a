//! Delegations from an operator.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use portal_domain::id::ProxyDelegationId;
use portal_domain::proxy_delegation::{DelegationRight, DelegationStatus};
use portal_domain::sensitivity::SensitivityCategory;
use sqlx::{FromRow, Postgres, Transaction};

use super::super::import_line::DelegationLine;
use super::{Import, ImportCode, ImportOutcome, LineError, tenant_exists};

/// Active delegations of one grantor.
const MAX_ACTIVE: i64 = 10;

type Open<'a> = Transaction<'a, Postgres>;

/// What an operator can change of a delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Terms {
    status: &'static str,
    relationship: &'static str,
    scope: Vec<&'static str>,
    sensitive: Vec<&'static str>,
    valid_from: Date,
    valid_to: Option<Date>,
    court_order: bool,
    document_reference: Option<String>,
}

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

#[derive(FromRow)]
struct DelegationRow {
    delegation_id: String,
    status: String,
    relationship_type: String,
    scope: Vec<String>,
    sensitive: Vec<String>,
    valid_from: jiff_sqlx::Date,
    valid_to: Option<jiff_sqlx::Date>,
    court_order: bool,
    document_reference: Option<String>,
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
    sqlx::query(
        "INSERT INTO proxy_delegations (tenant_id, delegation_id, grantor_patient_id,
            proxy_account_id, status, relationship_type, scope, sensitive, valid_from, valid_to,
            court_order, document_reference, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
    )
    .bind(line.tenant_id.as_str())
    .bind(id.to_string())
    .bind(line.grantor.as_str())
    .bind(proxy)
    .bind(terms.status)
    .bind(terms.relationship)
    .bind(terms.scope)
    .bind(terms.sensitive)
    .bind(terms.valid_from.to_sqlx())
    .bind(terms.valid_to.map(ToSqlx::to_sqlx))
    .bind(terms.court_order)
    .bind(terms.document_reference)
    .bind(now.to_sqlx())
    .execute(&mut **transaction)
    .await?;
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
    sqlx::query(
        "UPDATE proxy_delegations SET status = $3, relationship_type = $4, scope = $5,
            sensitive = $6, valid_from = $7, valid_to = $8, court_order = $9,
            document_reference = $10, updated_at = $11, version = version + 1
        WHERE tenant_id = $1 AND delegation_id = $2",
    )
    .bind(line.tenant_id.as_str())
    .bind(&row.delegation_id)
    .bind(terms.status)
    .bind(terms.relationship)
    .bind(terms.scope)
    .bind(terms.sensitive)
    .bind(terms.valid_from.to_sqlx())
    .bind(terms.valid_to.map(ToSqlx::to_sqlx))
    .bind(terms.court_order)
    .bind(terms.document_reference)
    .bind(now.to_sqlx())
    .execute(&mut **transaction)
    .await?;
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

impl Terms {
    fn of(line: &DelegationLine) -> Self {
        Self {
            status: line.status.as_str(),
            relationship: line.relationship.as_str(),
            scope: line.scope.iter().map(DelegationRight::as_str).collect(),
            sensitive: line
                .sensitive
                .iter()
                .map(SensitivityCategory::as_str)
                .collect(),
            valid_from: line.valid_from,
            valid_to: line.valid_to,
            court_order: line.court_order,
            document_reference: line.document_reference.clone(),
        }
    }

    /// Words are always stored in the order of the contract.
    fn are_of(&self, row: &DelegationRow) -> bool {
        self.status == row.status
            && self.relationship == row.relationship_type
            && self.scope == row.scope
            && self.sensitive == row.sensitive
            && self.valid_from == row.valid_from.to_jiff()
            && self.valid_to == row.valid_to.map(jiff_sqlx::Date::to_jiff)
            && self.court_order == row.court_order
            && self.document_reference == row.document_reference
    }
}
