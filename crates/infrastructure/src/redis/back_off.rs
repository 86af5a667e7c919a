//! When to leave Redis alone for a moment, so that a dead one does not slow down every request.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long Redis is left alone after a failure.
pub(super) const PAUSE: Duration = Duration::from_millis(250);
/// One slow answer may be a large value; so many in a row are a Redis that hangs.
const SLOW_IN_A_ROW: u32 = 3;

/// Counts failures. Instants are arguments.
pub(super) struct BackOff {
    origin: Instant,
    open_again: AtomicU64,
    slow: AtomicU32,
}

impl BackOff {
    pub(super) fn new(origin: Instant) -> Self {
        Self {
            origin,
            open_again: AtomicU64::new(0),
            slow: AtomicU32::new(0),
        }
    }

    /// Whether Redis is left alone now.
    pub(super) fn pauses(&self, now: Instant) -> bool {
        self.since_origin(now) < self.open_again.load(Ordering::Relaxed)
    }

    pub(super) fn succeeded(&self) {
        self.slow.store(0, Ordering::Relaxed);
    }

    /// Redis refused the connection or broke it.
    pub(super) fn failed(&self, now: Instant) {
        let until = self.since_origin(now + PAUSE);
        self.open_again.store(until, Ordering::Relaxed);
    }

    /// Redis did not answer in time. Says whether it seems to hang, so that the connection is not
    /// worth keeping. After the pause the first slow answer closes it again.
    pub(super) fn was_slow(&self, now: Instant) -> bool {
        let hangs = self.slow.fetch_add(1, Ordering::Relaxed) + 1 >= SLOW_IN_A_ROW;
        if hangs {
            self.failed(now);
        }
        hangs
    }

    fn since_origin(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.origin).as_micros();
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_pauses_for_a_moment() {
        let start = Instant::now();
        let back_off = BackOff::new(start);
        assert!(!back_off.pauses(start));
        back_off.failed(start);
        assert!(back_off.pauses(start + PAUSE / 2));
        assert!(!back_off.pauses(start + PAUSE));
    }

    #[test]
    fn only_slowness_in_a_row_pauses() {
        let start = Instant::now();
        let back_off = BackOff::new(start);
        assert!(!back_off.was_slow(start));
        assert!(!back_off.was_slow(start));
        back_off.succeeded();
        assert!(!back_off.was_slow(start));
        assert!(!back_off.was_slow(start));
        assert!(back_off.was_slow(start));
        assert!(back_off.pauses(start));
        let later = start + PAUSE;
        assert!(
            back_off.was_slow(later),
            "still hanging: the first slow answer suffices"
        );
    }
}
