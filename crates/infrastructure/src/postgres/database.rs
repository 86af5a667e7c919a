//! Connections, one set for each login.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use portal_application::ports::{Component, StoreError};
use portal_domain::id::TenantId;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, PgConnection, PgPool, Postgres, Transaction};
use tokio::time::timeout;

use super::breaker::Breaker;
use super::error::{QueryError, code, unavailable};

const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(200);
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);
/// A connection that was idle for longer is tried before it is used. Others are not, so that a
/// busy pod pays no round trip for it; after an outage, while the breaker is open, all become old.
const TRUSTED: Duration = Duration::from_millis(500);

/// A login of the service. What each may do stands in the first migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// Requests, one tenant a transaction.
    App,
    /// Inserts access events.
    Journal,
    /// Relay and sweeps.
    Worker,
}

impl Login {
    /// The role that the login is or belongs to.
    pub const fn role(self) -> &'static str {
        match self {
            Self::App => "portal_app",
            Self::Journal => "portal_journal",
            Self::Worker => "portal_worker",
        }
    }

    /// The setting that holds its address.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::App => "DATABASE_URL",
            Self::Journal => "DATABASE_JOURNAL_URL",
            Self::Worker => "DATABASE_WORKER_URL",
        }
    }

    const fn connections(self) -> u32 {
        match self {
            Self::App => 10,
            // Beside the one that the journal's writer holds.
            Self::Journal => 1,
            // The two relays, and who looks meanwhile.
            Self::Worker => 3,
        }
    }

    const fn statement_timeout(self) -> &'static str {
        match self {
            Self::App | Self::Journal => "1s",
            Self::Worker => "30s",
        }
    }

    /// How long this side waits: a server that stands still does not end its own statements.
    const fn patience(self) -> Duration {
        match self {
            Self::App | Self::Journal => Duration::from_millis(1_200),
            Self::Worker => Duration::from_secs(31),
        }
    }
}

/// The text is not the address of a PostgreSQL database. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected postgres://login:password@host:port/database")]
pub struct DatabaseUrlInvalid;

/// The database as one login sees it. Cheap to clone; clones share connections and breaker.
///
/// The timeouts of statements are connection options. A pooler in front of PostgreSQL passes them
/// on or has to ignore them (pgbouncer: `ignore_startup_parameters = options`); in the second case
/// they are set on the logins (`ALTER ROLE … SET statement_timeout`).
#[derive(Debug, Clone)]
pub struct Database {
    login: Login,
    pool: PgPool,
    patience: Duration,
    breaker: Arc<Breaker>,
}

impl Database {
    /// Keeps the address. Connects with the first query, so that a start does not wait. Runs
    /// inside the runtime.
    pub fn new(login: Login, url: &str) -> Result<Self, DatabaseUrlInvalid> {
        Self::with_slack(login, url, 1)
    }

    /// Waits so many times longer than [`Database::new`] for a connection and for a piece of work.
    pub fn with_slack(login: Login, url: &str, slack: u32) -> Result<Self, DatabaseUrlInvalid> {
        Self::with_patience(
            login,
            url,
            ACQUIRE_TIMEOUT * slack,
            login.patience() * slack,
        )
    }

    /// With other waits for a connection and for a piece of work.
    pub(super) fn with_patience(
        login: Login,
        url: &str,
        acquire: Duration,
        patience: Duration,
    ) -> Result<Self, DatabaseUrlInvalid> {
        let options = connect_options(url)?.options([
            ("statement_timeout", login.statement_timeout()),
            ("idle_in_transaction_session_timeout", "5s"),
            // Receipts and the relay's bounds promise durability, whatever the server's default.
            ("synchronous_commit", "on"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(login.connections())
            .acquire_timeout(acquire)
            .idle_timeout(IDLE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self {
            login,
            pool,
            patience,
            breaker: Arc::new(Breaker::new()),
        })
    }

    /// Whether the database answers, for health.
    pub async fn component(&self) -> Component {
        let asked = self.run(async {
            sqlx::query("SELECT 1").execute(&self.pool).await?;
            Ok(())
        });
        Component {
            name: "postgres",
            healthy: asked.await.is_ok(),
            required: true,
        }
    }

    /// Closes the pool's connections, after their present use.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) const fn login(&self) -> Login {
        self.login
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(super) const fn breaker(&self) -> &Arc<Breaker> {
        &self.breaker
    }

    /// A connection outside the pool, for a task that keeps it.
    pub(super) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        self.pool.connect_options().connect().await
    }

    /// A transaction that sees one tenant.
    pub(super) async fn begin(
        &self,
        tenant: &TenantId,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        set_tenant(&mut transaction, tenant).await?;
        Ok(transaction)
    }

    /// Runs work within its time, unless the database has just failed repeatedly.
    pub(super) async fn run<T>(
        &self,
        work: impl Future<Output = Result<T, QueryError>> + Send,
    ) -> Result<T, StoreError> {
        self.breaker.check()?;
        let role = self.login.role();
        match timeout(self.patience, work).await {
            Ok(Ok(value)) => {
                self.breaker.succeeded();
                Ok(value)
            }
            Ok(Err(QueryError::Corrupt)) => {
                self.breaker.succeeded();
                tracing::error!(login = role, "postgres.corrupt");
                Err(StoreError::Corrupt)
            }
            Ok(Err(QueryError::Sql(error))) => {
                self.breaker.failed();
                Err(unavailable(role, &code(&error)))
            }
            Err(_) => {
                self.breaker.failed();
                Err(unavailable(role, "timed-out"))
            }
        }
    }
}

/// Options that every login shares: no statement is logged, because its parameters would be
/// people's, and no startup parameter is sent that poolers refuse.
pub(super) fn connect_options(url: &str) -> Result<PgConnectOptions, DatabaseUrlInvalid> {
    let options = PgConnectOptions::from_str(url).map_err(|_| DatabaseUrlInvalid)?;
    Ok(options
        .application_name("patient-portal")
        .extra_float_digits(None)
        .disable_statement_logging())
}

/// Binds a transaction to one tenant; the binding ends with it.
pub(super) async fn set_tenant(
    transaction: &mut Transaction<'_, Postgres>,
    tenant: &TenantId,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(tenant.as_str())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
