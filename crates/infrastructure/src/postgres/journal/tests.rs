use std::collections::HashSet;

use futures::future::join_all;
use portal_domain::audit::{FenceVersions, Outcome};
use sqlx::Row;

use super::super::database::Login;
use super::super::test_database::{TestDatabase, TestTenant, now};
use super::*;
use crate::crypto::KeyRing;

mod fence;

fn identities() -> KeyedHash {
    let ring = KeyRing::parse(
        "a:2026-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        now(),
    );
    KeyedHash::new(&ring.expect("a ring"), "journal-identity")
}

fn journal(database: Database) -> PgJournal {
    PgJournal::start(database, identities(), Arc::new(Notify::new()))
}

async fn record(journal: &PgJournal, event: AccessEvent) -> Answer {
    journal.reserve()?.record(event).await
}

struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    journal: PgJournal,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        let tenant = database.tenant().await;
        let journal = journal(database.database(Login::Journal));
        Self {
            database,
            tenant,
            journal,
        }
    }

    async fn rows(&self) -> Vec<sqlx::postgres::PgRow> {
        let mut connection = self.database.connect("DATABASE_WORKER_URL").await;
        sqlx::query("SELECT *, tableoid::regclass::text AS partition FROM access_events WHERE tenant_id = $1")
            .bind(self.tenant.id.as_str())
            .fetch_all(&mut connection)
            .await
            .unwrap()
    }

    async fn ids(&self) -> HashSet<String> {
        self.rows()
            .await
            .iter()
            .map(|row| row.get("event_id"))
            .collect()
    }
}

#[tokio::test]
async fn an_event_is_there_when_its_receipt_is() {
    let scene = Scene::begin().await;
    let event = scene.tenant.event();
    let id = event.id;
    let answer = record(&scene.journal, event).await.unwrap();
    assert!(matches!(answer, Recording::Durable(receipt) if receipt.event() == id));
    let rows = scene.rows().await;
    let [row] = rows.as_slice() else {
        panic!("one row")
    };
    assert_eq!(row.get::<String, _>("event_id"), id.to_string());
    assert_eq!(
        row.get::<Vec<String>, _>("resource_ids"),
        ["obs-1", "obs-2"]
    );
    assert_eq!(row.get::<Vec<String>, _>("query_keys"), ["_count"]);
    assert_eq!(row.get::<Option<Vec<u8>>, _>("identity_hash"), None);
    assert_eq!(
        row.get::<String, _>("partition"),
        "access_events_7y_2026_03"
    );
    let at: jiff::Timestamp = row.get::<jiff_sqlx::Timestamp, _>("occurred_at").into();
    assert_eq!(
        u64::try_from(at.as_millisecond()).unwrap(),
        id.ulid().timestamp_ms()
    );
}

#[tokio::test]
async fn a_denial_is_kept_without_a_fence_and_its_caller_is_a_keyed_hash() {
    let scene = Scene::begin().await;
    scene.database.raise_version(&scene.tenant).await;
    let answer = record(&scene.journal, scene.tenant.denial()).await;
    assert!(matches!(answer, Ok(Recording::Durable(_))));
    let rows = scene.rows().await;
    let [row] = rows.as_slice() else {
        panic!("one row")
    };
    assert_eq!(row.get::<String, _>("outcome"), Outcome::Denied.as_str());
    let hash: Vec<u8> = row.get("identity_hash");
    let subject = scene.tenant.subject();
    let expected = identities().of(&[TestTenant::issuer().as_str(), subject.as_str()]);
    assert_eq!(hash, expected);
}

#[tokio::test]
async fn what_queues_up_is_committed_together_and_each_gets_its_own_answer() {
    let scene = Scene::begin().await;
    let mut stale = HashSet::new();
    let events: Vec<AccessEvent> = (0..400)
        .map(|index| {
            let mut event = scene.tenant.event();
            if index % 7 == 0 {
                event.fence = Some(scene.tenant.fence(9));
                stale.insert(event.id);
            }
            event
        })
        .collect();
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    let answers = join_all(
        events
            .into_iter()
            .map(|event| record(&scene.journal, event)),
    )
    .await;
    for (id, answer) in ids.iter().zip(answers) {
        match answer.unwrap() {
            Recording::Durable(receipt) => {
                assert_eq!(receipt.event(), *id);
                assert!(!stale.contains(id));
            }
            Recording::Stale => assert!(stale.contains(id)),
        }
    }
    let rows = scene.rows().await;
    assert_eq!(rows.len(), 400 - stale.len());
    let mut connection = scene.database.connect("DATABASE_WORKER_URL").await;
    let commits: i64 = sqlx::query_scalar(
        "SELECT count(DISTINCT txid::text) FROM access_events WHERE tenant_id = $1",
    )
    .bind(scene.tenant.id.as_str())
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert!(commits < 20, "{commits} commits");
}

