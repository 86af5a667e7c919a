use portal_application::ports::IdempotencyClaim::{Answered, Free, InProgress};
use portal_application::ports::{IdempotencyClaim, IdempotencyRecord};
use sqlx::PgConnection;

use super::*;

pub(super) fn record() -> IdempotencyRecord {
    IdempotencyRecord {
        payload_hash: [7; 32],
        status: 201,
        resource_id: Some("pdel_01".to_owned()),
    }
}

async fn claim(work: &mut dyn UnitOfWork, key: Hash, at: Timestamp) -> IdempotencyClaim {
    work.idempotency().claim(key, at).await.unwrap()
}

/// Answers a request of a key.
async fn answer(scene: &Scene, key: Hash, record: &IdempotencyRecord, at: Timestamp) {
    let mut work = scene.change().await;
    assert_eq!(claim(&mut *work, key, at).await, Free);
    let kept = work.idempotency().remember(key, record, at);
    kept.await.unwrap();
    scene.commit(work).await;
}

#[tokio::test]
async fn a_key_is_held_until_its_request_ends() {
    let scene = Scene::begin().await;
    let key = some_hash();
    let mut first = scene.change().await;
    let mut second = scene.change().await;
    assert_eq!(claim(&mut *first, key, now()).await, Free);
    assert_eq!(claim(&mut *second, key, now()).await, InProgress);
    assert_eq!(claim(&mut *second, some_hash(), now()).await, Free);
    let record = record();
    let kept = first.idempotency().remember(key, &record, now());
    kept.await.unwrap();
    assert_eq!(claim(&mut *second, key, now()).await, InProgress);
    scene.commit(first).await;
    assert_eq!(claim(&mut *second, key, now()).await, Answered(record));
}

#[tokio::test]
async fn a_request_that_came_to_nothing_frees_its_key() {
    let scene = Scene::begin().await;
    let key = some_hash();
    let mut first = scene.change().await;
    assert_eq!(claim(&mut *first, key, now()).await, Free);
    drop(first);
    let mut second = scene.change().await;
    // The rollback is on its way.
    let mut claimed = claim(&mut *second, key, now()).await;
    for _ in 0..100 {
        if claimed == Free {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        claimed = claim(&mut *second, key, now()).await;
    }
    assert_eq!(claimed, Free);
}

#[tokio::test]
async fn an_answer_is_forgotten_after_a_day() {
    let scene = Scene::begin().await;
    let key = some_hash();
    answer(&scene, key, &record(), now()).await;
    let next_day = now() + HOUR * 24;
    let mut work = scene.change().await;
    let late = claim(&mut *work, key, next_day - SECOND).await;
    assert_eq!(late, Answered(record()));
    scene.commit(work).await;
    let another = IdempotencyRecord {
        status: 202,
        resource_id: None,
        ..record()
    };
    answer(&scene, key, &another, next_day).await;
    let mut work = scene.change().await;
    assert_eq!(claim(&mut *work, key, next_day).await, Answered(another));
}

async fn pruned(worker: &mut PgConnection, before: Timestamp) -> u64 {
    sqlx::query("DELETE FROM idempotency_records WHERE expires_at <= $1")
        .bind(jiff_sqlx::Timestamp::from(before))
        .execute(worker)
        .await
        .unwrap()
        .rows_affected()
}

#[tokio::test]
async fn the_sweep_removes_what_has_come_to_its_end() {
    let database = TestDatabase::fresh().await;
    let scene = Scene::in_database(database).await;
    answer(&scene, some_hash(), &record(), now()).await;
    let mut worker = scene.database.connect("DATABASE_WORKER_URL").await;
    let next_day = now() + HOUR * 24;
    assert_eq!(pruned(&mut worker, next_day - SECOND).await, 0);
    assert_eq!(pruned(&mut worker, next_day).await, 1);
    scene.database.drop_now().await;
}
