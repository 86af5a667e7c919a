//! Delegations whose time is over.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use portal_application::ports::{DecidedOn, StoreError, SweepUnitOfWork, Sweeps};
use portal_domain::audit::AccessEvent;
use portal_domain::id::{RequestId, TenantId};
use portal_domain::proxy_delegation::ProxyDelegation;

use super::super::journal;
use super::super::unit_of_work::{DelegationRow, PgUnitOfWork};
use super::{PgUpkeep, hold};

/// Delegations of one transaction.
const BATCH: i64 = 50;

#[async_trait]
impl Sweeps for PgUpkeep {
    #[tracing::instrument(name = "db.sweep.begin", skip_all, level = "debug")]
    async fn begin(
        &self,
        tenant: &TenantId,
        correlation: &RequestId,
    ) -> Result<Option<Box<dyn SweepUnitOfWork>>, StoreError> {
        let begun = self.units.begun(tenant, DecidedOn::default(), correlation);
        let Some(mut work) = begun.await? else {
            return Ok(None);
        };
        let held = async { Ok(hold(work.parts().0, "sweep", tenant).await?) };
        let held = self.database.run(held).await?;
        Ok(held.then(|| -> Box<dyn SweepUnitOfWork> { Box::new(work) }))
    }
}

#[async_trait]
impl SweepUnitOfWork for PgUnitOfWork {
    // What was found is judged again on the rows as they are held.
    async fn over(
        &mut self,
        today: Date,
        now: Timestamp,
    ) -> Result<Vec<ProxyDelegation>, StoreError> {
        let find = sqlx::query_as::<_, DelegationRow>(
            "SELECT delegation_id, status, relationship_type, grantor_patient_id,
                proxy_account_id, scope, sensitive, valid_from, valid_to, version
            FROM proxy_delegations
            WHERE tenant_id = $1 AND delegation_id IN (
                    SELECT delegation_id FROM proxy_delegations
                    WHERE tenant_id = $1 AND status IN ('invited', 'accepted', 'active')
                        AND valid_to < $2
                    UNION SELECT delegation_id FROM proxy_invitations
                    WHERE tenant_id = $1 AND expires_at <= $3)
                AND (status = 'invited' OR status IN ('accepted', 'active') AND valid_to < $2)
            ORDER BY delegation_id LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED",
        )
        .bind(self.tenant().as_str().to_owned())
        .bind(today.to_sqlx())
        .bind(now.to_sqlx())
        .bind(BATCH);
        let (connection, shared) = self.parts();
        let found = shared
            .database
            .run(async { Ok(find.fetch_all(connection).await?) });
        // One that breaks a rule of the domain opens nothing, and waits to be looked at.
        let known = found
            .await?
            .into_iter()
            .filter_map(|row| row.try_into().ok());
        Ok(known.collect())
    }

    async fn record(&mut self, event: AccessEvent) -> Result<(), StoreError> {
        let (connection, shared) = self.parts();
        let written = async {
            journal::write_within(connection, vec![event], &shared.identities).await?;
            Ok(())
        };
        shared.database.run(written).await
    }
}
