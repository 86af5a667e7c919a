//! The harness of the black-box tests: a portal in this process over the real PostgreSQL, Redis
//! and NATS of the run, a sandbox of sources and an issuer, and people with records.
//!
//! A test gets fresh tenants, not a fresh database, so that isolation is tested all the time.

use std::time::Duration;

use tokio::sync::RwLock;
use tokio::time::timeout;

mod answer;
mod clock;
mod database;
mod days;
mod deliveries;
mod environment;
mod events;
mod facts;
mod fixture;
mod hooks;
mod people;
mod platform;
mod pod;
pub mod policy;
mod portal;
mod process;
mod revocation;
pub mod schemas;
mod service_key;
mod shifts;
mod staff;
mod staff_import;

pub use answer::Answer;
pub use clock::ManualClock;
pub use database::Database;
pub use environment::{required, synthea};
pub use events::{AccessEvents, PortalEvents};
pub use facts::EVERY_RIGHT;
pub use fixture::Fixture;
pub use people::{Person, claims};
pub use platform::Platform;
pub use pod::Pod;
pub use portal::{Licences, TestOptions, TestPortal};
pub use process::{Change, Message, OutboxRow, PortalProcess, Running, Servers, free_port};
pub use service_key::ServiceKey;
pub use shifts::Terms;
pub use staff::Staff;
pub use staff_import::StaffImport;

static MACHINE: RwLock<()> = RwLock::const_new(());

/// Runs a scene beside others, at most 30 seconds.
pub async fn scene<T>(future: impl Future<Output = T>) -> T {
    long_scene(Duration::from_secs(30), future).await
}

/// Runs a scene beside others, within a time.
pub async fn long_scene<T>(within: Duration, future: impl Future<Output = T>) -> T {
    let _beside_others = MACHINE.read().await;
    timeout(within, future).await.expect("a scene ends in time")
}

/// Runs a scene that loads or starves the machine, alone, within a time: what others measure or
/// wait for must not depend on it.
pub async fn scene_alone<T>(within: Duration, future: impl Future<Output = T>) -> T {
    let _alone = MACHINE.write().await;
    timeout(within, future).await.expect("a scene ends in time")
}
