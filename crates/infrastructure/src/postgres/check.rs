//! What must be true of the database before the service is ready.

use std::collections::HashMap;

use portal_application::ports::StoreError;

use super::database::Database;
use super::error::QueryError;
use super::migrate::MIGRATOR;

/// Why the service must not serve from this database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Out of reach; asking again may help.
    #[error("database unavailable")]
    Unavailable,
    /// The login may do more, or less, than its part.
    #[error("{setting}: the login {fault}")]
    Login {
        /// The setting that names it.
        setting: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A migration is missing: run `patient-portal migrate`.
    #[error("schema behind: migration {version} is missing (run `patient-portal migrate`)")]
    SchemaBehind {
        /// The first missing one.
        version: i64,
    },
    /// A migration was another one when it was applied.
    #[error("schema changed: migration {version} is not the one that was applied")]
    SchemaChanged {
        /// Which.
        version: i64,
    },
}

impl From<StoreError> for CheckError {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

/// What each place of [`LOGIN`]'s answer means when it is true.
const FAULTS: [&str; 4] = [
    "is a superuser",
    "bypasses row-level security",
    "owns the schema",
    "does not have the role of this setting",
];

const LOGIN: &str = "
SELECT ARRAY[r.rolsuper, r.rolbypassrls,
    EXISTS (SELECT FROM pg_roles o
        WHERE (o.rolname = 'portal_owner' OR o.oid = (SELECT relowner FROM pg_class
            WHERE oid = to_regclass('public.access_events')))
        AND pg_has_role(r.oid, o.oid, 'MEMBER')),
    NOT EXISTS (SELECT FROM pg_roles l
        WHERE l.rolname = $1 AND pg_has_role(r.oid, l.oid, 'USAGE'))]
FROM pg_roles r WHERE r.rolname = current_user";

impl Database {
    /// Checks the login and the schema. A schema that is ahead is accepted and logged: a rolling
    /// update starts old programs on it.
    pub async fn check(&self) -> Result<(), CheckError> {
        self.check_login().await?;
        self.check_schema().await
    }

    async fn check_login(&self) -> Result<(), CheckError> {
        let found: Vec<bool> = self
            .run(async {
                let asked = sqlx::query_scalar(LOGIN).bind(self.login().role());
                Ok(asked.fetch_one(self.pool()).await?)
            })
            .await?;
        let fault = FAULTS.into_iter().zip(found).find(|(_, found)| *found);
        fault.map_or(Ok(()), |(fault, _)| {
            Err(CheckError::Login {
                setting: self.login().setting(),
                fault,
            })
        })
    }

    async fn check_schema(&self) -> Result<(), CheckError> {
        let applied: HashMap<i64, Vec<u8>> = self
            .run(async { Ok(self.applied().await?.into_iter().collect()) })
            .await?;
        for migration in MIGRATOR.iter() {
            let version = migration.version;
            match applied.get(&version) {
                None => return Err(CheckError::SchemaBehind { version }),
                Some(checksum) if **checksum != *migration.checksum => {
                    return Err(CheckError::SchemaChanged { version });
                }
                Some(_) => {}
            }
        }
        let ahead = applied
            .keys()
            .filter(|version| !MIGRATOR.version_exists(**version));
        if let Some(version) = ahead.max() {
            tracing::info!(schema.version = version, "schema.ahead");
        }
        Ok(())
    }

    async fn applied(&self) -> Result<Vec<(i64, Vec<u8>)>, QueryError> {
        let there: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(self.pool())
            .await?;
        if !there {
            return Ok(Vec::new());
        }
        let asked = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success");
        Ok(asked.fetch_all(self.pool()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::database::Login;
    use super::super::test_database::{TestDatabase, login_url, patient};
    use super::*;

    #[tokio::test]
    async fn each_login_passes_as_itself_only() {
        TestDatabase::shared().await;
        for login in [Login::App, Login::Journal, Login::Worker] {
            let database = patient(login, &login_url(login.setting()));
            assert_eq!(database.check().await, Ok(()));
        }
        let stranger = patient(Login::Journal, &login_url("DATABASE_URL"));
        let refused = stranger.check().await.unwrap_err().to_string();
        assert!(refused.starts_with("DATABASE_JOURNAL_URL: the login does not have"));
    }

    #[tokio::test]
    async fn superusers_and_the_owner_are_refused() {
        TestDatabase::shared().await;
        for (url, fault) in [
            ("DATABASE_SUPERUSER_URL", "is a superuser"),
            ("DATABASE_OWNER_URL", "owns the schema"),
        ] {
            let database = patient(Login::App, &login_url(url));
            let setting = "DATABASE_URL";
            assert_eq!(
                database.check().await,
                Err(CheckError::Login { setting, fault })
            );
        }
    }

    #[tokio::test]
    async fn a_schema_behind_is_refused_and_one_ahead_is_not() {
        let own = TestDatabase::fresh().await;
        let app = own.database(Login::App);
        assert_eq!(app.check().await, Ok(()));
        own.as_owner("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '', 0)").await;
        assert_eq!(app.check().await, Ok(()));
        own.as_owner("UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 1")
            .await;
        assert_eq!(
            app.check().await,
            Err(CheckError::SchemaChanged { version: 1 })
        );
        own.as_owner("DELETE FROM _sqlx_migrations WHERE version = 1")
            .await;
        assert_eq!(
            app.check().await,
            Err(CheckError::SchemaBehind { version: 1 })
        );
        own.drop_now().await;
    }

    #[tokio::test]
    async fn a_database_that_is_not_there_is_unavailable_and_fails_fast() {
        let url = "postgres://portal_app:none@127.0.0.1:1/portal";
        let database = Database::new(Login::App, url).unwrap();
        for _ in 0..3 {
            assert_eq!(database.check().await, Err(CheckError::Unavailable));
        }
        let began = std::time::Instant::now();
        assert_eq!(database.check().await, Err(CheckError::Unavailable));
        assert!(began.elapsed() < std::time::Duration::from_millis(100));
    }
}
