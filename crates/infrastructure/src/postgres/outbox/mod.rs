//! The outbox: events that are committed with what they tell of, and go out afterwards.

mod push;

pub use push::{NewMessage, push};
