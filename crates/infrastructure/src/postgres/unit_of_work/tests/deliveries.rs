use portal_application::ports::{Deliveries as _, DueDelivery};

use super::super::super::deliveries::PgDeliveries;
use super::*;

const MINUTE: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// A database of its own: claims go through all tenants.
async fn begin() -> (Scene, PgDeliveries) {
    let scene = Scene::in_database(TestDatabase::fresh().await).await;
    let worker = scene.database.database(Login::Worker);
    let deliveries = PgDeliveries::new(worker, DeliverySeal::new(ring()));
    (scene, deliveries)
}

async fn deliver(scene: &Scene, ids: &[&str]) {
    let mut work = scene.change().await;
    for id in ids {
        let delivery = scene.delivery(id);
        work.deliver(&delivery, now() + HOUR).await.unwrap();
    }
    scene.commit(work).await;
}

async fn claim(deliveries: &PgDeliveries, at: Timestamp) -> Vec<DueDelivery> {
    deliveries.claim(at).await.unwrap()
}

fn ids<'a>(claims: impl IntoIterator<Item = &'a DueDelivery>) -> Vec<&'a str> {
    let ids = claims.into_iter().map(|due| due.delivery.id.as_str());
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    ids
}

async fn waiting(scene: &Scene) -> Vec<(String, Vec<u8>)> {
    let mut worker = scene.database.connect("DATABASE_WORKER_URL").await;
    let asked = sqlx::query_as("SELECT d::text, sealed FROM deliveries d ORDER BY delivery_id");
    asked.fetch_all(&mut worker).await.unwrap()
}

#[tokio::test]
async fn what_is_on_its_way_is_sealed() {
    let (scene, deliveries) = begin().await;
    deliver(&scene, &["delivery-1"]).await;
    let rows = waiting(&scene).await;
    let [(row, sealed)] = rows.as_slice() else {
        panic!("one row")
    };
    let Delivery {
        address,
        secret,
        template_key,
        ..
    } = scene.delivery("delivery-1");
    for kept in [address.expose(), &secret, &template_key] {
        let bytes = kept.as_bytes();
        assert!(!row.contains(kept), "{row}");
        assert!(!sealed.windows(bytes.len()).any(|part| part == bytes));
    }
    let claimed = claim(&deliveries, now()).await;
    let opened: Vec<&Delivery> = claimed.iter().map(|due| &due.delivery).collect();
    assert_eq!(opened, [&scene.delivery("delivery-1")]);
    scene.database.drop_now().await;
}

#[tokio::test]
async fn a_row_that_was_moved_to_another_id_is_not_opened() {
    let (scene, deliveries) = begin().await;
    deliver(&scene, &["delivery-1", "delivery-2"]).await;
    let moved = "UPDATE deliveries SET delivery_id = 'delivery-3' WHERE delivery_id = 'delivery-1'";
    scene.database.as_owner_of(&scene.tenant, moved).await;
    assert_eq!(ids(&claim(&deliveries, now()).await), ["delivery-2"]);
    scene.database.drop_now().await;
}

#[tokio::test]
async fn of_two_claimers_one_has_it() {
    let (scene, deliveries) = begin().await;
    let all = ["1", "2", "3", "4", "5"];
    for round in 0..10 {
        deliver(&scene, &all).await;
        let (one, other) = tokio::join!(claim(&deliveries, now()), claim(&deliveries, now()));
        assert_eq!(ids(one.iter().chain(&other)), all, "round {round}");
        for due in one.iter().chain(&other) {
            deliveries.done(&due.delivery).await.unwrap();
        }
    }
    scene.database.drop_now().await;
}

#[tokio::test]
async fn a_claim_that_came_to_nothing_is_made_again_after_a_minute() {
    let (scene, deliveries) = begin().await;
    deliver(&scene, &["delivery-1"]).await;
    let tried = |claims: Vec<DueDelivery>| claims.first().map(|due| due.attempts);
    assert_eq!(tried(claim(&deliveries, now()).await), Some(0));
    assert_eq!(
        tried(claim(&deliveries, now() + MINUTE - SECOND).await),
        None
    );
    let again = claim(&deliveries, now() + MINUTE).await;
    let delivery = again.first().expect("it is due").delivery.clone();
    assert_eq!(tried(again), Some(1));
    let later = now() + MINUTE * 10;
    deliveries.postpone(&delivery, later).await.unwrap();
    assert_eq!(tried(claim(&deliveries, later - SECOND).await), None);
    assert_eq!(tried(claim(&deliveries, later).await), Some(2));
    deliveries.done(&delivery).await.unwrap();
    assert_eq!(waiting(&scene).await, []);
    scene.database.drop_now().await;
}

#[tokio::test]
async fn what_nobody_took_goes_when_its_time_is_over() {
    let (scene, deliveries) = begin().await;
    deliver(&scene, &["delivery-1"]).await;
    let claimed = claim(&deliveries, now() + HOUR).await;
    assert_eq!(ids(&claimed), Vec::<&str>::new());
    assert_eq!(waiting(&scene).await, []);
    scene.database.drop_now().await;
}
