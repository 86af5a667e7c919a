//! `patient-portal migrate`: brings the schema up to date and makes partitions ahead.

use jiff::Timestamp;
use sqlx::migrate::Migrator;
use sqlx::{ConnectOptions, PgConnection};

use super::database::{DatabaseUrlInvalid, connect_options};
use super::error::code;
use super::partitions::{self, DEFAULT_RETENTION_YEARS};

pub(super) static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// Why the schema was not brought up to date. Holds codes, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// The address cannot be read.
    #[error("DATABASE_OWNER_URL: {0}")]
    Url(#[from] DatabaseUrlInvalid),
    /// The database refused or did not answer. The code is its SQLSTATE, or a kind.
    #[error("{step} failed ({code})")]
    Failed {
        /// What was being done.
        step: &'static str,
        /// SQLSTATE (PostgreSQL, appendix A) or a kind such as `io`.
        code: String,
        /// What our own migrations say about it, such as which logins are missing.
        detail: String,
    },
    /// A migration that was applied is not the one that this program has.
    #[error("migration {0} was changed after it was applied")]
    Changed(i64),
}

impl MigrateError {
    pub(super) fn failed(step: &'static str, error: &sqlx::Error) -> Self {
        Self::Failed {
            step,
            code: code(error),
            detail: raised(error),
        }
    }
}

/// The text of `RAISE EXCEPTION` in our own migrations (SQLSTATE P0001), which names objects of
/// the schema only; nothing of any other error.
fn raised(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) if database.code().as_deref() == Some("P0001") => {
            database.message().to_owned()
        }
        _ => String::new(),
    }
}

/// What `migrate` found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrateReport {
    /// How many migrations were applied now.
    pub migrations: usize,
    /// How many partitions were made now.
    pub partitions: usize,
}

/// Applies what is missing, with the owner's login and outside any transaction pooler, and makes
/// the partitions of the access journal for the month of `now` and the three after it. Safe to
/// run again and at the same time as another.
pub async fn migrate(owner_url: &str, now: Timestamp) -> Result<MigrateReport, MigrateError> {
    let mut connection = connect_as_owner(owner_url).await?;
    let before = applied(&mut connection).await?;
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    migrator
        .run(&mut connection)
        .await
        .map_err(|error| migration_error(&error))?;
    let migrations = applied(&mut connection).await?.saturating_sub(before);
    let partitions = partitions::ensure(&mut connection, &[DEFAULT_RETENTION_YEARS], now).await?;
    tracing::info!(migrations, partitions, "schema.migrated");
    Ok(MigrateReport {
        migrations,
        partitions,
    })
}

/// A connection of the owner. How long it waits for locks is set where it takes them.
pub(super) async fn connect_as_owner(owner_url: &str) -> Result<PgConnection, MigrateError> {
    connect_options(owner_url)?
        .connect()
        .await
        .map_err(|error| MigrateError::failed("connecting", &error))
}

async fn applied(connection: &mut PgConnection) -> Result<usize, MigrateError> {
    let failed = |error| MigrateError::failed("reading the schema's version", &error);
    let there: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if !there {
        return Ok(0);
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    Ok(usize::try_from(count).unwrap_or_default())
}

fn migration_error(error: &sqlx::migrate::MigrateError) -> MigrateError {
    use sqlx::migrate::MigrateError as Sqlx;
    match error {
        Sqlx::VersionMismatch(version) => MigrateError::Changed(*version),
        Sqlx::Execute(error) | Sqlx::ExecuteMigration(error, _) => {
            MigrateError::failed("migrating", error)
        }
        _ => MigrateError::Failed {
            step: "migrating",
            code: "other".to_owned(),
            detail: String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_database::{TestDatabase, now};
    use super::*;

    #[tokio::test]
    async fn migrating_again_finds_nothing_to_do() {
        let own = TestDatabase::fresh().await;
        let again = migrate(own.owner_url(), now()).await.unwrap();
        assert_eq!(
            again,
            MigrateReport {
                migrations: 0,
                partitions: 0
            }
        );
        let later = now() + jiff::SignedDuration::from_hours(31 * 24);
        let ahead = migrate(own.owner_url(), later).await.unwrap();
        assert_eq!(
            ahead,
            MigrateReport {
                migrations: 0,
                partitions: 1
            }
        );
        own.drop_now().await;
    }

    #[tokio::test]
    async fn two_at_once_do_not_disturb_each_other() {
        let own = TestDatabase::fresh().await;
        let later = now() + jiff::SignedDuration::from_hours(365 * 24);
        let (one, other) = tokio::join!(
            migrate(own.owner_url(), later),
            migrate(own.owner_url(), later)
        );
        assert_eq!(one.unwrap().partitions + other.unwrap().partitions, 4);
        own.drop_now().await;
    }
}
