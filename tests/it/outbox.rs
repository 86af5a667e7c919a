//! The outbox: what is committed is published, nothing else is, and consumers that see each id once
//! see each event once and those of an aggregate in order, whoever is killed meanwhile.

mod contract;
mod killed;
mod many;
mod outage;
mod refused;
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use portal_domain::event::Retention;
use portal_tests::{OutboxRow, PortalProcess, Servers};

/// Beside others, whose admin address it must not take.
const RELAY: &[&str] = &["relay", "--set", "ADMIN_ADDR=127.0.0.1:0"];
const SOON: Duration = Duration::from_secs(30);

async fn installed(name: &str) -> PortalProcess {
    PortalProcess::install(name, Servers::start(name).await).await
}

/// The ids of all events of the outbox that the bus holds, in the order of the streams.
async fn on_the_bus(portal: &PortalProcess) -> Vec<String> {
    let mut ids = Vec::new();
    for retention in Retention::ALL {
        let stored = portal.stored(retention).await.into_iter();
        ids.extend(
            stored
                .map(|message| message.id)
                .filter(|id| id.starts_with("pevt_")),
        );
    }
    ids
}

fn is_published(row: &OutboxRow) -> bool {
    row.is_published
}

/// What holds of every run that has come to rest: each event of the outbox is on the bus once, none
/// else is, and those of an aggregate are in the order of its changes. Events of one aggregate have
/// to be of one stream.
async fn assert_told_once_and_in_order(portal: &PortalProcess, rows: &[OutboxRow]) {
    let bus = on_the_bus(portal).await;
    let told: BTreeSet<_> = bus.iter().collect();
    assert_eq!(told.len(), bus.len(), "some are there twice");
    let committed: BTreeSet<_> = rows.iter().map(|row| &row.event_id).collect();
    assert_eq!(committed.difference(&told).count(), 0, "some are lost");
    assert_eq!(told.difference(&committed).count(), 0, "some are invented");
    let aggregates: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (&row.event_id, &row.aggregate_id))
        .collect();
    let mut heard: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for id in &bus {
        heard.entry(aggregates[id]).or_default().push(id);
    }
    let mut changed: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        let events = changed.entry(&row.aggregate_id).or_default();
        events.push(&row.event_id);
    }
    assert!(heard == changed, "some are out of order");
}
