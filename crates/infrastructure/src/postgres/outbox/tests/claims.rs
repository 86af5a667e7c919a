use std::collections::HashSet;

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn nothing_is_read_before_its_commit_or_without_one() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    let mut change = scene.change().await;
    let committed = scene.push(&mut change, account()).await;
    assert!(relay.claim().await.unwrap().is_none());
    let mut undone = scene.change().await;
    scene.push(&mut undone, account()).await;
    undone.rollback().await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(drain(&relay).await, [committed]);
    scene.end().await;
}

#[tokio::test]
async fn a_message_is_read_as_it_was_stored() {
    let scene = Scene::begin().await;
    let account = account();
    let stored = scene.commit(&[account]).await;
    let claim = claim(&scene.relay("relay-1")).await;
    let [message] = claim.messages.as_slice() else {
        panic!("one message")
    };
    assert_eq!(message.event_id, stored[0]);
    assert_eq!(message.tenant_id, scene.tenant.id);
    assert_eq!(message.aggregate_id, account.to_string());
    assert_eq!(message.event_type, "portal.account.created.v1");
    assert_eq!(message.correlation_id.as_deref(), Some("request-1"));
    assert_eq!(message.traceparent.as_deref(), Some(TRACE));
    assert_eq!((message.occurred_at, message.attempts), (now(), 0));
    let data: serde_json::Value = serde_json::from_str(message.data.get()).unwrap();
    assert_eq!(
        data,
        serde_json::json!({
            "accountId": account.to_string(), "patientId": scene.tenant.patient().as_str(),
            "status": "active"
        })
    );
    scene.end().await;
}

#[tokio::test]
async fn a_late_commit_with_an_early_position_is_not_passed_over() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    let mut late = scene.change().await;
    let early_position = scene.push(&mut late, account()).await;
    let early_commit = scene.commit(&[account()]).await;
    assert_eq!(drain(&relay).await, early_commit);
    late.commit().await.unwrap();
    assert_eq!(drain(&relay).await, [early_position]);
    scene.end().await;
}

#[tokio::test]
async fn a_lane_has_one_relay_at_a_time() {
    let scene = Scene::begin().await;
    let (one, other) = (scene.relay("relay-1"), scene.relay("relay-2"));
    let stored = scene.commit(&[account()]).await;
    let held = claim(&one).await;
    assert!(other.claim().await.unwrap().is_none(), "it is held");
    assert_eq!(
        ids(&claim(&one).await),
        stored,
        "its own lane it may take anew"
    );
    let late = settle(&one, &held, PublishOutcome::Published).await;
    assert_eq!(late, 0, "the token of an older claim of the same relay");
    scene.end().await;
}

#[tokio::test]
async fn who_lost_a_lease_marks_nothing() {
    let scene = Scene::begin().await;
    let (one, other) = (scene.relay("relay-1"), scene.relay("relay-2"));
    let account = account();
    let stored = scene.commit(&[account, account]).await;
    let lost = claim(&one).await;
    scene
        .as_time(
            "UPDATE outbox_lanes SET lease_until = now() - interval '1 s' WHERE owner IS NOT NULL",
        )
        .await;
    let taken = claim(&other).await;
    assert_eq!(ids(&taken), stored);
    assert_eq!(settle(&one, &lost, PublishOutcome::Published).await, 0);
    assert_eq!(
        settle(&one, &lost, PublishOutcome::Dead("refused")).await,
        0
    );
    assert_eq!(settle(&other, &taken, PublishOutcome::Published).await, 2);
    assert_eq!(settle(&other, &taken, PublishOutcome::Published).await, 0);
    assert!(one.claim().await.unwrap().is_none());
    scene.end().await;
}

#[tokio::test]
async fn a_lane_that_was_given_back_is_free_at_once() {
    let scene = Scene::begin().await;
    let (one, other) = (scene.relay("relay-1"), scene.relay("relay-2"));
    let stored = scene.commit(&[account()]).await;
    let left = claim(&one).await;
    assert_eq!(one.settle(&left, &[]).await.unwrap(), 0);
    assert_eq!(drain(&other).await, stored);
    let lanes: Vec<LaneLease> = left.lanes;
    assert_eq!(lanes.len(), 1);
    scene.end().await;
}

#[tokio::test]
async fn an_aggregate_waits_for_its_retry_and_its_neighbour_does_not() {
    let scene = Scene::begin().await;
    let relay = scene.relay("relay-1");
    let (one, other) = neighbours();
    let first = scene.commit(&[one]).await;
    let waiting = claim(&relay).await;
    settle(
        &relay,
        &waiting,
        PublishOutcome::Retry(Duration::from_mins(1)),
    )
    .await;
    let behind = scene.commit(&[one, other, one]).await;
    assert_eq!(drain(&relay).await, [behind[1]]);
    scene
        .as_time("UPDATE outbox_messages SET next_try_at = now() WHERE attempts > 0")
        .await;
    let again = claim(&relay).await;
    assert_eq!(ids(&again), [first[0], behind[0], behind[2]]);
    assert_eq!(again.messages[0].attempts, 1);
    scene.end().await;
}

#[tokio::test]
async fn the_order_of_an_aggregate_survives_more_events_than_one_claim_takes() {
    let scene = Scene::begin().await;
    let account = account();
    let stored = scene.commit(&[account; 200]).await;
    assert_eq!(drain(&scene.relay("relay-1")).await, stored);
    scene.end().await;
}

#[tokio::test]
async fn many_relays_mark_each_message_once() {
    let scene = Scene::begin().await;
    let accounts: Vec<_> = (0..300).map(|_| account()).collect();
    let mut stored = HashSet::new();
    for _ in 0..5 {
        stored.extend(scene.commit(&accounts).await);
    }
    let relays: Vec<_> = (0..4).map(|n| scene.relay(&format!("relay-{n}"))).collect();
    let drained = join_all(relays.iter().map(|relay| async {
        let mut marked = Vec::new();
        while relay.backlog().await.unwrap().pending > 0 {
            let Some(claim) = relay.claim().await.unwrap() else {
                continue;
            };
            let count = settle(relay, &claim, PublishOutcome::Published).await;
            assert_eq!(count, claim.messages.len() as u64);
            marked.extend(ids(&claim));
        }
        marked
    }))
    .await;
    let marked: Vec<_> = drained.into_iter().flatten().collect();
    assert_eq!(marked.len(), stored.len());
    assert_eq!(marked.into_iter().collect::<HashSet<_>>(), stored);
    scene.end().await;
}
