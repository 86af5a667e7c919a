use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::super::listener::OutboxListener;
use super::*;

/// Whoever listens at an address.
fn listening(url: &str) -> (Arc<Notify>, AbortOnDropHandle<std::convert::Infallible>) {
    let listener = OutboxListener::new(url).unwrap();
    let wake = Arc::new(Notify::new());
    let woken = Arc::clone(&wake);
    let task = tokio::spawn(async move { listener.listen(woken).await });
    (wake, AbortOnDropHandle::new(task))
}

/// Whether nothing wakes for so long as a connection that is not proven would have to.
async fn is_quiet(wake: &Notify) -> bool {
    timeout(Duration::from_millis(600), wake.notified())
        .await
        .is_err()
}

#[tokio::test]
async fn once_a_notice_was_heard_only_commits_wake() {
    let scene = Scene::begin().await;
    let (wake, _listening) = listening(&scene.database.url("DATABASE_URL"));
    let end = Instant::now() + Duration::from_secs(20);
    while !is_quiet(&wake).await {
        assert!(Instant::now() < end, "no notice came");
        scene.commit(&[account()]).await;
        while timeout(Duration::from_millis(100), wake.notified())
            .await
            .is_ok()
        {}
    }
    let mut change = scene.change().await;
    scene.push(&mut change, account()).await;
    assert!(is_quiet(&wake).await, "before the commit");
    change.commit().await.unwrap();
    timeout(Duration::from_secs(10), wake.notified())
        .await
        .unwrap();
    scene.end().await;
}

#[tokio::test]
async fn who_hears_nothing_is_woken_five_times_a_second() {
    let scene = Scene::begin().await;
    let silent = scene.database.url("DATABASE_URL");
    for url in [
        silent.as_str(),
        "postgres://portal_app:none@127.0.0.1:1/portal",
    ] {
        let (wake, _listening) = listening(url);
        for _ in 0..4 {
            timeout(Duration::from_secs(10), wake.notified())
                .await
                .unwrap();
        }
    }
    scene.end().await;
}
