//! Links and codes between the change that made them and the notifier that takes them.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx;
use portal_application::ports::{
    ContactAddress, ContactChannel, Deliveries, Delivery, DueDelivery, StoreError,
};
use portal_domain::id::TenantId;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::database::Database;
use super::error::QueryError;
use crate::crypto::{KeyRing, Sealer};

/// Seals deliveries, each to its tenant and id.
#[derive(Debug)]
pub struct DeliverySeal(Sealer);

#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    channel: &'a str,
    address: &'a str,
    language: &'a str,
    template_key: &'a str,
    secret: &'a str,
}

impl DeliverySeal {
    /// With the keys of a ring.
    pub fn new(ring: Arc<KeyRing>) -> Self {
        Self(Sealer::new(ring, "delivery"))
    }

    /// What is stored of a delivery beside its id.
    pub(super) fn seal(&self, delivery: &Delivery, now: Timestamp) -> Result<Vec<u8>, StoreError> {
        let content = serde_json::to_vec(&Sealed {
            channel: delivery.channel.as_str(),
            address: delivery.address.expose(),
            language: &delivery.language,
            template_key: &delivery.template_key,
            secret: &delivery.secret,
        });
        let content = content.map_err(|_| StoreError::Corrupt)?;
        let mut sealed = Vec::new();
        let (scope, bound_to) = (delivery.tenant.as_str(), delivery.id.as_bytes());
        self.0
            .seal_into(&mut sealed, scope, bound_to, now, |bytes| {
                bytes.extend_from_slice(&content);
            })
            .map_err(|_| StoreError::Corrupt)?;
        Ok(sealed)
    }

    /// The delivery of a row.
    pub(super) fn open(
        &self,
        tenant: &TenantId,
        id: &str,
        sealed: Vec<u8>,
    ) -> Result<Delivery, StoreError> {
        let corrupt = |()| StoreError::Corrupt;
        let opened = self.0.open(sealed, 0, tenant.as_str(), id.as_bytes());
        let opened = opened.map_err(|_| StoreError::Corrupt)?;
        let content: Sealed<'_> =
            serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt)?;
        Ok(Delivery {
            id: id.to_owned(),
            tenant: tenant.clone(),
            channel: ContactChannel::parse(content.channel)
                .ok_or(())
                .map_err(corrupt)?,
            address: ContactAddress::new(content.address),
            language: content.language.to_owned(),
            template_key: content.template_key.to_owned(),
            secret: content.secret.to_owned(),
        })
    }
}

/// How long a claim holds a delivery back from other pods.
const HELD_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Deliveries of one claim.
const CLAIM: i64 = 20;

/// Waiting deliveries, with the worker's login.
#[derive(Debug)]
pub struct PgDeliveries {
    database: Database,
    seal: DeliverySeal,
}

#[derive(FromRow)]
struct DeliveryRow {
    tenant_id: String,
    delivery_id: String,
    sealed: Vec<u8>,
    attempts: i16,
}

impl PgDeliveries {
    /// Over the database as [`super::Login::Worker`] sees it.
    pub const fn new(database: Database, seal: DeliverySeal) -> Self {
        Self { database, seal }
    }

    // The row is put off before it is sent: a pod that dies meanwhile loses nothing, because the
    // notifier knows the id.
    async fn claim_due(&self, now: Timestamp) -> Result<Vec<DeliveryRow>, QueryError> {
        let pool = self.database.pool();
        sqlx::query("DELETE FROM deliveries WHERE expires_at <= $1")
            .bind(now.to_sqlx())
            .execute(pool)
            .await?;
        let claimed = sqlx::query_as(
            "UPDATE deliveries d SET next_try_at = $2, attempts = d.attempts + 1
            FROM (SELECT tenant_id, delivery_id FROM deliveries WHERE next_try_at <= $1
                ORDER BY next_try_at LIMIT $3 FOR UPDATE SKIP LOCKED) due
            WHERE d.tenant_id = due.tenant_id AND d.delivery_id = due.delivery_id
            RETURNING d.tenant_id, d.delivery_id, d.sealed, d.attempts",
        )
        .bind(now.to_sqlx())
        .bind((now + HELD_FOR).to_sqlx())
        .bind(CLAIM);
        Ok(claimed.fetch_all(pool).await?)
    }

    fn opened(&self, row: DeliveryRow) -> Result<DueDelivery, StoreError> {
        let tenant = TenantId::parse(&row.tenant_id).map_err(|_| StoreError::Corrupt)?;
        Ok(DueDelivery {
            delivery: self.seal.open(&tenant, &row.delivery_id, row.sealed)?,
            attempts: u32::try_from(row.attempts).unwrap_or(1).saturating_sub(1),
        })
    }
}

#[async_trait]
impl Deliveries for PgDeliveries {
    #[tracing::instrument(name = "db.deliveries.claim", skip_all, level = "debug")]
    async fn claim(&self, now: Timestamp) -> Result<Vec<DueDelivery>, StoreError> {
        let rows = self.database.run(self.claim_due(now)).await?;
        // One that cannot be opened is left to its end; the others go.
        Ok(rows
            .into_iter()
            .filter_map(|row| self.opened(row).ok())
            .collect())
    }

    async fn done(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let asked = sqlx::query("DELETE FROM deliveries WHERE tenant_id = $1 AND delivery_id = $2")
            .bind(delivery.tenant.as_str())
            .bind(&delivery.id);
        let work = async {
            asked.execute(self.database.pool()).await?;
            Ok(())
        };
        self.database.run(work).await
    }

    async fn postpone(&self, delivery: &Delivery, until: Timestamp) -> Result<(), StoreError> {
        let asked = sqlx::query(
            "UPDATE deliveries SET next_try_at = $3 WHERE tenant_id = $1 AND delivery_id = $2",
        )
        .bind(delivery.tenant.as_str())
        .bind(&delivery.id)
        .bind(until.to_sqlx());
        let work = async {
            asked.execute(self.database.pool()).await?;
            Ok(())
        };
        self.database.run(work).await
    }
}
