//! Accounts of a tenant.

use jiff::Timestamp;
use portal_application::ports::{AccountQuery, StaffAccount};
use portal_domain::access::StaffGrant;
use portal_domain::account::AccountStatus;
use portal_domain::id::{PatientId, PortalAccountId};
use sqlx::FromRow;

use super::super::error::QueryError;
use super::super::unit_of_work::AccountRow;
use super::PgStaffRecords;

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    account: AccountRow,
    created_at: jiff_sqlx::Timestamp,
    updated_at: jiff_sqlx::Timestamp,
    last_login_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<Row> for StaffAccount {
    type Error = QueryError;

    fn try_from(row: Row) -> Result<Self, QueryError> {
        Ok(Self {
            account: row.account.try_into()?,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            last_login_at: row.last_login_at.map(Timestamp::from),
        })
    }
}

const SELECT: &str = "SELECT account_id, kind, status, status_reason, patient_id, issuer, subject,
        preferred_language, version, created_at, updated_at, last_login_at
    FROM portal_accounts WHERE tenant_id = $1";

impl PgStaffRecords {
    pub(super) async fn list_accounts(
        &self,
        grant: &StaffGrant,
        query: &AccountQuery,
    ) -> Result<Vec<StaffAccount>, QueryError> {
        let tenant = &grant.tenant().id;
        let mut transaction = self.database.begin(tenant).await?;
        // A filter that is absent is no condition at all, so that each form has its index.
        let status = query.status.map_or("", |_| "AND status = $2");
        let patient = query.patient.as_ref().map_or("", |_| "AND patient_id = $3");
        let sql = format!(
            "{SELECT} {status} {patient} AND account_id > $4 AND ($2 = $2 OR $3 = $3)
            ORDER BY account_id LIMIT $5"
        );
        // Of words of ours only.
        let rows = sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(query.status.map_or("", AccountStatus::as_str))
            .bind(query.patient.as_ref().map_or("", PatientId::as_str))
            .bind(query.after.map_or_else(String::new, |id| id.to_string()))
            .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .fetch_all(&mut *transaction)
            .await?;
        rows.into_iter().map(StaffAccount::try_from).collect()
    }

    pub(super) async fn find_account(
        &self,
        grant: &StaffGrant,
        id: PortalAccountId,
    ) -> Result<Option<StaffAccount>, QueryError> {
        let tenant = &grant.tenant().id;
        let mut transaction = self.database.begin(tenant).await?;
        let sql = format!("{SELECT} AND account_id = $2");
        // Of words of ours only.
        let row = sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(id.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        row.map(StaffAccount::try_from).transpose()
    }
}
