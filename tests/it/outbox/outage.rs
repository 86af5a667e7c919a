//! Without the bus nothing is lost, counted or given up.

use std::time::{Duration, Instant};

use portal_tests::{PortalProcess, scene_alone};
use tokio::time::sleep;

use super::samples::{delegation, turn};
use super::{SOON, assert_told_once_and_in_order, installed, is_published};

/// A gauge as the admin port shows it.
async fn gauge(portal: &PortalProcess, name: &str) -> Option<f64> {
    let answer = portal.admin("/metrics").await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok())
}

async fn until_gauge(portal: &PortalProcess, name: &str, is_so: impl Fn(f64) -> bool) {
    let begin = Instant::now();
    while !gauge(portal, name).await.is_some_and(&is_so) {
        assert!(begin.elapsed() < SOON, "{name}");
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn what_waits_while_the_bus_is_away_drains_in_order() {
    let scene = async {
        let mut portal = installed("away").await;
        portal.start(&[]).await;
        let delegations: Vec<_> = (0..20).map(|_| delegation()).collect();
        let round = |number| {
            let turn = |delegation| turn(delegation, number);
            delegations.iter().map(turn).collect::<Vec<_>>()
        };
        portal.commit(&round(0)).await;
        portal.outbox_until(SOON, is_published).await;
        portal.servers.kill("nats");
        for number in 1..9 {
            portal.commit(&round(number)).await;
        }
        until_gauge(&portal, "portal_outbox_pending", |pending| pending > 150.0).await;
        until_gauge(&portal, "portal_outbox_oldest_seconds", |age| age > 0.5).await;
        portal.servers.restart("nats").await;
        let rows = portal.outbox_until(SOON, is_published).await;
        assert_eq!(rows.len(), 180);
        assert!(rows.iter().all(|row| row.attempts == 0));
        assert_told_once_and_in_order(&portal, &rows).await;
        until_gauge(&portal, "portal_outbox_pending", |pending| pending < 0.5).await;
        until_gauge(&portal, "portal_outbox_oldest_seconds", |age| age < 0.5).await;
        until_gauge(&portal, "portal_outbox_dead_letters", |dead| dead < 0.5).await;
    };
    scene_alone(Duration::from_mins(2), scene).await;
}
