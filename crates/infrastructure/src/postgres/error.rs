//! What goes wrong with a query, without a word of what the database said about the rows.

use portal_application::ports::StoreError;

/// SQLSTATE `unique_violation`.
pub(super) const UNIQUE_VIOLATION: &str = "23505";

/// Why a query gave nothing.
#[derive(Debug)]
pub(super) enum QueryError {
    /// The database did not do it.
    Sql(sqlx::Error),
    /// A row breaks a rule of the domain.
    Corrupt,
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::TypeNotFound { .. } => Self::Corrupt,
            other => Self::Sql(other),
        }
    }
}

/// The SQLSTATE of an error, or its kind. Neither holds input.
pub(super) fn code(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database
            .code()
            .map_or_else(|| "unknown".to_owned(), std::borrow::Cow::into_owned),
        sqlx::Error::PoolTimedOut => "pool-timed-out".to_owned(),
        sqlx::Error::PoolClosed => "pool-closed".to_owned(),
        sqlx::Error::Io(_) => "io".to_owned(),
        sqlx::Error::Tls(_) => "tls".to_owned(),
        _ => "other".to_owned(),
    }
}

/// Whether the database refused the values themselves (SQLSTATE classes 22, data exception, and
/// 23, integrity constraint violation), so that trying again is of no use.
pub(super) fn refuses_values(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_)) && {
        let code = code(error);
        code.starts_with("22") || code.starts_with("23")
    }
}

/// Logs what happened and says only that the store is not there.
pub(super) fn unavailable(login: &'static str, code: &str) -> StoreError {
    tracing::warn!(login, code, "postgres.failed");
    metrics::counter!("portal_postgres_failures_total", "login" => login).increment(1);
    StoreError::Unavailable
}