#[tokio::test]
async fn an_event_written_twice_is_there_once() {
    let scene = Scene::begin().await;
    let event = scene.tenant.event();
    for _ in 0..2 {
        let answer = record(&scene.journal, event.clone()).await;
        assert!(matches!(answer, Ok(Recording::Durable(_))));
    }
    assert_eq!(scene.rows().await.len(), 1);
}

#[tokio::test]
async fn one_event_that_cannot_be_stored_does_not_take_others_along() {
    let scene = Scene::begin().await;
    let mut bad = scene.tenant.event();
    bad.client_address = Some("\0".to_owned());
    let good = scene.tenant.event();
    let (refused, kept, hostile) = tokio::join!(
        record(&scene.journal, bad),
        record(&scene.journal, good),
        record(
            &scene.journal,
            AccessEvent {
                query_keys: vec!["a\0\",{}".into()],
                ..scene.tenant.event()
            }
        ),
    );
    assert_eq!(refused, Err(StoreError::Unavailable));
    assert!(matches!(kept, Ok(Recording::Durable(_))));
    assert!(matches!(hostile, Ok(Recording::Durable(_))));
    assert!(
        scene.journal.reserve().is_ok(),
        "the database is not to blame"
    );
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_withdraw_the_event() {
    let scene = Scene::begin().await;
    let event = scene.tenant.event();
    let id = event.id.to_string();
    let place = scene.journal.reserve().unwrap();
    let mut left = Box::pin(place.record(event));
    assert!(futures::poll!(left.as_mut()).is_pending());
    drop(left);
    assert!(scene.journal.close(Duration::from_secs(5)).await);
    assert_eq!(scene.ids().await, HashSet::from([id]));
}

#[tokio::test]
async fn closing_commits_what_has_a_place_and_takes_nothing_more() {
    let scene = Scene::begin().await;
    let place = scene.journal.reserve().unwrap();
    let (closed, answer) = tokio::join!(scene.journal.close(Duration::from_secs(5)), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        place.record(scene.tenant.event()).await
    });
    assert!(closed);
    assert!(matches!(answer, Ok(Recording::Durable(_))));
    assert!(scene.journal.reserve().is_err());
}

#[tokio::test]
async fn the_queue_has_an_end() {
    let scene = Scene::begin().await;
    let places: Vec<_> = (0..QUEUE)
        .map(|_| scene.journal.reserve().unwrap())
        .collect();
    assert!(scene.journal.reserve().is_err());
    drop(places);
    assert!(scene.journal.reserve().is_ok());
}

#[tokio::test]
async fn a_broken_connection_costs_nobody_an_answer() {
    let scene = Scene::begin().await;
    record(&scene.journal, scene.tenant.event()).await.unwrap();
    let own = TestDatabase::fresh().await;
    let tenant = own.tenant().await;
    let journal = journal(own.database(Login::Journal));
    record(&journal, tenant.event()).await.unwrap();
    let mut superuser = own.connect("DATABASE_SUPERUSER_URL").await;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portal_journal' AND datname = current_database()")
        .execute(&mut superuser)
        .await
        .unwrap();
    assert!(matches!(
        record(&journal, tenant.event()).await,
        Ok(Recording::Durable(_))
    ));
    drop(superuser);
    own.drop_now().await;
}

#[tokio::test]
async fn without_a_database_callers_are_refused_quickly_and_then_at_once() {
    let url = "postgres://portal_journal:none@127.0.0.1:1/portal";
    let journal = journal(Database::new(Login::Journal, url).unwrap());
    let database = TestDatabase::shared().await;
    let tenant = database.tenant().await;
    for _ in 0..3 {
        assert_eq!(
            record(&journal, tenant.event()).await,
            Err(StoreError::Unavailable)
        );
    }
    assert!(journal.reserve().is_err(), "the breaker is open");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(journal.reserve().is_ok(), "and closes by itself");
}
