//! NATS JetStream: the bus that other services listen to.

mod bus;

pub use bus::{NatsBus, NatsSettings, NatsUrlInvalid};
