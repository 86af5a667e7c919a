//! What an operator can change of a delegation, and how it is stored.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use portal_domain::id::ProxyDelegationId;
use portal_domain::proxy_delegation::DelegationRight;
use portal_domain::sensitivity::SensitivityCategory;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{FromRow, Postgres};

use super::super::super::import_line::DelegationLine;
use super::super::LineError;
use super::Open;

/// A delegation as it is stored.
#[derive(FromRow)]
pub(super) struct DelegationRow {
    pub(super) delegation_id: String,
    pub(super) status: String,
    relationship_type: String,
    scope: Vec<String>,
    sensitive: Vec<String>,
    valid_from: jiff_sqlx::Date,
    valid_to: Option<jiff_sqlx::Date>,
    court_order: bool,
    document_reference: Option<String>,
}

/// A delegation as a line wants it.
pub(super) struct Terms {
    pub(super) status: &'static str,
    relationship: &'static str,
    scope: Vec<&'static str>,
    sensitive: Vec<&'static str>,
    valid_from: Date,
    valid_to: Option<Date>,
    court_order: bool,
    document_reference: Option<String>,
}

impl Terms {
    pub(super) fn of(line: &DelegationLine) -> Self {
        let sensitive = line.sensitive.iter().map(SensitivityCategory::as_str);
        Self {
            status: line.status.as_str(),
            relationship: line.relationship.as_str(),
            scope: line.scope.iter().map(DelegationRight::as_str).collect(),
            sensitive: sensitive.collect(),
            valid_from: line.valid_from,
            valid_to: line.valid_to,
            court_order: line.court_order,
            document_reference: line.document_reference.clone(),
        }
    }

    /// Words are always stored in the order of the contract.
    pub(super) fn are_of(&self, row: &DelegationRow) -> bool {
        self.status == row.status
            && self.relationship == row.relationship_type
            && self.scope == row.scope
            && self.sensitive == row.sensitive
            && self.valid_from == row.valid_from.to_jiff()
            && self.valid_to == row.valid_to.map(jiff_sqlx::Date::to_jiff)
            && self.court_order == row.court_order
            && self.document_reference == row.document_reference
    }

    pub(super) async fn insert(
        self,
        transaction: &mut Open<'_>,
        line: &DelegationLine,
        id: ProxyDelegationId,
        proxy: &str,
        now: Timestamp,
    ) -> Result<(), LineError> {
        let query = sqlx::query(
            "INSERT INTO proxy_delegations (tenant_id, delegation_id, status, relationship_type,
                scope, sensitive, valid_from, valid_to, court_order, document_reference,
                created_at, updated_at, grantor_patient_id, proxy_account_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13)",
        );
        let query = query.bind(line.tenant_id.as_str()).bind(id.to_string());
        self.bind(query)
            .bind(now.to_sqlx())
            .bind(line.grantor.as_str())
            .bind(proxy)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }

    pub(super) async fn update(
        self,
        transaction: &mut Open<'_>,
        line: &DelegationLine,
        row: &DelegationRow,
        now: Timestamp,
    ) -> Result<(), LineError> {
        let query = sqlx::query(
            "UPDATE proxy_delegations SET status = $3, relationship_type = $4, scope = $5,
                sensitive = $6, valid_from = $7, valid_to = $8, court_order = $9,
                document_reference = $10, updated_at = $11, version = version + 1
            WHERE tenant_id = $1 AND delegation_id = $2",
        );
        let query = query.bind(line.tenant_id.as_str()).bind(&row.delegation_id);
        self.bind(query)
            .bind(now.to_sqlx())
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }

    /// `$3` to `$10`.
    fn bind(self, query: Query<'_, Postgres, PgArguments>) -> Query<'_, Postgres, PgArguments> {
        query
            .bind(self.status)
            .bind(self.relationship)
            .bind(self.scope)
            .bind(self.sensitive)
            .bind(self.valid_from.to_sqlx())
            .bind(self.valid_to.map(ToSqlx::to_sqlx))
            .bind(self.court_order)
            .bind(self.document_reference)
    }
}
