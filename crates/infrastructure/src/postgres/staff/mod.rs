//! What staff read of their tenant, with the login of requests.

mod access_log;
mod accounts;
mod usage;

use async_trait::async_trait;
use jiff::civil::Date;
use portal_application::ports::{
    AccountQuery, StaffAccount, StaffLogEntry, StaffLogQuery, StaffRecords, StoreError, UsageCount,
};
use portal_domain::access::StaffGrant;
use portal_domain::id::PortalAccountId;
use serde_json::{Map, Value};
use sqlx::types::Json;

use super::database::Database;
use super::error::QueryError;

/// Reads with the login of requests.
#[derive(Debug, Clone)]
pub struct PgStaffRecords {
    database: Database,
}

impl PgStaffRecords {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn find_config(&self, grant: &StaffGrant) -> Result<(Value, i64), QueryError> {
        let tenant = &grant.tenant().id;
        let mut transaction = self.database.begin(tenant).await?;
        let row = sqlx::query_as::<_, (Json<Value>, i64)>(
            "SELECT c.document, c.version FROM tenants t JOIN tenant_configs c
                ON c.tenant_id = t.tenant_id AND c.version = t.config_version
            WHERE t.tenant_id = $1",
        )
        .bind(tenant.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        Ok(row.map_or_else(
            || (Value::Object(Map::new()), 0),
            |(Json(document), version)| (document, version),
        ))
    }
}

#[async_trait]
impl StaffRecords for PgStaffRecords {
    #[tracing::instrument(name = "db.portal_accounts.list", skip_all, level = "debug")]
    async fn accounts(
        &self,
        grant: &StaffGrant,
        query: &AccountQuery,
    ) -> Result<Vec<StaffAccount>, StoreError> {
        self.database.run(self.list_accounts(grant, query)).await
    }

    #[tracing::instrument(name = "db.portal_accounts.find", skip_all, level = "debug")]
    async fn account(
        &self,
        grant: &StaffGrant,
        id: PortalAccountId,
    ) -> Result<Option<StaffAccount>, StoreError> {
        self.database.run(self.find_account(grant, id)).await
    }

    #[tracing::instrument(name = "db.tenant_configs.find", skip_all, level = "debug")]
    async fn config(&self, grant: &StaffGrant) -> Result<(Value, i64), StoreError> {
        self.database.run(self.find_config(grant)).await
    }

    #[tracing::instrument(name = "db.access_events.list", skip_all, level = "debug")]
    async fn access_log(
        &self,
        grant: &StaffGrant,
        query: &StaffLogQuery,
    ) -> Result<Vec<StaffLogEntry>, StoreError> {
        self.database.run(self.list_log(grant, query)).await
    }

    #[tracing::instrument(name = "db.access_events.count", skip_all, level = "debug")]
    async fn usage(
        &self,
        grant: &StaffGrant,
        days: (Date, Date),
    ) -> Result<Vec<UsageCount>, StoreError> {
        self.database.run(self.count_usage(grant, days)).await
    }
}
