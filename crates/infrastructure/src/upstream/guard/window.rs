//! Calls and failures of the last ten seconds.

use std::time::Instant;

const SECONDS: usize = 10;

#[derive(Debug, Clone, Copy, Default)]
struct Second {
    /// Whole seconds after the window's beginning.
    number: u64,
    calls: u32,
    failures: u32,
}

/// Counts by seconds, the present one among them.
#[derive(Debug)]
pub(super) struct Window {
    begun: Instant,
    seconds: [Second; SECONDS],
}

impl Window {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            begun: now,
            seconds: [Second::default(); SECONDS],
        }
    }

    /// Counts a call.
    pub(super) fn count(&mut self, failed: bool, now: Instant) {
        let number = self.number(now);
        let present = number % SECONDS as u64;
        let mut places = (0_u64..).zip(&mut self.seconds);
        let Some((_, second)) = places.find(|(place, _)| *place == present) else {
            return;
        };
        if second.number != number {
            *second = Second {
                number,
                ..Second::default()
            };
        }
        second.calls += 1;
        second.failures += u32::from(failed);
    }

    /// Calls, and how many of them failed.
    pub(super) fn sums(&self, now: Instant) -> (u32, u32) {
        let number = self.number(now);
        let recent = self
            .seconds
            .iter()
            .filter(|second| number - second.number.min(number) < SECONDS as u64);
        recent.fold((0, 0), |(calls, failures), second| {
            (calls + second.calls, failures + second.failures)
        })
    }

    fn number(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.begun).as_secs()
    }
}
