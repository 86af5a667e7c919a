//! The tenants of this deployment.

use async_trait::async_trait;
use jiff::tz::TimeZone;
use portal_application::ports::{StoreError, Tenants};
use portal_domain::id::TenantId;
use portal_domain::tenant::Tenant;
use sqlx::FromRow;

use super::database::Database;
use super::error::QueryError;

/// Reads tenants with the login of requests.
#[derive(Debug, Clone)]
pub struct PgTenants {
    database: Database,
}

impl PgTenants {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn load(&self, id: &TenantId) -> Result<Option<Tenant>, QueryError> {
        let mut transaction = self.database.begin(id).await?;
        let row: Option<TenantRow> = sqlx::query_as(
            "SELECT name, region, time_zone, locale, calendar, currency, retention_years, version
            FROM tenants WHERE tenant_id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        row.map(|row| row.into_tenant(id)).transpose()
    }
}

#[derive(FromRow)]
struct TenantRow {
    name: String,
    region: String,
    time_zone: String,
    locale: String,
    calendar: String,
    currency: String,
    retention_years: i16,
    version: i64,
}

impl TenantRow {
    fn into_tenant(self, id: &TenantId) -> Result<Tenant, QueryError> {
        Ok(Tenant {
            id: id.clone(),
            name: self.name,
            region: self.region,
            time_zone: TimeZone::get(&self.time_zone).map_err(|_| QueryError::Corrupt)?,
            locale: self.locale,
            calendar: self.calendar,
            currency: self.currency,
            retention_years: u16::try_from(self.retention_years)
                .map_err(|_| QueryError::Corrupt)?,
            version: self.version,
        })
    }
}

#[async_trait]
impl Tenants for PgTenants {
    #[tracing::instrument(name = "db.tenants.find", skip_all, level = "debug")]
    async fn find(&self, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
        self.database.run(self.load(id)).await
    }
}
