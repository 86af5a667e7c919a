use portal_application::ports::{DeadLetters as _, OutboxBacklog};

use super::*;

/// Has everything that is pending given up.
async fn give_up(relay: &PgOutboxRelay) {
    while let Some(claim) = relay.claim().await.unwrap() {
        settle(relay, &claim, PublishOutcome::Dead("too-large")).await;
    }
}

#[tokio::test]
async fn a_dead_letter_holds_back_nobody_and_is_counted() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    let account = account();
    scene.commit(&[account]).await;
    give_up(&relay).await;
    let later = scene.commit(&[account]).await;
    let backlog = relay.backlog().await.unwrap();
    assert_eq!((backlog.pending, backlog.dead_letters), (1, 1));
    assert!(backlog.oldest > Duration::ZERO);
    assert_eq!(drain(&relay).await, later);
    let left = OutboxBacklog {
        dead_letters: 1,
        ..OutboxBacklog::default()
    };
    assert_eq!(relay.backlog().await.unwrap(), left);
    scene.end().await;
}

#[tokio::test]
async fn dead_letters_are_listed_page_by_page_for_their_tenant_alone() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    let account = account();
    let mut stored = scene.commit(&[account; 3]).await;
    stored.sort();
    give_up(&relay).await;
    scene.commit(&[account]).await;
    let tenant = &scene.tenant.id;
    let page = relay.dead_letters(tenant, 2, None).await.unwrap();
    assert_eq!(page.len(), 2);
    assert_eq!((page[0].event_id, page[1].event_id), (stored[0], stored[1]));
    assert_eq!(page[0].reason, "too-large");
    assert_eq!((page[0].attempts, page[0].occurred_at), (1, now()));
    let rest = relay
        .dead_letters(tenant, 2, Some(stored[1]))
        .await
        .unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].event_id, stored[2]);
    let foreign = scene.database.tenant().await;
    assert_eq!(relay.dead_letters(&foreign.id, 2, None).await.unwrap(), []);
    assert!(!relay.replay(&foreign.id, stored[0]).await.unwrap());
    scene.end().await;
}

#[tokio::test]
async fn a_replayed_dead_letter_goes_out_as_if_it_were_new() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    let stored = scene.commit(&[account()]).await;
    give_up(&relay).await;
    let tenant = &scene.tenant.id;
    assert!(relay.replay(tenant, stored[0]).await.unwrap());
    assert!(!relay.replay(tenant, stored[0]).await.unwrap(), "once");
    let again = claim(&relay).await;
    assert_eq!(ids(&again), stored);
    assert_eq!(again.messages[0].attempts, 0);
    settle(&relay, &again, PublishOutcome::Published).await;
    assert!(!relay.replay(tenant, stored[0]).await.unwrap(), "it is out");
    assert_eq!(relay.backlog().await.unwrap(), OutboxBacklog::default());
    scene.end().await;
}

#[tokio::test]
async fn only_what_was_published_a_week_ago_is_removed() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    scene.commit(&[account()]).await;
    give_up(&relay).await;
    scene.commit(&[account(), account()]).await;
    drain(&relay).await;
    scene.commit(&[account()]).await;
    assert!(!relay.prune().await.unwrap());
    let left = async || {
        let sql = "SELECT count(*) FROM outbox_messages";
        let mut superuser = scene.database.connect("DATABASE_SUPERUSER_URL").await;
        let left: i64 = sqlx::query_scalar(sql)
            .fetch_one(&mut superuser)
            .await
            .unwrap();
        left
    };
    assert_eq!(left().await, 4);
    scene
        .as_time(
            "UPDATE outbox_messages SET published_at = published_at - interval '7 days',
                dead_at = dead_at - interval '7 days'",
        )
        .await;
    assert!(
        !relay.prune().await.unwrap(),
        "nothing more is left to remove"
    );
    assert_eq!(left().await, 2);
    scene.end().await;
}
