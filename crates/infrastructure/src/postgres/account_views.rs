//! What accounts hold, as their people see it.

use async_trait::async_trait;
use jiff_sqlx::Timestamp;
use portal_application::ports::{AccountViews, GrantedDelegation, ListedApp, StoreError};
use portal_domain::access::{PatientGrant, RecordPatient};
use portal_domain::id::{ClientId, PatientId, ProxyDelegationId};
use portal_domain::notification::Preferences;
use portal_domain::proxy_delegation::ProxyDelegation;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use super::database::Database;
use super::error::QueryError;
use super::unit_of_work::DelegationRow;

/// More than anybody grants and holds.
const MAX_LISTED: i64 = 500;

/// Reads with the login of requests.
#[derive(Debug, Clone)]
pub struct PgAccountViews {
    database: Database,
}

impl PgAccountViews {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn find(
        &self,
        grant: &PatientGrant,
        id: Option<ProxyDelegationId>,
    ) -> Result<Vec<ProxyDelegation>, QueryError> {
        let account = grant.account();
        let mut transaction = self.database.begin(&grant.tenant().id).await?;
        let rows = sqlx::query_as::<_, DelegationRow>(
            "SELECT delegation_id, status, relationship_type, grantor_patient_id,
                proxy_account_id, scope, sensitive, valid_from, valid_to, version
            FROM proxy_delegations
            WHERE tenant_id = $1 AND (grantor_patient_id = $2 OR proxy_account_id = $3)
                AND ($4::text IS NULL OR delegation_id = $4)
            ORDER BY created_at DESC, delegation_id DESC LIMIT $5",
        )
        .bind(grant.tenant().id.as_str())
        .bind(account.patient_id.as_ref().map(PatientId::as_str))
        .bind(account.id.to_string())
        .bind(id.map(|id| id.to_string()))
        .bind(MAX_LISTED)
        .fetch_all(&mut *transaction)
        .await?;
        rows.into_iter().map(ProxyDelegation::try_from).collect()
    }

    async fn find_granted(
        &self,
        grant: &PatientGrant,
    ) -> Result<Vec<GrantedDelegation>, QueryError> {
        let acted_by = grant.proxy().map(|proxy| proxy.delegation().id.to_string());
        let mut transaction = self.database.begin(&grant.tenant().id).await?;
        let rows = sqlx::query_as::<_, GrantedRow>(
            "SELECT delegation_id, status, relationship_type, grantor_patient_id,
                proxy_account_id, scope, sensitive, valid_from, valid_to, version,
                created_at, updated_at
            FROM proxy_delegations
            WHERE tenant_id = $1 AND grantor_patient_id = $2
                AND ($3::text IS NULL OR delegation_id = $3)
            ORDER BY created_at DESC, delegation_id DESC LIMIT $4",
        )
        .bind(grant.tenant().id.as_str())
        .bind(
            grant
                .patient()
                .map(RecordPatient::id)
                .map(PatientId::as_str),
        )
        .bind(acted_by)
        .bind(MAX_LISTED)
        .fetch_all(&mut *transaction)
        .await?;
        rows.into_iter().map(GrantedDelegation::try_from).collect()
    }

    async fn find_preferences(
        &self,
        grant: &PatientGrant,
    ) -> Result<Option<(Preferences, i64)>, QueryError> {
        let mut transaction = self.database.begin(&grant.tenant().id).await?;
        let row = sqlx::query_as::<_, (Json<Value>, i64)>(
            "SELECT document, version FROM notification_preferences
            WHERE tenant_id = $1 AND account_id = $2",
        )
        .bind(grant.tenant().id.as_str())
        .bind(grant.account().id.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
        row.map(|(Json(document), version)| {
            let read = Preferences::parse(&document).map_err(|_| QueryError::Corrupt)?;
            Ok((read, version))
        })
        .transpose()
    }
}

impl PgAccountViews {
    async fn find_apps(&self, grant: &PatientGrant) -> Result<Vec<ListedApp>, QueryError> {
        let mut transaction = self.database.begin(&grant.tenant().id).await?;
        let rows = sqlx::query_as::<_, AppRow>(
            "SELECT client_id, delegation_id, scopes, first_used_at, last_used_at
            FROM app_uses
            WHERE tenant_id = $1 AND account_id = $2 AND (delegation_id = '' OR EXISTS (
                SELECT FROM proxy_delegations held JOIN portal_accounts proxy
                    ON proxy.tenant_id = $1 AND proxy.account_id = held.proxy_account_id
                WHERE held.tenant_id = $1 AND held.delegation_id = app_uses.delegation_id
                    AND held.status = 'active' AND proxy.status = 'active'))
            ORDER BY last_used_at DESC, client_id, delegation_id LIMIT $3",
        )
        .bind(grant.tenant().id.as_str())
        .bind(grant.account().id.to_string())
        .bind(MAX_LISTED)
        .fetch_all(&mut *transaction)
        .await?;
        rows.into_iter().map(ListedApp::try_from).collect()
    }
}

#[derive(FromRow)]
struct GrantedRow {
    #[sqlx(flatten)]
    delegation: DelegationRow,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<GrantedRow> for GrantedDelegation {
    type Error = QueryError;

    fn try_from(row: GrantedRow) -> Result<Self, QueryError> {
        Ok(Self {
            delegation: row.delegation.try_into()?,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}

#[derive(FromRow)]
struct AppRow {
    client_id: String,
    delegation_id: String,
    scopes: String,
    first_used_at: Timestamp,
    last_used_at: Timestamp,
}

impl TryFrom<AppRow> for ListedApp {
    type Error = QueryError;

    fn try_from(row: AppRow) -> Result<Self, QueryError> {
        let delegation = Some(row.delegation_id).filter(|id| !id.is_empty());
        let delegation = delegation.map(|id| id.parse()).transpose();
        Ok(Self {
            client: ClientId::parse(&row.client_id).map_err(|_| QueryError::Corrupt)?,
            delegation: delegation.map_err(|_| QueryError::Corrupt)?,
            scopes: row.scopes,
            first_used_at: row.first_used_at.into(),
            last_used_at: row.last_used_at.into(),
        })
    }
}

#[async_trait]
impl AccountViews for PgAccountViews {
    #[tracing::instrument(name = "db.proxy_delegations.list", skip_all, level = "debug")]
    async fn delegations(
        &self,
        grant: &PatientGrant,
        id: Option<ProxyDelegationId>,
    ) -> Result<Vec<ProxyDelegation>, StoreError> {
        self.database.run(self.find(grant, id)).await
    }

    #[tracing::instrument(name = "db.proxy_delegations.granted", skip_all, level = "debug")]
    async fn granted(&self, grant: &PatientGrant) -> Result<Vec<GrantedDelegation>, StoreError> {
        self.database.run(self.find_granted(grant)).await
    }

    #[tracing::instrument(name = "db.notification_preferences.find", skip_all, level = "debug")]
    async fn preferences(
        &self,
        grant: &PatientGrant,
    ) -> Result<Option<(Preferences, i64)>, StoreError> {
        self.database.run(self.find_preferences(grant)).await
    }

    #[tracing::instrument(name = "db.app_uses.list", skip_all, level = "debug")]
    async fn apps(&self, grant: &PatientGrant) -> Result<Vec<ListedApp>, StoreError> {
        self.database.run(self.find_apps(grant)).await
    }
}
