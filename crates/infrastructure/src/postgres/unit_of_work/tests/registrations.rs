use portal_application::ports::AttemptKind::{self, Mrn, Subject as OfSubject};

use super::*;

async fn count(scene: &Scene, kind: AttemptKind, key: Hash, at: Timestamp) -> u32 {
    let mut work = scene.change().await;
    let counted = work.registrations().count_attempt(kind, key, at).await;
    scene.commit(work).await;
    counted.unwrap()
}

/// Uses a link up, if it opens anything.
async fn take(scene: &Scene, token: Hash, identity: Hash, at: Timestamp) -> Option<Verification> {
    let mut work = scene.change().await;
    let used = work.registrations().take(token, identity, at).await;
    scene.commit(work).await;
    used.unwrap()
}

async fn replace(scene: &Scene, link: &Verification) {
    let mut work = scene.change().await;
    let replaced = work.registrations().replace(link, now()).await;
    scene.commit(work).await;
    replaced.unwrap();
}

#[tokio::test]
async fn attempts_are_counted_hour_by_hour() {
    let scene = Scene::begin().await;
    let (key, other) = (some_hash(), some_hash());
    let last_minute = now() + HOUR - SECOND;
    assert_eq!(count(&scene, OfSubject, key, now()).await, 1);
    assert_eq!(count(&scene, OfSubject, key, last_minute).await, 2);
    assert_eq!(count(&scene, OfSubject, other, now()).await, 1);
    assert_eq!(count(&scene, Mrn, key, now()).await, 1);
    assert_eq!(count(&scene, OfSubject, key, now() + HOUR).await, 1);
}

#[tokio::test]
async fn hours_that_nobody_asks_about_are_forgotten() {
    let scene = Scene::begin().await;
    let key = some_hash();
    for hours in [0, 1, 4] {
        count(&scene, OfSubject, key, now() + HOUR * hours).await;
    }
    let mut superuser = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM registration_attempts WHERE tenant_id = $1")
            .bind(scene.tenant.id.as_str())
            .fetch_one(&mut superuser)
            .await
            .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn attempts_at_once_are_all_counted() {
    let scene = Scene::begin().await;
    let key = some_hash();
    let attempts = (0..8).map(|_| count(&scene, OfSubject, key, now()));
    let mut counted = futures::future::join_all(attempts).await;
    counted.sort_unstable();
    assert_eq!(counted, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn a_link_is_used_once_and_by_who_registered() {
    let scene = Scene::begin().await;
    let owner = some_hash();
    let link = link(owner);
    replace(&scene, &link).await;
    assert_eq!(
        take(&scene, link.token_hash, some_hash(), now()).await,
        None
    );
    assert_eq!(take(&scene, some_hash(), owner, now()).await, None);
    let taken = take(&scene, link.token_hash, owner, now()).await;
    assert_eq!(taken.as_ref(), Some(&link));
    assert_eq!(take(&scene, link.token_hash, owner, now()).await, None);
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_does() {
    let scene = Scene::begin().await;
    for round in 0..10 {
        let owner = some_hash();
        let link = link(owner);
        replace(&scene, &link).await;
        let used = || take(&scene, link.token_hash, owner, now());
        let (one, other) = tokio::join!(used(), used());
        assert!(one.is_some() != other.is_some(), "round {round}");
    }
}

#[tokio::test]
async fn a_link_ends_with_its_time() {
    let scene = Scene::begin().await;
    let owner = some_hash();
    let link = link(owner);
    replace(&scene, &link).await;
    let used = |at| take(&scene, link.token_hash, owner, at);
    assert_eq!(used(link.expires_at).await, None);
    assert!(used(link.expires_at - SECOND).await.is_some());
}

#[tokio::test]
async fn a_newer_link_takes_the_place_of_an_older_one() {
    let scene = Scene::begin().await;
    let owner = some_hash();
    let (older, newer, anothers) = (link(owner), link(owner), link(some_hash()));
    for link in [&older, &anothers, &newer] {
        replace(&scene, link).await;
    }
    let mut work = scene.change().await;
    let newest = work.registrations().newest(owner).await.unwrap();
    assert_eq!(newest.as_ref(), Some(&newer));
    drop(work);
    assert_eq!(take(&scene, older.token_hash, owner, now()).await, None);
    assert!(take(&scene, newer.token_hash, owner, now()).await.is_some());
    let others = take(&scene, anothers.token_hash, anothers.identity_hash, now());
    assert!(others.await.is_some());
}
