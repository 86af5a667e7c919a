//! Many events, two relays, and everything that can be killed is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use portal_application::ports::Clock as _;
use portal_domain::event::DelegationRef;
use portal_infrastructure::system::SystemClock;
use portal_tests::{Change, PortalProcess, Servers, scene_alone};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::samples::{delegation, turn};
use super::{RELAY, assert_told_once_and_in_order, is_published};

/// Events of `make test`, and of a run for which `SOAK_STEPS` is set.
const EVENTS: usize = 4_000;
const SOAKED: usize = 50_000;
const WRITERS: usize = 8;
/// Delegations of a writer.
const DELEGATIONS: usize = 10;

/// One after the other changes its delegations, until enough is committed.
async fn write(pool: PgPool, tenant: String, committed: Arc<AtomicUsize>, wanted: usize) {
    let delegations: Vec<_> = (0..DELEGATIONS).map(|_| delegation()).collect();
    let mut number = 0;
    while committed.load(Ordering::Relaxed) < wanted {
        match change(&pool, &tenant, &delegations, number).await {
            Ok(()) => {
                committed.fetch_add(delegations.len(), Ordering::Relaxed);
                number += 1;
            }
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn change(
    pool: &PgPool,
    tenant: &str,
    delegations: &[DelegationRef],
    number: usize,
) -> sqlx::Result<()> {
    let mut change = Change::begin(pool, tenant).await?;
    for delegation in delegations {
        let event = turn(delegation, number);
        change.push(&event, SystemClock.now()).await?;
    }
    change.commit().await
}

/// Kills one after the other while events are written.
async fn kill_in_turn(portal: &PortalProcess, committed: &AtomicUsize, wanted: usize) {
    let mut relays = [portal.spawn(RELAY), portal.spawn(RELAY)];
    for tenth in 1..10 {
        while committed.load(Ordering::Relaxed) < tenth * wanted / 10 {
            sleep(Duration::from_millis(5)).await;
        }
        match tenth % 4 {
            1 => relays[0] = replaced(portal, &mut relays[0]),
            2 => relays[1] = replaced(portal, &mut relays[1]),
            3 => {
                portal.servers.kill("nats");
                sleep(Duration::from_millis(300)).await;
                portal.servers.restart("nats").await;
            }
            _ => {
                portal.servers.kill("postgres");
                portal.servers.restart("postgres").await;
            }
        }
    }
    let rows = portal
        .outbox_until(Duration::from_mins(4), is_published)
        .await;
    assert!(rows.len() >= wanted);
    assert_eq!(rows.iter().map(|row| row.attempts).max(), Some(0));
    assert_told_once_and_in_order(portal, &rows).await;
}

fn replaced(portal: &PortalProcess, relay: &mut portal_tests::Running) -> portal_tests::Running {
    relay.kill();
    portal.spawn(RELAY)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_events_none_is_lost_and_none_is_invented() {
    let is_soaked = std::env::var_os("SOAK_STEPS").is_some();
    let wanted = if is_soaked { SOAKED } else { EVENTS };
    let scene = async {
        let begin = Instant::now();
        let servers = Servers::start_durable("events").await;
        let portal = PortalProcess::install("events", servers).await;
        let committed = Arc::new(AtomicUsize::new(0));
        let pool = portal.app();
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            let (pool, tenant) = (pool.clone(), portal.tenant.clone());
            writers.spawn(write(pool, tenant, Arc::clone(&committed), wanted));
        }
        kill_in_turn(&portal, &committed, wanted).await;
        println!("outbox: {wanted} events in {:?}", begin.elapsed());
    };
    scene_alone(Duration::from_mins(8), scene).await;
}
