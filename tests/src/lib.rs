//! The harness of the black-box tests: a portal in this process over the real PostgreSQL, Redis
//! and NATS of the run, a sandbox of sources and an issuer, and people with records.
//!
//! A test gets fresh tenants, not a fresh database, so that isolation is tested all the time.

mod answer;
mod clock;
mod database;
mod environment;
mod events;
mod fixture;
mod people;
pub mod policy;
mod portal;
mod process;

pub use answer::Answer;
pub use clock::ManualClock;
pub use database::Database;
pub use environment::{required, synthea};
pub use events::AccessEvents;
pub use fixture::Fixture;
pub use people::{Person, claims};
pub use portal::{TestOptions, TestPortal};
pub use process::{PortalProcess, Servers};

/// Runs a scene, at most 30 seconds.
pub async fn scene<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(30), future)
        .await
        .expect("a scene ends within 30 seconds")
}
