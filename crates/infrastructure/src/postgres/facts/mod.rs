//! What the store knows of a caller, in one round trip.

mod delegations;
mod query;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_application::ports::{Facts, StoreError, StoredFacts};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};
use portal_domain::tenant::Tenant;
use portal_domain::tenant_config::TenantConfig;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow};

use super::database::Database;
use super::error::QueryError;
use delegations::DelegationRow;
pub(super) use delegations::words;

/// Reads facts with the login of requests.
#[derive(Debug, Clone)]
pub struct PgFacts {
    database: Database,
}

impl PgFacts {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn load(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        subject: &Subject,
        known: Option<&Arc<Tenant>>,
    ) -> Result<StoredFacts, QueryError> {
        let known = known.filter(|known| known.id == *tenant);
        let sql = query::text(tenant, issuer, subject, known.map(|known| known.version));
        // Of words of ours, digits and hexadecimals only.
        let rows = sqlx::raw_sql(AssertSqlSafe(sql))
            .fetch_all(self.database.pool())
            .await?;
        // The first row is the setting's.
        let Some(row) = rows.get(1) else {
            return Ok(StoredFacts::default());
        };
        let delegations: Option<Json<Vec<DelegationRow>>> = sqlx::Row::try_get(row, "delegations")?;
        let delegations = delegations.map_or_else(Vec::new, |Json(rows)| rows);
        Ok(StoredFacts {
            tenant: Some(TenantRow::from_row(row)?.into_tenant(tenant, known)?),
            account: AccountRow::from_row(row)?.into_account()?.map(Arc::new),
            delegations: delegations
                .into_iter()
                .map(|row| row.into_delegation().map(Arc::new))
                .collect::<Result<_, _>>()?,
        })
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
    suspended: bool,
    version: i64,
    config_version: Option<i64>,
    document: Option<Json<Value>>,
}

impl TenantRow {
    fn into_tenant(
        self,
        id: &TenantId,
        known: Option<&Arc<Tenant>>,
    ) -> Result<Arc<Tenant>, QueryError> {
        if let Some(known) = known.filter(|known| known.version == self.version) {
            return Ok(Arc::clone(known));
        }
        let config = match (self.config_version, self.document) {
            (None, None) => TenantConfig::default(),
            (Some(_), Some(Json(document))) => {
                TenantConfig::parse(&document, "").map_err(|_| QueryError::Corrupt)?
            }
            (None, Some(_)) | (Some(_), None) => return Err(QueryError::Corrupt),
        };
        Ok(Arc::new(Tenant {
            id: id.clone(),
            name: self.name,
            region: self.region,
            time_zone: TimeZone::get(&self.time_zone).map_err(|_| QueryError::Corrupt)?,
            locale: self.locale,
            calendar: self.calendar,
            currency: self.currency,
            retention_years: u16::try_from(self.retention_years)
                .map_err(|_| QueryError::Corrupt)?,
            suspended: self.suspended,
            config: Arc::new(config),
            version: self.version,
        }))
    }
}

#[derive(FromRow)]
struct AccountRow {
    account_id: Option<String>,
    kind: Option<String>,
    status: Option<String>,
    patient_id: Option<String>,
    preferred_language: Option<String>,
    last_login_at: Option<jiff_sqlx::Timestamp>,
    account_version: Option<i64>,
}

impl AccountRow {
    fn into_account(self) -> Result<Option<AccountSnapshot>, QueryError> {
        let (Some(id), Some(kind), Some(status), Some(version)) = (
            self.account_id,
            self.kind,
            self.status,
            self.account_version,
        ) else {
            return Ok(None);
        };
        let patient_id = self.patient_id.as_deref().map(PatientId::parse).transpose();
        Ok(Some(AccountSnapshot {
            id: id.parse().map_err(|_| QueryError::Corrupt)?,
            kind: AccountKind::parse(&kind).ok_or(QueryError::Corrupt)?,
            status: AccountStatus::parse(&status).ok_or(QueryError::Corrupt)?,
            patient_id: patient_id.map_err(|_| QueryError::Corrupt)?,
            preferred_language: self.preferred_language,
            last_login_at: self.last_login_at.map(Timestamp::from),
            version,
        }))
    }
}

#[async_trait]
impl Facts for PgFacts {
    #[tracing::instrument(name = "db.facts.find", skip_all, level = "debug")]
    async fn find(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        subject: &Subject,
        known: Option<&Arc<Tenant>>,
    ) -> Result<StoredFacts, StoreError> {
        let load = self.load(tenant, issuer, subject, known);
        self.database.run(load).await
    }
}
