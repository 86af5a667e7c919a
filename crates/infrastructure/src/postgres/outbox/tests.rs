mod claims;
mod given_up;
mod waking;

use std::time::Duration;

use portal_application::ports::{
    LaneLease, MessageOutcome, OutboxClaim, OutboxMessage, OutboxRelay as _, PublishOutcome,
};
use portal_domain::account::AccountStatus;
use portal_domain::event::{AccountRef, PortalEvent};
use portal_domain::id::{OutboxEventId, PortalAccountId, RequestId};
use sqlx::{Postgres, Transaction};

use super::super::database::Login;
use super::super::test_database::{TestDatabase, TestTenant, now, random};
use super::push::{NewMessage, lane, push};
use super::relay::PgOutboxRelay;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A database of its own: lanes belong to all tenants.
struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::fresh().await;
        let tenant = database.tenant().await;
        Self { database, tenant }
    }

    fn relay(&self, owner: &str) -> PgOutboxRelay {
        PgOutboxRelay::new(self.database.database(Login::Worker), owner)
    }

    /// A transaction of the tenant, as that of a change.
    async fn change(&self) -> Transaction<'static, Postgres> {
        let app = self.database.database(Login::App);
        app.begin(&self.tenant.id).await.unwrap()
    }

    /// Commits one event of each account, and gives their ids.
    async fn commit(&self, accounts: &[PortalAccountId]) -> Vec<OutboxEventId> {
        let mut change = self.change().await;
        let mut ids = Vec::new();
        for account in accounts {
            ids.push(self.push(&mut change, *account).await);
        }
        change.commit().await.unwrap();
        ids
    }

    async fn push(
        &self,
        change: &mut Transaction<'static, Postgres>,
        account: PortalAccountId,
    ) -> OutboxEventId {
        let id = OutboxEventId::new(random());
        let event = PortalEvent::AccountCreated(
            AccountRef {
                id: account,
                patient: Some(self.tenant.patient()),
            },
            AccountStatus::Active,
        );
        let message = NewMessage {
            id,
            event: &event,
            correlation_id: Some(&RequestId::parse("request-1").unwrap()),
            traceparent: Some(TRACE),
            occurred_at: now(),
        };
        push(change, &self.tenant.id, &[message]).await.unwrap();
        id
    }

    /// Changes rows of the tenant's messages, or the lanes, as time would.
    async fn as_time(&self, sql: &str) {
        self.database.as_owner_of(&self.tenant, sql).await;
    }

    async fn end(self) {
        self.database.drop_now().await;
    }
}

fn account() -> PortalAccountId {
    PortalAccountId::new(random())
}

/// Two accounts whose events share a lane.
fn neighbours() -> (PortalAccountId, PortalAccountId) {
    let one = account();
    loop {
        let other = account();
        if lane(&other.to_string()) == lane(&one.to_string()) {
            return (one, other);
        }
    }
}

async fn claim(relay: &PgOutboxRelay) -> OutboxClaim {
    relay.claim().await.unwrap().expect("something is pending")
}

fn ids(claim: &OutboxClaim) -> Vec<OutboxEventId> {
    claim
        .messages
        .iter()
        .map(|message| message.event_id)
        .collect()
}

/// The same outcome for every message of a claim.
fn all(claim: &OutboxClaim, outcome: PublishOutcome) -> Vec<MessageOutcome> {
    let outcome = |message: &OutboxMessage| MessageOutcome {
        tenant_id: message.tenant_id.clone(),
        event_id: message.event_id,
        outcome,
    };
    claim.messages.iter().map(outcome).collect()
}

async fn settle(relay: &PgOutboxRelay, claim: &OutboxClaim, outcome: PublishOutcome) -> u64 {
    relay.settle(claim, &all(claim, outcome)).await.unwrap()
}

/// Claims and publishes until nothing is left.
async fn drain(relay: &PgOutboxRelay) -> Vec<OutboxEventId> {
    let mut drained = Vec::new();
    while let Some(claim) = relay.claim().await.unwrap() {
        drained.extend(ids(&claim));
        settle(relay, &claim, PublishOutcome::Published).await;
    }
    drained
}
