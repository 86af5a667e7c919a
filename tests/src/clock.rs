//! A clock that tests move by hand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::Clock;

/// Real time plus what was added by hand, or a time at which it stands.
#[derive(Clone, Default)]
pub struct ManualClock {
    hands: Arc<Mutex<Hands>>,
}

#[derive(Default)]
struct Hands {
    ahead: SignedDuration,
    stands_at: Option<Timestamp>,
}

impl ManualClock {
    /// Moves the clock on (or back).
    pub fn advance(&self, by: SignedDuration) {
        let mut hands = self.hands();
        hands.ahead += by;
        hands.stands_at = hands.stands_at.map(|time| time + by);
    }

    /// Stops the clock at a time.
    pub fn stand_at(&self, time: Timestamp) {
        self.hands().stands_at = Some(time);
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of tests is where time comes from"
    )]
    fn now(&self) -> Timestamp {
        let hands = self.hands();
        hands
            .stands_at
            .unwrap_or_else(|| Timestamp::now() + hands.ahead)
    }
}
