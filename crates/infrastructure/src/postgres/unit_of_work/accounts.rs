//! Accounts in a change.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{Accounts, StoreError, Stored};
use portal_domain::account::{AccountKind, AccountStatus, PortalAccount, StatusReason};
use portal_domain::id::{ClientId, Issuer, PatientId, PortalAccountId, Subject};
use portal_domain::notification::Preferences;
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use super::super::error::{QueryError, UNIQUE_VIOLATION, code};
use super::PgUnitOfWork;

/// An account as it is stored.
#[derive(FromRow)]
pub(in crate::postgres) struct AccountRow {
    account_id: String,
    kind: String,
    status: String,
    status_reason: Option<String>,
    patient_id: Option<String>,
    issuer: Option<String>,
    subject: Option<String>,
    preferred_language: Option<String>,
    version: i64,
}

const COLUMNS: &str = "account_id, kind, status, status_reason, patient_id, issuer, subject, \
    preferred_language, version";

impl TryFrom<AccountRow> for PortalAccount {
    type Error = QueryError;

    fn try_from(row: AccountRow) -> Result<Self, QueryError> {
        let corrupt = || QueryError::Corrupt;
        let identity = match (row.issuer, row.subject) {
            (Some(issuer), Some(subject)) => Some((
                Issuer::parse(&issuer).map_err(|_| corrupt())?,
                Subject::parse(&subject).map_err(|_| corrupt())?,
            )),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(corrupt()),
        };
        let reason = row.status_reason.as_deref();
        let patient = row.patient_id.as_deref().map(PatientId::parse).transpose();
        Ok(Self {
            id: row.account_id.parse().map_err(|_| corrupt())?,
            kind: AccountKind::parse(&row.kind).ok_or_else(corrupt)?,
            status: AccountStatus::parse(&row.status).ok_or_else(corrupt)?,
            status_reason: reason
                .map(|word| StatusReason::parse(word).ok_or_else(corrupt))
                .transpose()?,
            patient: patient.map_err(|_| corrupt())?,
            identity,
            preferred_language: row.preferred_language,
            version: row.version,
        })
    }
}

impl PgUnitOfWork {
    /// The account that a condition over `$2` and `$3` finds.
    async fn lock_where(
        &mut self,
        condition: &'static str,
        (first, second): (&str, &str),
    ) -> Result<Option<PortalAccount>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM portal_accounts WHERE tenant_id = $1 AND {condition}
            FOR NO KEY UPDATE"
        );
        // Of words of ours only.
        let asked = sqlx::query_as::<_, AccountRow>(sqlx::AssertSqlSafe(sql))
            .bind(self.tenant.as_str())
            .bind(first)
            .bind(second);
        let connection = &mut *self.transaction;
        let found = Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            row.map(PortalAccount::try_from).transpose()
        });
        found.await
    }
}

#[async_trait]
impl Accounts for PgUnitOfWork {
    async fn lock(&mut self, id: PortalAccountId) -> Result<Option<PortalAccount>, StoreError> {
        let id = id.to_string();
        self.lock_where("account_id = $2 AND $3 = ''", (&id, ""))
            .await
    }

    async fn lock_of_patient(
        &mut self,
        patient: &PatientId,
    ) -> Result<Option<PortalAccount>, StoreError> {
        let condition = "patient_id = $2 AND $3 = '' AND status <> 'closed'";
        self.lock_where(condition, (patient.as_str(), "")).await
    }

