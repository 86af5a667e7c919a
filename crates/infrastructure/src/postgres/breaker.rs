//! Stops asking a store that does not answer, and asks again by itself after a while.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use portal_application::ports::StoreError;

/// Failures in a row after which callers are refused at once.
const THRESHOLD: u32 = 3;
/// How long they are. Afterwards everybody may try; the first failure closes the way again.
const OPEN_FOR: Duration = Duration::from_millis(500);

/// Counts failures in a row.
#[derive(Debug)]
pub(super) struct Breaker {
    made_at: Instant,
    failures: AtomicU32,
    /// Milliseconds after `made_at`.
    open_until: AtomicU64,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self {
            made_at: Instant::now(),
            failures: AtomicU32::new(0),
            open_until: AtomicU64::new(0),
        }
    }

    /// Whether it is worth trying.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.failures.load(Ordering::Relaxed) >= THRESHOLD
            && self.elapsed(Instant::now()) < self.open_until.load(Ordering::Relaxed)
        {
            return Err(StoreError::Unavailable);
        }
        Ok(())
    }

    pub(super) fn succeeded(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        let until = self.elapsed(Instant::now() + OPEN_FOR);
        self.open_until.store(until, Ordering::Relaxed);
        let counted = self.failures.load(Ordering::Relaxed).saturating_add(1);
        self.failures.store(counted, Ordering::Relaxed);
    }

    fn elapsed(&self, at: Instant) -> u64 {
        let elapsed = at.saturating_duration_since(self.made_at).as_millis();
        u64::try_from(elapsed).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_refuse_for_a_while_and_a_success_ends_it() {
        let breaker = Breaker::new();
        breaker.failed();
        breaker.failed();
        assert!(breaker.check().is_ok());
        breaker.failed();
        assert_eq!(breaker.check(), Err(StoreError::Unavailable));
        std::thread::sleep(OPEN_FOR + Duration::from_millis(20));
        assert!(breaker.check().is_ok(), "everybody may try again");
        breaker.failed();
        assert!(breaker.check().is_err(), "one more failure is enough");
        breaker.succeeded();
        assert!(breaker.check().is_ok());
    }
}
