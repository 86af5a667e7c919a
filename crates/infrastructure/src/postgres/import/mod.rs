//! `patient-portal import`: tenants, accounts, delegations and revocations from an operator, with
//! the owner's login.

mod accounts;
mod delegations;
mod revocations;
mod tenants;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use metrics::counter;
use portal_application::ports::{Clock, Ids};
use portal_domain::id::TenantId;
use serde::Serialize;
use sqlx::{Connection, PgConnection, Postgres, Transaction};

use crate::crypto::RevocationHashes;

use super::database::set_tenant;
use super::error::{QueryError, code, refuses_values};
use super::import_line::{ImportLine, LineFault};
use super::migrate::{MigrateError, connect_as_owner};

/// What a line did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImportOutcome {
    /// There is a row that was not there before.
    Created,
    /// The row was there and differed; its version has risen.
    Updated,
    /// The row was there as the line has it.
    Unchanged,
}

/// Why a line that reads well was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImportCode {
    /// The line cannot be read; the faults say where.
    LineInvalid,
    /// No such tenant.
    TenantUnknown,
    /// Patient and identity belong to different accounts, or to one of another kind.
    AccountConflict,
    /// No such account, or it is closed: it can neither be closed nor act for somebody.
    AccountUnknown,
    /// Active needs issuer and subject.
    IdentityRequired,
    /// The account is not in a state from which it can come into the wanted one.
    TransitionNotAllowed,
    /// The proxy's own record is the one that would be opened.
    DelegationToOneself,
    /// The grantor has as many active delegations as there may be.
    DelegationLimit,
    /// Only a delegation that exists can be ended.
    DelegationUnknown,
    /// Revocations are written under the key ring: set `KEY_RING`.
    KeyRingRequired,
    /// The line contradicts what is stored, as another import was quicker.
    Conflict,
    /// The database did not do it; the line may be tried again.
    StoreUnavailable,
}

/// The answer to one line, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ImportResult {
    /// Done.
    Done {
        /// The kind of the line.
        kind: &'static str,
        /// What it did.
        outcome: ImportOutcome,
    },
    /// Not done, and nothing changed.
    Failed {
        /// Why.
        code: ImportCode,
        /// What is wrong with the line, place by place.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        faults: Vec<LineFault>,
    },
}

impl ImportResult {
    /// Whether the line was done.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

enum LineError {
    Refused(ImportCode),
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for LineError {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<QueryError> for LineError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Sql(error) => Self::Sql(error),
            QueryError::Corrupt => Self::Refused(ImportCode::StoreUnavailable),
        }
    }
}

/// Imports lines one by one, each in a transaction of its own. A line that is done twice changes
/// nothing the second time.
pub struct Import {
    connection: PgConnection,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    revocations: Option<RevocationHashes>,
}

impl Import {
    /// Connects as the owner.
    pub async fn connect(
        owner_url: &str,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, MigrateError> {
        let connection = connect_as_owner(owner_url).await?;
        Ok(Self {
            connection,
            clock,
            ids,
            revocations: None,
        })
    }

    /// With the hashes that lines of revocations are written under.
    #[must_use]
    pub fn with_revocations(mut self, hashes: RevocationHashes) -> Self {
        self.revocations = Some(hashes);
        self
    }

    /// Does one line of NDJSON.
    pub async fn line(&mut self, text: &str) -> ImportResult {
        let result = match ImportLine::parse(text) {
            Ok(line) => self.apply(&line).await,
            Err(faults) => ImportResult::Failed {
                code: ImportCode::LineInvalid,
                faults,
            },
        };
        match &result {
            ImportResult::Done { kind, outcome } => {
                tracing::info!(kind, outcome = ?outcome, "import.line");
            }
            ImportResult::Failed { code, .. } => tracing::warn!(code = ?code, "import.line"),
        }
        let outcome = if result.is_done() { "done" } else { "failed" };
        counter!("portal_import_lines_total", "outcome" => outcome).increment(1);
        result
    }

    async fn apply(&mut self, line: &ImportLine) -> ImportResult {
        let done = match line {
            ImportLine::Tenant(tenant) => self.tenant(tenant).await,
            ImportLine::Account(account) => self.account(account).await,
            ImportLine::Delegation(delegation) => self.delegation(delegation).await,
            ImportLine::Revocation(revocation) => self.revocation(revocation).await,
        };
        match done {
            Ok(outcome) => ImportResult::Done {
                kind: line.kind(),
                outcome,
            },
            Err(error) => ImportResult::Failed {
                code: failure(line, &error),
                faults: Vec::new(),
            },
        }
    }

    async fn begin(&mut self, tenant: &TenantId) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
        let mut transaction = self.connection.begin().await?;
        set_tenant(&mut transaction, tenant).await?;
        sqlx::query("SET LOCAL lock_timeout = '2s'")
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }
}

async fn tenant_exists(
    transaction: &mut Transaction<'_, Postgres>,
    tenant: &TenantId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = $1)")
        .bind(tenant.as_str())
        .fetch_one(&mut **transaction)
        .await
}

fn failure(line: &ImportLine, error: &LineError) -> ImportCode {
    match error {
        LineError::Refused(code) => *code,
        // Another import was quicker: the rules of the tables hold.
        LineError::Sql(error) if refuses_values(error) => match line {
            ImportLine::Account(_) => ImportCode::AccountConflict,
            ImportLine::Tenant(_) | ImportLine::Delegation(_) | ImportLine::Revocation(_) => {
                ImportCode::Conflict
            }
        },
        LineError::Sql(error) => {
            tracing::warn!(code = %code(error), "import.failed");
            ImportCode::StoreUnavailable
        }
    }
}
