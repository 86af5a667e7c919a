//! The outbox: events that are committed with what they tell of, and go out afterwards.
//!
//! A message is pending until it is marked, and whatever is pending is read. There is no high-water
//! mark: a transaction that took a lower position may commit after one that took a higher, and
//! would be passed over. Of one aggregate that cannot be, because its row is locked from before the
//! position is taken until the commit.

mod dead_letters;
mod listener;
mod message;
mod outcomes;
mod push;
mod relay;
mod upkeep;

#[cfg(test)]
mod tests;

pub use listener::OutboxListener;
pub use push::{NewMessage, push};
pub use relay::PgOutboxRelay;
