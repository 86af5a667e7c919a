//! NATS JetStream: the bus that other services listen to, and hints among the pods.

mod bus;
mod hints;

pub use bus::{NatsBus, NatsSettings, NatsUrlInvalid};
pub use hints::RevocationHints;
