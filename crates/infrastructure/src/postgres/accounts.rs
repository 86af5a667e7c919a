//! The accounts of a tenant.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_application::ports::{Accounts, StoreError};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};
use sqlx::FromRow;

use super::database::Database;
use super::error::QueryError;

/// Reads accounts with the login of requests.
#[derive(Debug, Clone)]
pub struct PgAccounts {
    database: Database,
}

impl PgAccounts {
    /// Over the database as [`super::Login::App`] sees it.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn load(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<AccountSnapshot>, QueryError> {
        let mut transaction = self.database.begin(tenant).await?;
        let row: Option<AccountRow> = sqlx::query_as(
            "SELECT account_id, kind, status, patient_id, preferred_language, last_login_at,
                version
            FROM portal_accounts
            WHERE tenant_id = $1 AND issuer = $2 AND subject = $3 AND status <> 'closed'",
        )
        .bind(tenant.as_str())
        .bind(issuer.as_str())
        .bind(subject.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        transaction.commit().await?;
        row.map(AccountSnapshot::try_from).transpose()
    }
}

#[derive(FromRow)]
struct AccountRow {
    account_id: String,
    kind: String,
    status: String,
    patient_id: Option<String>,
    preferred_language: Option<String>,
    last_login_at: Option<jiff_sqlx::Timestamp>,
    version: i64,
}

impl TryFrom<AccountRow> for AccountSnapshot {
    type Error = QueryError;

    fn try_from(row: AccountRow) -> Result<Self, QueryError> {
        let patient_id = row.patient_id.as_deref().map(PatientId::parse).transpose();
        Ok(Self {
            id: row.account_id.parse().map_err(|_| QueryError::Corrupt)?,
            kind: AccountKind::parse(&row.kind).ok_or(QueryError::Corrupt)?,
            status: AccountStatus::parse(&row.status).ok_or(QueryError::Corrupt)?,
            patient_id: patient_id.map_err(|_| QueryError::Corrupt)?,
            preferred_language: row.preferred_language,
            last_login_at: row.last_login_at.map(Timestamp::from),
            version: row.version,
        })
    }
}

#[async_trait]
impl Accounts for PgAccounts {
    #[tracing::instrument(name = "db.accounts.find", skip_all, level = "debug")]
    async fn find(
        &self,
        tenant: &TenantId,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<AccountSnapshot>, StoreError> {
        self.database.run(self.load(tenant, issuer, subject)).await
    }
}
