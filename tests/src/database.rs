//! The databases of a run: one migrated database that all scenes share, and fresh ones for scenes
//! about global things.

use portal_application::ports::Clock as _;
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};
use tokio::sync::OnceCell;
use url::Url;

use crate::clock::ManualClock;
use crate::environment::required;
use crate::people::Person;

/// The addresses of one migrated database, by login.
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
}

const LOGINS: [&str; 4] = [
    "DATABASE_URL",
    "DATABASE_JOURNAL_URL",
    "DATABASE_WORKER_URL",
    "DATABASE_OWNER_URL",
];

impl Database {
    /// The database of the run, migrated once.
    pub async fn shared() -> Self {
        static SHARED: OnceCell<Database> = OnceCell::const_new();
        SHARED
            .get_or_init(|| async {
                let url = Url::parse(&required("DATABASE_OWNER_URL")).expect("a URL");
                let database = Self {
                    name: url.path().trim_start_matches('/').to_owned(),
                };
                database.migrate().await;
                database
            })
            .await
            .clone()
    }

    /// A database of its own.
    pub async fn fresh() -> Self {
        let name = format!("scene_{}", ulid::Ulid::new()).to_lowercase();
        let url = required("DATABASE_SUPERUSER_URL");
        let mut connection = PgConnection::connect(&url).await.expect("a superuser");
        let create = format!("CREATE DATABASE {name} OWNER portal_owner");
        connection
            .execute(sqlx::AssertSqlSafe(create))
            .await
            .expect("a database");
        let database = Self { name };
        database.migrate().await;
        database
    }

    async fn migrate(&self) {
        let owner = self.url("DATABASE_OWNER_URL");
        let now = ManualClock::default().now();
        portal_infrastructure::postgres::migrate(&owner, now)
            .await
            .expect("it migrates");
    }

    /// The address that a variable of the run names, in this database.
    pub fn url(&self, variable: &str) -> String {
        let mut url = Url::parse(&required(variable)).expect("a URL");
        url.set_path(&self.name);
        url.to_string()
    }

    /// The settings of every login.
    pub fn settings(&self) -> impl Iterator<Item = (String, String)> + '_ {
        LOGINS
            .iter()
            .map(|variable| ((*variable).to_owned(), self.url(variable)))
    }

    /// Looks and changes that no login of the service may make.
    pub async fn superuser(&self) -> PgPool {
        let options = sqlx::postgres::PgPoolOptions::new().max_connections(2);
        options
            .connect(&self.url("DATABASE_SUPERUSER_URL"))
            .await
            .expect("a superuser")
    }
}

/// Makes a tenant of region `local`.
pub(crate) async fn insert_tenant(pool: &PgPool, id: &str) {
    sqlx::query(
        "INSERT INTO tenants (tenant_id, name, region, time_zone, locale, calendar, currency, \
         created_at, updated_at) \
         VALUES ($1, 'A tenant', 'local', 'Asia/Kabul', 'en', 'gregory', 'AFN', now(), now()) \
         ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .execute(pool)
    .await
    .expect("a tenant");
}

/// Makes an active account of a person, once.
pub(crate) async fn insert_account(pool: &PgPool, person: &Person, issuer: &str) {
    sqlx::query(
        "INSERT INTO portal_accounts (tenant_id, account_id, kind, status, patient_id, issuer, \
         subject, created_at, updated_at) \
         VALUES ($1, $2, 'patient', 'active', $3, $4, $5, now(), now()) \
         ON CONFLICT DO NOTHING",
    )
    .bind(&person.tenant)
    .bind(format!("pact_{}", ulid::Ulid::new()))
    .bind(&person.patient)
    .bind(issuer)
    .bind(&person.subject)
    .execute(pool)
    .await
    .expect("an account");
}

/// Moves an account to a status, as an event or a staff member would. Closing forgets who it was.
pub(crate) async fn set_status(pool: &PgPool, person: &Person, status: &str) {
    sqlx::query(
        "UPDATE portal_accounts SET status = $3, version = version + 1, \
         issuer = CASE WHEN $3 <> 'closed' THEN issuer END, \
         subject = CASE WHEN $3 <> 'closed' THEN subject END \
         WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(&person.tenant)
    .bind(&person.subject)
    .bind(status)
    .execute(pool)
    .await
    .expect("the account is there");
}
