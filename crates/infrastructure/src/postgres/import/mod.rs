//! `patient-portal import`: tenants and accounts from an operator, with the owner's login.

mod accounts;
mod tenants;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use metrics::counter;
use portal_application::ports::{Clock, Ids};
use portal_domain::id::TenantId;
use serde::Serialize;
use sqlx::{Connection, PgConnection, Postgres, Transaction};

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
    /// Only an account that exists can be closed.
    AccountUnknown,
    /// Active needs issuer and subject.
    IdentityRequired,
    /// The account is not in a state from which it can come into the wanted one.
    TransitionNotAllowed,
    /// The database did not do it; the line may be tried again.
    StoreUnavailable,
}

/// The answer to one line, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ImportResult {
    /// Done.
    Done {
        /// `tenant` or `account`.
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
        })
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
        };
        match done {
            Ok(outcome) => ImportResult::Done {
                kind: line.kind(),
                outcome,
            },
            Err(error) => ImportResult::Failed {
                code: failure(&error),
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

fn failure(error: &LineError) -> ImportCode {
    match error {
        LineError::Refused(code) => *code,
        // Another import was quicker: the rules of the tables hold.
        LineError::Sql(error) if refuses_values(error) => ImportCode::AccountConflict,
        LineError::Sql(error) => {
            tracing::warn!(code = %code(error), "import.failed");
            ImportCode::StoreUnavailable
        }
    }
}
