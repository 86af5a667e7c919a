use std::sync::Arc;
use std::time::Duration;

use portal_application::ports::{Journal, JournalRelay, Recording, RelayBatch};
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::Notify;

use super::super::database::Login;
use super::super::journal::PgJournal;
use super::super::test_database::{TestDatabase, TestFamily, TestTenant, now};
use super::*;
use crate::crypto::{KeyRing, KeyedHash};

struct Scene {
    database: TestDatabase,
    journal: PgJournal,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::fresh().await;
        let ring = KeyRing::parse(
            "a:2026-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            now(),
        );
        let identities = KeyedHash::new(&ring.expect("a ring"), "journal-identity");
        let login = database.database(Login::Journal);
        let journal = PgJournal::start(login, identities, Arc::new(Notify::new()));
        Self { database, journal }
    }

    fn relay(&self, owner: &str) -> PgJournalRelay {
        PgJournalRelay::new(self.database.database(Login::Worker), owner)
    }

    async fn write(&self, tenant: &TestTenant, count: usize) -> Vec<String> {
        let events: Vec<_> = (0..count).map(|_| tenant.event()).collect();
        let ids = events.iter().map(|event| event.id.to_string()).collect();
        let writes = events.into_iter().map(|event| async {
            let answer = self.journal.reserve().unwrap().record(event).await;
            assert!(matches!(answer, Ok(Recording::Durable(_))));
        });
        futures::future::join_all(writes).await;
        ids
    }

    async fn end(self) {
        self.journal.close(Duration::from_secs(5)).await;
        self.database.drop_now().await;
    }
}

