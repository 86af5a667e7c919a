//! What comes to its end by itself, with the worker's login: tenants are listed, then each
//! transaction sees one of them.

mod prune;
mod sweep;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use portal_application::ports::{StoreError, TenantList};
use portal_domain::id::TenantId;
use sqlx::PgConnection;

use super::database::Database;
use super::error::QueryError;
use super::unit_of_work::PgUnitsOfWork;

/// Lists tenants, sweeps and prunes.
#[derive(Debug)]
pub struct PgUpkeep {
    database: Database,
    units: PgUnitsOfWork,
}

impl PgUpkeep {
    /// Over the database as [`super::Login::Worker`] sees it, and changes of the same login.
    pub const fn new(database: Database, units: PgUnitsOfWork) -> Self {
        Self { database, units }
    }

    async fn list(&self) -> Result<Vec<(TenantId, TimeZone)>, QueryError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT tenant_id, time_zone FROM tenants ORDER BY tenant_id")
                .fetch_all(self.database.pool())
                .await?;
        // A tenant whose zone nobody knows is served no requests either.
        let known = rows.into_iter().filter_map(|(tenant, zone)| {
            let zone = TimeZone::get(&zone).ok()?;
            Some((TenantId::parse(&tenant).ok()?, zone))
        });
        Ok(known.collect())
    }
}

#[async_trait]
impl TenantList for PgUpkeep {
    #[tracing::instrument(name = "db.tenants.list", skip_all, level = "debug")]
    async fn tenants(&self) -> Result<Vec<(TenantId, TimeZone)>, StoreError> {
        self.database.run(self.list()).await
    }
}

/// Holds a tenant's job until the transaction ends, unless another pod does.
async fn hold(
    connection: &mut PgConnection,
    job: &str,
    tenant: &TenantId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("{job}/{tenant}"))
        .fetch_one(connection)
        .await
}
