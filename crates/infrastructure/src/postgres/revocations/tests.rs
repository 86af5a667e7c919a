use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portal_domain::id::TenantId;
use sqlx::Connection as _;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::super::database::Login;
use super::super::test_database::{TestDatabase, TestTenant, now, random};
use super::*;
use crate::crypto::RevocationKind;

fn entry(not_before: Timestamp, until: Option<Timestamp>) -> Revocation {
    let mut hash = [7; 32];
    hash[..16].copy_from_slice(&random().to_bytes());
    Revocation {
        key: RevocationKey {
            kind: RevocationKind::Session,
            hash,
        },
        not_before,
        until,
    }
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn refuses(
    list: &PgRevocations,
    tenant: &TenantId,
    revocation: &Revocation,
    iat: Timestamp,
) -> bool {
    let key = [revocation.key].into_iter();
    list.list.standing(tenant, key, iat, Instant::now()).revoked
}

async fn until(mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "never");
        sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

/// A database, one of its tenants, and the list with what wakes it.
struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    revoker: PgRevoker,
    wake: Arc<Notify>,
    list: PgRevocations,
}

impl Scene {
    async fn of(database: TestDatabase) -> Self {
        let wake = Arc::new(Notify::new());
        let journal = database.database(Login::Journal);
        let scene = Self {
            tenant: database.tenant().await,
            revoker: PgRevoker::new(database.database(Login::App)),
            list: PgRevocations::start(journal, Arc::clone(&wake)),
            wake,
            database,
        };
        until(|| scene.list.is_loaded()).await;
        scene
    }

    async fn new() -> Self {
        Self::of(TestDatabase::shared().await).await
    }

    async fn revoke(&self, revocation: &Revocation) {
        let done = self.revoker.revoke(&self.tenant.id, revocation).await;
        done.expect("written");
    }

    fn refuses(&self, revocation: &Revocation, issued_at: Timestamp) -> bool {
        refuses(&self.list, &self.tenant.id, revocation, issued_at)
    }
}

#[tokio::test]
async fn an_entry_is_in_the_list_after_two_seconds_and_at_once_after_a_hint() {
    let scene = Scene::new().await;
    let [polled, hinted] = [entry(now(), None), entry(now(), None)];
    scene.revoke(&polled).await;
    let took = until(|| scene.refuses(&polled, now())).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
    scene.revoke(&hinted).await;
    scene.wake.notify_one();
    let took = until(|| scene.refuses(&hinted, now())).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(!scene.refuses(&hinted, later(1)), "a later login works");
    assert!(scene.list.component().healthy);
}

#[tokio::test]
async fn a_pod_knows_what_was_revoked_before_it_started() {
    let first = Scene::new().await;
    let revocation = entry(now(), None);
    first.revoke(&revocation).await;
    let later_pod = Scene::new().await;
    assert!(refuses(
        &later_pod.list,
        &first.tenant.id,
        &revocation,
        now()
    ));
    assert!(
        !refuses(&later_pod.list, &later_pod.tenant.id, &revocation, now()),
        "another tenant"
    );
}

