//! NATS JetStream: the bus that other services listen to, and hints among the pods.

mod bus;
mod hints;
mod streams;

#[cfg(test)]
mod bus_tests;

pub use bus::{NatsBus, NatsSettings, NatsUrlInvalid};
pub use hints::RevocationHints;
