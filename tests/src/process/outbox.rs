//! Changes with events, and what became of them, in an installation.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use portal_application::ports::{Clock as _, Ids as _};
use portal_domain::event::PortalEvent;
use portal_domain::id::{OutboxEventId, TenantId};
use portal_infrastructure::postgres::{NewMessage, push_event};
use portal_infrastructure::system::{SystemClock, SystemIds};
use sqlx::postgres::PgPoolOptions;
use sqlx::{FromRow, PgPool, Postgres, Transaction};

use super::portal_process::PortalProcess;

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A transaction of a tenant with the login of requests, as a use case has it.
pub struct Change {
    tenant: TenantId,
    transaction: Transaction<'static, Postgres>,
}

impl Change {
    /// Begins one.
    pub async fn begin(pool: &PgPool, tenant: &str) -> sqlx::Result<Self> {
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
            .bind(tenant)
            .execute(&mut *transaction)
            .await?;
        Ok(Self {
            tenant: tenant.parse().expect("a tenant's id"),
            transaction,
        })
    }

    /// Stores an event of a time with the change.
    pub async fn push(
        &mut self,
        event: &PortalEvent,
        occurred_at: Timestamp,
    ) -> sqlx::Result<String> {
        let id = OutboxEventId::new(SystemIds.ulid(occurred_at));
        let message = NewMessage {
            id,
            event,
            correlation_id: None,
            traceparent: None,
            occurred_at,
        };
        push_event(&mut self.transaction, &self.tenant, &[message]).await?;
        Ok(id.to_string())
    }

    /// Commits it.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.transaction.commit().await
    }
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OutboxRow {
    /// Its id.
    pub event_id: String,
    /// What it happened to.
    pub aggregate_id: String,
    /// How often it failed.
    pub attempts: i32,
    /// Whether it is marked as published.
    pub is_published: bool,
    /// Why it was given up.
    pub dead_reason: Option<String>,
}

impl PortalProcess {
    /// Connections of the login of requests.
    pub fn app(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(8)
            .connect_lazy(self.servers.url("DATABASE_URL"))
            .expect("a URL")
    }

    /// Commits events, each in a transaction of its own, and gives their ids.
    pub async fn commit(&self, events: &[PortalEvent]) -> Vec<String> {
        let pool = self.app();
        let mut ids = Vec::with_capacity(events.len());
        for event in events {
            let mut change = Change::begin(&pool, &self.tenant).await.expect("it begins");
            let id = change.push(event, SystemClock.now()).await;
            ids.push(id.expect("it is stored"));
            change.commit().await.expect("it commits");
        }
        pool.close().await;
        ids
    }

    /// The tenant's outbox, in the order of positions.
    pub async fn outbox(&self) -> Vec<OutboxRow> {
        let database = self.servers.database().await;
        let rows = sqlx::query_as(
            "SELECT event_id, aggregate_id, attempts, published_at IS NOT NULL AS is_published,
                dead_reason
            FROM outbox_messages WHERE tenant_id = $1 ORDER BY position",
        )
        .bind(&self.tenant)
        .fetch_all(&database)
        .await
        .expect("the outbox can be read");
        database.close().await;
        rows
    }

    /// Waits until the outbox is so; fails the test when it does not come to it in time.
    pub async fn outbox_until(
        &self,
        within: Duration,
        is_so: impl Fn(&OutboxRow) -> bool,
    ) -> Vec<OutboxRow> {
        let begin = Instant::now();
        loop {
            let rows = self.outbox().await;
            let others = rows.iter().filter(|row| !is_so(row)).count();
            if others == 0 {
                return rows;
            }
            assert!(
                begin.elapsed() < within,
                "{others} of {} are not so",
                rows.len()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
