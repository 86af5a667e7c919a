//! What only staff change.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{DecidedOn, StaffUnitOfWork, StaffUnitsOfWork, StoreError, Stored};
use portal_domain::access::StaffGrant;
use portal_domain::audit::{AccessEvent, Receipt};
use portal_domain::id::{
    PatientId, PortalAccessEventId, PortalAccountId, ProxyDelegationId, RequestId,
};
use portal_domain::proxy_delegation::{LegalBasis, ProxyDelegation};
use serde_json::Value;
use sqlx::types::Json;

use super::super::error::QueryError;
use super::super::journal;
use super::{PgUnitOfWork, PgUnitsOfWork};

#[async_trait]
impl StaffUnitsOfWork for PgUnitsOfWork {
    #[tracing::instrument(name = "db.staff_unit_of_work.begin", skip_all, level = "debug")]
    async fn begin(
        &self,
        grant: &StaffGrant,
        tenant: Option<i64>,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn StaffUnitOfWork>>, StoreError> {
        let decided_on = DecidedOn {
            tenant,
            account: None,
        };
        let begun = self.begun(&grant.tenant().id, decided_on, correlation);
        Ok(begun
            .await?
            .map(|work| -> Box<dyn StaffUnitOfWork> { Box::new(work) }))
    }
}

#[async_trait]
impl StaffUnitOfWork for PgUnitOfWork {
    async fn lock_config(&mut self) -> Result<(Value, i64), StoreError> {
        let lock = sqlx::query("SELECT FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE")
            .bind(self.tenant.as_str());
        // A statement of its own: only one that starts behind the lock sees what its last holder
        // committed.
        let read = sqlx::query_as::<_, (Json<Value>, i64)>(
            "SELECT c.document, c.version FROM tenants t JOIN tenant_configs c
                ON c.tenant_id = t.tenant_id AND c.version = t.config_version
            WHERE t.tenant_id = $1",
        )
        .bind(self.tenant.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            lock.execute(&mut *connection).await?;
            let row = read.fetch_optional(connection).await?;
            Ok(row.map_or_else(
                || (Value::Object(serde_json::Map::new()), 0),
                |(Json(document), version)| (document, version),
            ))
        })
        .await
    }

    async fn put_config(&mut self, document: &Value, now: Timestamp) -> Result<i64, StoreError> {
        let insert = sqlx::query_scalar::<_, i64>(
            "INSERT INTO tenant_configs (tenant_id, version, document, created_at)
            SELECT $1, 1 + COALESCE(max(version), 0), $2, $3 FROM tenant_configs
            WHERE tenant_id = $1
            RETURNING version",
        )
        .bind(self.tenant.as_str())
        .bind(Json(document))
        .bind(now.to_sqlx());
        let put = sqlx::query(
            "UPDATE tenants SET config_version = $2, version = version + 1, updated_at = $3
            WHERE tenant_id = $1",
        )
        .bind(self.tenant.as_str());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let version = insert.fetch_one(&mut *connection).await?;
            let put = put.bind(version).bind(now.to_sqlx());
            put.execute(connection).await?;
            Ok(version)
        })
        .await
    }

    async fn parties(
        &mut self,
        delegation: ProxyDelegationId,
    ) -> Result<Option<(PatientId, Option<PortalAccountId>)>, StoreError> {
        let find = sqlx::query_as::<_, (String, Option<String>)>(
            "SELECT grantor_patient_id, proxy_account_id FROM proxy_delegations
            WHERE tenant_id = $1 AND delegation_id = $2",
        )
        .bind(self.tenant.as_str())
        .bind(delegation.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let Some((grantor, proxy)) = find.fetch_optional(connection).await? else {
                return Ok(None);
            };
            let grantor = PatientId::parse(&grantor).map_err(|_| QueryError::Corrupt)?;
            let proxy = proxy.map(|id| id.parse()).transpose();
            Ok(Some((grantor, proxy.map_err(|_| QueryError::Corrupt)?)))
        })
        .await
    }

    async fn approvals(&mut self, delegation: ProxyDelegationId) -> Result<usize, StoreError> {
        let count = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM proxy_approvals WHERE tenant_id = $1 AND delegation_id = $2",
        )
        .bind(self.tenant.as_str())
        .bind(delegation.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            let count = count.fetch_one(connection).await?;
            usize::try_from(count).map_err(|_| QueryError::Corrupt)
        })
        .await
    }

    async fn forget(&mut self, account: PortalAccountId) -> Result<(), StoreError> {
        let statements = [
            "DELETE FROM notification_preferences WHERE tenant_id = $1 AND account_id = $2",
            "DELETE FROM app_uses WHERE tenant_id = $1 AND account_id = $2",
        ];
        let (tenant, account) = (self.tenant.clone(), account.to_string());
        let connection = &mut *self.transaction;
        Self::step(&self.shared.database, async {
            for statement in statements {
                let delete = sqlx::query(statement).bind(tenant.as_str()).bind(&account);
                delete.execute(&mut *connection).await?;
            }
            Ok(())
        })
        .await
    }

    async fn insert_legal(
        &mut self,
        delegation: &ProxyDelegation,
        basis: &LegalBasis,
        now: Timestamp,
    ) -> Result<Stored, StoreError> {
        self.insert_on(delegation, Some(basis), now).await
    }

    #[tracing::instrument(name = "db.staff_unit_of_work.commit", skip_all, level = "debug")]
    async fn commit_all(
        self: Box<Self>,
        events: Vec<AccessEvent>,
    ) -> Result<Vec<Receipt>, StoreError> {
        let ids: Vec<PortalAccessEventId> = events.iter().map(|event| event.id).collect();
        self.conclude(events).await?;
        Ok(ids.into_iter().map(journal::receipt).collect())
    }
}
