//! NATS JetStream: the bus that other services listen to, and hints among the pods.

mod bus;
mod hints;
mod inbox;
mod streams;

#[cfg(test)]
mod bus_tests;

pub use bus::{NatsBus, NatsSettings, NatsUrlInvalid};
pub use hints::RevocationHints;
pub use inbox::NatsInbox;
