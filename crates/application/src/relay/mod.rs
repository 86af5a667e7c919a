//! The journal is its own outbox: the relay reads on behind its cursor and publishes.

mod message;
mod run;

pub use message::access_recorded;
pub use run::{RelaySettings, run};
