//! Time and randomness.

use jiff::Timestamp;
use ulid::Ulid;

/// The civil clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The source of new ids.
pub trait Ids: Send + Sync {
    /// A new ULID of a time.
    fn ulid(&self, now: Timestamp) -> Ulid;
}
