//! A clock that tests move by hand.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::Clock;

/// Real time plus what was added by hand.
#[derive(Clone, Default)]
pub struct ManualClock {
    ahead: Arc<Mutex<SignedDuration>>,
}

impl ManualClock {
    /// Moves the clock on (or back).
    pub fn advance(&self, by: SignedDuration) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of tests is where time comes from"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now() + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
