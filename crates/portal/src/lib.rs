//! The program `patient-portal`: roles, configuration, wiring, telemetry, start and stop. The only
//! crate that knows all others.

pub mod cli;
pub mod config;
mod first_bytes;
pub mod healthcheck;
pub mod import;
mod migrate;
mod openapi;
pub mod program;
pub mod readiness;
pub mod serve;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod watch;
pub mod wiring;