/// Other tests' transactions hold the reader back for a moment.
async fn next(relay: &PgJournalRelay) -> RelayClaim {
    for _ in 0..500 {
        if let Some(claim) = relay.claim().await.unwrap() {
            return claim;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing to claim");
}

/// Reads on until as many events have come.
async fn drain(relay: &PgJournalRelay, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let claim = next(relay).await;
        ids.extend(claim.batches.iter().flat_map(event_ids));
        assert!(relay.confirm(&claim).await.unwrap());
    }
    ids
}

fn event_ids(batch: &RelayBatch) -> Vec<String> {
    let read = |event: &serde_json::value::RawValue| {
        let json: serde_json::Value = serde_json::from_str(event.get()).unwrap();
        assert_eq!(json["tenantId"], batch.tenant_id.as_str());
        json["id"].as_str().unwrap().to_owned()
    };
    batch.events.iter().map(|event| read(event)).collect()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[tokio::test]
async fn every_event_is_read_once_in_batches_of_one_tenant() {
    let scene = Scene::begin().await;
    let (one, other) = (scene.database.tenant().await, scene.database.tenant().await);
    let (mut written, more) = tokio::join!(scene.write(&one, 700), scene.write(&other, 30));
    written.extend(more);
    let relay = scene.relay("relay-1");
    let read = drain(&relay, written.len()).await;
    assert_eq!(sorted(read), sorted(written));
    assert!(relay.claim().await.unwrap().is_none(), "nothing is left");
    scene.end().await;
}

#[tokio::test]
async fn what_is_published_holds_ids_and_codes_and_the_actor() {
    let scene = Scene::begin().await;
    let tenant = scene.database.tenant().await;
    let written = scene.write(&tenant, 1).await;
    let claim = next(&scene.relay("relay-1")).await;
    let [batch] = claim.batches.as_slice() else {
        panic!("one batch")
    };
    assert_eq!(batch.last_event_id, written[0]);
    assert_eq!(batch.occurred_at, "2026-03-01T12:00:00Z");
    let event: serde_json::Value = serde_json::from_str(batch.events[0].get()).unwrap();
    let account = tenant.account.to_string();
    assert_eq!(
        event,
        serde_json::json!({
            "id": written[0], "tenantId": tenant.id.as_str(), "accountId": account,
            "patientId": tenant.patient().as_str(),
            "actor": {"kind": "self", "accountId": account},
            "eventType": "chart.viewed", "outcome": "success", "resourceType": "Observation",
            "resourceIds": ["obs-1", "obs-2"], "resourceCount": 2, "requestId": "request-1",
            "occurredAt": "2026-03-01T12:00:00Z"
        })
    );
    scene.end().await;
}

#[tokio::test]
async fn an_act_of_a_proxy_is_published_with_its_delegation() {
    let scene = Scene::begin().await;
    let tenant = scene.database.tenant().await;
    let family = TestFamily::new();
    scene.database.delegate(&tenant, &family).await;
    let place = scene.journal.reserve().unwrap();
    place.record(tenant.proxy_event(&family)).await.unwrap();
    let claim = next(&scene.relay("relay-1")).await;
    let event: serde_json::Value = serde_json::from_str(claim.batches[0].events[0].get()).unwrap();
    assert_eq!(
        event["actor"],
        serde_json::json!({
            "kind": "proxy", "actingAsProxy": true,
            "proxyDelegationId": family.delegation.to_string(),
            "accountId": family.proxy.to_string()
        })
    );
    scene.end().await;
}

#[tokio::test]
async fn after_a_crash_exactly_the_same_batches_go_again() {
    let scene = Scene::begin().await;
    let (one, other) = (scene.database.tenant().await, scene.database.tenant().await);
    scene.write(&one, 600).await;
    scene.write(&other, 20).await;
    let crashed = next(&scene.relay("crashed")).await;
    let heir = scene.relay("heir");
    assert!(
        heir.claim().await.unwrap().is_none(),
        "the lease still holds"
    );
    scene.write(&one, 50).await;
    scene
        .database
        .as_owner("UPDATE relay_cursors SET lease_until = now() - interval '1 s'")
        .await;
    let again = next(&heir).await;
    assert_eq!(
        format!("{:?}", crashed.batches),
        format!("{:?}", again.batches)
    );
    assert!(again.fencing_token > crashed.fencing_token);
    assert!(
        !scene.relay("crashed").confirm(&crashed).await.unwrap(),
        "it was fenced off"
    );
    assert!(heir.confirm(&again).await.unwrap());
    let first: usize = again.batches.iter().map(|batch| batch.events.len()).sum();
    assert_eq!(drain(&heir, 670 - first).await.len(), 670 - first);
    scene.end().await;
}

#[tokio::test]
async fn a_claim_that_was_not_published_comes_again_to_the_same_relay() {
    let scene = Scene::begin().await;
    let tenant = scene.database.tenant().await;
    scene.write(&tenant, 3).await;
    let relay = scene.relay("relay-1");
    let (first, second) = (next(&relay).await, next(&relay).await);
    assert_eq!(
        format!("{:?}", first.batches),
        format!("{:?}", second.batches)
    );
    assert!(!relay.confirm(&first).await.unwrap());
    assert!(relay.confirm(&second).await.unwrap());
    scene.end().await;
}

#[tokio::test]
async fn a_commit_that_comes_late_is_not_skipped() {
    let scene = Scene::begin().await;
    let tenant = scene.database.tenant().await;
    // Takes its transaction id before the others, and commits after them.
    let mut slow = scene.database.connect("DATABASE_JOURNAL_URL").await;
    let mut transaction = slow.begin().await.unwrap();
    let late = tenant.event().id.to_string();
    let sql = format!(
        "INSERT INTO access_events (tenant_id, event_id, retention_years, occurred_at, actor_kind,
            event_type, outcome, resource_ids, resource_count, query_keys, operation,
            user_agent_class, request_id)
        VALUES ('{}', '{late}', 7, '2026-03-01T12:00:00Z', 'self', 'chart.viewed', 'success', '{{}}',
            0, '{{}}', 'listVitals', 'browser', 'request-2')",
        tenant.id
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut *transaction)
        .await
        .unwrap();
    let mut written = scene.write(&tenant, 5).await;
    let relay = scene.relay("relay-1");
    for _ in 0..5 {
        assert!(
            relay.claim().await.unwrap().is_none(),
            "nothing behind the open one is read"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    transaction.commit().await.unwrap();
    written.push(late.clone());
    let read = drain(&relay, 6).await;
    assert_eq!(read[0], late, "journal order");
    assert_eq!(sorted(read), sorted(written));
    scene.end().await;
}

#[tokio::test]
async fn relays_that_race_never_hold_the_same_claim() {
    let scene = Scene::begin().await;
    let tenant = scene.database.tenant().await;
    let written = scene.write(&tenant, 40).await;
    let relays: Vec<_> = (0..4)
        .map(|index| scene.relay(&format!("relay-{index}")))
        .collect();
    let mut read = Vec::new();
    while read.len() < written.len() {
        let claims = futures::future::join_all(relays.iter().map(JournalRelay::claim)).await;
        let held: Vec<_> = claims
            .into_iter()
            .enumerate()
            .filter_map(|(index, claim)| claim.unwrap().map(|claim| (index, claim)))
            .collect();
        assert!(held.len() <= 1);
        for (index, claim) in held {
            read.extend(claim.batches.iter().flat_map(event_ids));
            assert!(relays[index].confirm(&claim).await.unwrap());
        }
    }
    assert_eq!(sorted(read), sorted(written));
    scene.end().await;
}