    async fn open_of_patient(
        &mut self,
        patient: &PatientId,
    ) -> Result<Option<PortalAccountId>, StoreError> {
        let asked = sqlx::query_scalar::<_, String>(
            "SELECT account_id FROM portal_accounts
            WHERE tenant_id = $1 AND patient_id = $2 AND status <> 'closed'",
        )
        .bind(self.tenant.as_str())
        .bind(patient.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let id = asked.fetch_optional(connection).await?;
            id.map(|id| id.parse().map_err(|_| QueryError::Corrupt))
                .transpose()
        })
        .await
    }

    async fn lock_of_identity(
        &mut self,
        issuer: &Issuer,
        subject: &Subject,
    ) -> Result<Option<PortalAccount>, StoreError> {
        let condition = "issuer = $2 AND subject = $3 AND status <> 'closed'";
        self.lock_where(condition, (issuer.as_str(), subject.as_str()))
            .await
    }

    async fn insert(
        &mut self,
        account: &PortalAccount,
        now: Timestamp,
    ) -> Result<Stored, StoreError> {
        let (issuer, subject) = texts(account.identity.as_ref());
        let asked = sqlx::query(
            "INSERT INTO portal_accounts (tenant_id, account_id, kind, status, status_reason,
                patient_id, issuer, subject, preferred_language, created_at, updated_at, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)
            ON CONFLICT DO NOTHING",
        )
        .bind(self.tenant.as_str())
        .bind(account.id.to_string())
        .bind(account.kind.as_str())
        .bind(account.status.as_str())
        .bind(account.status_reason.map(StatusReason::as_str))
        .bind(account.patient.as_ref().map(PatientId::as_str))
        .bind(issuer)
        .bind(subject)
        .bind(account.preferred_language.as_deref())
        .bind(now.to_sqlx())
        .bind(account.version);
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let inserted = asked.execute(connection).await?;
            Ok(stored(inserted.rows_affected()))
        })
        .await
    }

    // The other account of an identity is looked for first: a unique key that fails would end the
    // transaction.
    async fn update(
        &mut self,
        account: &PortalAccount,
        now: Timestamp,
    ) -> Result<Stored, StoreError> {
        let (issuer, subject) = texts(account.identity.as_ref());
        let asked = sqlx::query(
            "UPDATE portal_accounts SET status = $3, status_reason = $4, patient_id = $5,
                issuer = $6, subject = $7, preferred_language = $8, updated_at = $9,
                status_since = CASE WHEN status = $3 THEN status_since ELSE $9 END,
                version = version + 1
            WHERE tenant_id = $1 AND account_id = $2 AND version = $10
                AND NOT EXISTS (SELECT FROM portal_accounts other
                    WHERE other.tenant_id = $1 AND other.issuer = $6 AND other.subject = $7
                        AND other.status <> 'closed' AND other.account_id <> $2)",
        )
        .bind(self.tenant.as_str())
        .bind(account.id.to_string())
        .bind(account.status.as_str())
        .bind(account.status_reason.map(StatusReason::as_str))
        .bind(account.patient.as_ref().map(PatientId::as_str))
        .bind(issuer)
        .bind(subject)
        .bind(account.preferred_language.as_deref())
        .bind(now.to_sqlx())
        .bind(account.version);
        // With the account goes by which ids sources know its patient: another account of theirs
        // finds it out anew.
        let is_closed = account.status == AccountStatus::Closed;
        let forgotten =
            sqlx::query("DELETE FROM patient_links WHERE tenant_id = $1 AND patient_id = $2")
                .bind(self.tenant.as_str())
                .bind(account.patient.as_ref().map(PatientId::as_str));
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            if is_closed {
                forgotten.execute(&mut *connection).await?;
            }
            match asked.execute(connection).await {
                Ok(updated) => Ok(stored(updated.rows_affected())),
                // Somebody bound the identity at the same moment.
                Err(error) if code(&error) == UNIQUE_VIOLATION => Ok(Stored::Taken),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn preferences(
        &mut self,
        account: PortalAccountId,
    ) -> Result<Option<(Preferences, i64)>, StoreError> {
        let asked = sqlx::query_as::<_, (Json<Value>, i64)>(
            "SELECT document, version FROM notification_preferences
            WHERE tenant_id = $1 AND account_id = $2 FOR NO KEY UPDATE",
        )
        .bind(self.tenant.as_str())
        .bind(account.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let row = asked.fetch_optional(connection).await?;
            row.map(|(Json(document), version)| {
                let read = Preferences::parse(&document).map_err(|_| QueryError::Corrupt)?;
                Ok((read, version))
            })
            .transpose()
        })
        .await
    }

    async fn set_preferences(
        &mut self,
        account: PortalAccountId,
        preferences: &Preferences,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let asked = sqlx::query_scalar(
            "INSERT INTO notification_preferences AS known
                (tenant_id, account_id, document, updated_at)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (tenant_id, account_id) DO UPDATE SET document = EXCLUDED.document,
                updated_at = EXCLUDED.updated_at, version = known.version + 1
            RETURNING version",
        )
        .bind(self.tenant.as_str())
        .bind(account.to_string())
        .bind(Json(preferences.to_document()))
        .bind(now.to_sqlx());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            Ok(asked.fetch_one(connection).await?)
        })
        .await
    }

    async fn forget_app(
        &mut self,
        account: PortalAccountId,
        client: &ClientId,
    ) -> Result<bool, StoreError> {
        let asked = sqlx::query_scalar::<_, i64>(
            "WITH gone AS (DELETE FROM app_uses used WHERE tenant_id = $1 AND client_id = $3
                AND (account_id = $2 AND delegation_id = '' OR (account_id, delegation_id) IN (
                    SELECT grantor.account_id, held.delegation_id
                    FROM proxy_delegations held JOIN portal_accounts grantor
                        ON grantor.tenant_id = $1 AND grantor.patient_id = held.grantor_patient_id
                    WHERE held.tenant_id = $1 AND held.proxy_account_id = $2))
                RETURNING 1)
            SELECT count(*) FROM gone",
        )
        .bind(self.tenant.as_str())
        .bind(account.to_string())
        .bind(client.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            Ok(asked.fetch_one(connection).await? > 0)
        })
        .await
    }
}

fn texts(identity: Option<&(Issuer, Subject)>) -> (Option<&str>, Option<&str>) {
    identity
        .map(|(issuer, subject)| (issuer.as_str(), subject.as_str()))
        .unzip()
}

pub(super) const fn stored(rows: u64) -> Stored {
    if rows == 1 {
        Stored::Done
    } else {
        Stored::Taken
    }
}