#[tokio::test]
async fn of_two_entries_the_later_one_and_the_longer_one_count() {
    let scene = Scene::new().await;
    let first = entry(now(), Some(later(900)));
    let moved = Revocation {
        not_before: later(60),
        until: Some(later(960)),
        ..first
    };
    let stored = async || -> (jiff_sqlx::Timestamp, Option<jiff_sqlx::Timestamp>) {
        let mut app = scene.database.connect("DATABASE_URL").await;
        let mut transaction = app.begin().await.unwrap();
        super::super::database::set_tenant(&mut transaction, &scene.tenant.id)
            .await
            .unwrap();
        sqlx::query_as("SELECT not_before, until FROM revocations WHERE key_hash = $1")
            .bind(first.key.hash)
            .fetch_one(&mut *transaction)
            .await
            .unwrap()
    };
    for revocation in [first, moved, first] {
        scene.revoke(&revocation).await;
    }
    let (not_before, until) = stored().await;
    assert_eq!(Timestamp::from(not_before), later(60));
    assert_eq!(until.map(Timestamp::from), Some(later(960)));
    scene
        .revoke(&Revocation {
            until: None,
            ..first
        })
        .await;
    scene.revoke(&moved).await;
    assert!(
        stored().await.1.is_none(),
        "one that stays is not shortened"
    );
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_still_seen() {
    let scene = Scene::new().await;
    let (slow, quick) = (entry(now(), None), entry(now(), None));
    let mut app = scene.database.connect("DATABASE_URL").await;
    let mut transaction = app.begin().await.unwrap();
    super::super::database::set_tenant(&mut transaction, &scene.tenant.id)
        .await
        .unwrap();
    upsert(&mut transaction, &scene.tenant.id, &slow)
        .await
        .unwrap();
    scene.revoke(&quick).await;
    scene.wake.notify_one();
    until(|| scene.refuses(&quick, now())).await;
    assert!(!scene.refuses(&slow, now()));
    transaction.commit().await.unwrap();
    scene.wake.notify_one();
    until(|| scene.refuses(&slow, now())).await;
}

#[tokio::test]
async fn however_many_hints_come_the_database_is_asked_at_most_twenty_times_a_second() {
    let scene = Scene::of(TestDatabase::fresh().await).await;
    let mut superuser = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    let mut scans = async || -> i64 {
        // A session reports its counters with its next statement, once a second.
        sleep(Duration::from_millis(2_500)).await;
        sqlx::query_scalar(
            "SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relname = 'revocations'",
        )
        .fetch_one(&mut superuser)
        .await
        .unwrap()
    };
    let before = scans().await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        scene.wake.notify_one();
        sleep(Duration::from_millis(1)).await;
    }
    let asked = scans().await - before;
    assert!((3..=26).contains(&asked), "{asked}");
}

#[tokio::test]
async fn a_list_of_many_pages_is_loaded_whole() {
    let database = TestDatabase::fresh().await;
    let tenant = database.tenant().await;
    let id = &tenant.id;
    database
        .as_owner(&format!(
            "BEGIN; SELECT set_config('app.tenant_id', '{id}', true);
            INSERT INTO revocations (tenant_id, kind, key_hash, not_before, until)
                SELECT '{id}', 'token', sha256(n::text::bytea), '2026-03-01T12:00:00Z',
                    CASE WHEN n <= 2 THEN '2020-01-01T00:00:00Z'::timestamptz END
                FROM generate_series(1, 12000) n;
            COMMIT"
        ))
        .await;
    let scene = Scene::of(database).await;
    let known = |n: u32| {
        let mut revocation = entry(now(), None);
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, n.to_string().as_bytes());
        revocation.key.kind = RevocationKind::Token;
        revocation.key.hash.copy_from_slice(hash.as_ref());
        refuses(&scene.list, id, &revocation, now())
    };
    assert!((3..=12_000).all(known));
    assert!(!known(1) && !known(2), "their tokens have expired");
}

#[tokio::test]
async fn a_list_that_cannot_be_followed_is_stale_and_recovers_by_itself() {
    let database = TestDatabase::fresh().await;
    let journal = Database::new(Login::Journal, &database.url("DATABASE_JOURNAL_URL"));
    let mut scene = Scene::of(database).await;
    scene.list = PgRevocations::start(journal.expect("a URL"), Arc::default());
    let revocation = entry(now(), None);
    scene.revoke(&revocation).await;
    until(|| scene.refuses(&revocation, now())).await;
    let mut owner = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    let mut transaction = owner.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE revocations IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let took = until(|| !scene.list.component().healthy).await;
    assert!((2..8).contains(&took.as_secs()), "{took:?}");
    assert!(scene.list.is_loaded());
    assert!(
        scene.refuses(&revocation, now()),
        "what is known still counts"
    );
    // Several statements are given up meanwhile.
    sleep(Duration::from_secs(2)).await;
    transaction.rollback().await.unwrap();
    let took = until(|| scene.list.component().healthy).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn nothing_is_fresh_or_loaded_without_a_database() {
    let url = "postgres://portal_journal:none@127.0.0.1:1/portal";
    let database = Database::new(Login::Journal, url).unwrap();
    let list = PgRevocations::start(database, Arc::default());
    sleep(Duration::from_millis(500)).await;
    assert!(!list.is_loaded());
    assert!(!list.component().healthy);
}
