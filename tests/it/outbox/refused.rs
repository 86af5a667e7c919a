//! A message that the bus does not take ends as a dead letter, alone.

use std::time::Duration;

use async_nats::jetstream;
use portal_application::ports::DeadLetters as _;
use portal_domain::event::Retention;
use portal_domain::id::TenantId;
use portal_infrastructure::nats::NatsSettings;
use portal_infrastructure::postgres::{Database, Login, PgOutboxRelay};
use portal_tests::{OutboxRow, PortalProcess, scene_alone};

use super::samples::suspended;
use super::{RELAY, SOON, assert_told_once_and_in_order, installed, is_published};

/// Sets how large messages of the stream may be; -1 is as large as the server takes.
async fn limit(portal: &PortalProcess, bytes: i32) {
    let client = async_nats::connect(portal.servers.url("NATS_URL"))
        .await
        .expect("NATS answers");
    let context = jetstream::new(client);
    let name = NatsSettings::default().stream(Retention::Days30);
    let mut stream = context.get_stream(name).await.expect("a stream");
    let mut config = stream.info().await.expect("its state").config.clone();
    config.max_message_size = bytes;
    context.update_stream(&config).await.expect("an update");
}

fn has_ended(row: &OutboxRow) -> bool {
    row.is_published || row.dead_reason.is_some()
}

#[tokio::test]
async fn a_poison_message_holds_back_nobody_and_can_be_replayed() {
    let scene = async {
        let portal = installed("poison").await;
        let _relay = portal.spawn(RELAY);
        portal.commit(&[suspended("staff-1")]).await;
        portal.outbox_until(SOON, is_published).await;
        limit(&portal, 1_000).await;
        let poison = suspended(&"staff".repeat(300));
        let portal_domain::event::PortalEvent::AccountSuspended { account, .. } = &poison else {
            panic!("it is one")
        };
        let later = portal_domain::event::PortalEvent::AccountReinstated(account.clone());
        portal.commit(&[poison.clone(), later]).await;
        let rows = portal.outbox_until(SOON, has_ended).await;
        let reasons: Vec<_> = rows.iter().map(|row| row.dead_reason.as_deref()).collect();
        assert_eq!(reasons, [None, Some("too-large"), None]);

        let worker = portal.servers.url("DATABASE_WORKER_URL");
        let worker = Database::with_slack(Login::Worker, worker, 10).expect("a URL");
        let dead = PgOutboxRelay::new(worker, "staff");
        let tenant: TenantId = portal.tenant.parse().expect("an id");
        let letters = dead.dead_letters(&tenant, 10, None).await.expect("a list");
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].event_id.to_string(), rows[1].event_id);
        limit(&portal, -1).await;
        let id = letters[0].event_id;
        assert!(dead.replay(&tenant, id).await.expect("a replay"));
        let mut rows = portal.outbox_until(SOON, is_published).await;
        // It went out last: that is what a replay is.
        rows.swap(1, 2);
        assert_told_once_and_in_order(&portal, &rows).await;
    };
    scene_alone(Duration::from_secs(90), scene).await;
}
