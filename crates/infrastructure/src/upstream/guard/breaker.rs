//! A circuit breaker: stops asking a source that fails, and tries again by itself. Pure arithmetic
//! over instants that callers bring.

use std::time::{Duration, Instant};

use super::window::Window;

/// How long nobody asks after the breaker opened.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(5);
/// From so many calls of the window on, a share of failures says something.
const ENOUGH_CALLS: u32 = 20;
/// So many calls in a row that nobody answered open the breaker, however few there were.
const TIMEOUTS_IN_A_ROW: u32 = 5;
/// While the probe is on its way nobody knows how long it takes.
const PROBE_MAY_TAKE: Duration = Duration::from_secs(1);

/// How a call ended, as far as it says something about the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::upstream) enum CallEnd {
    /// With any answer but 5xx: also 4xx, and a body that is no use. What a body holds depends on
    /// whose record is asked for, and one record must not close a source to everybody.
    Answered,
    /// With 5xx, or without a connection.
    Failed,
    /// Without an answer in the time that the source has.
    TimedOut,
    /// For reasons that are not the source's.
    Unjudged,
}

/// Whether calls are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::upstream) enum BreakerState {
    /// All of them.
    Closed,
    /// One of them, to see whether the source is back.
    HalfOpen,
    /// None.
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant },
    Probing,
}

/// The right to one call, to be given back by [`Breaker::ended`].
#[derive(Debug)]
pub(super) struct Pass {
    // What began before the state changed says nothing about the time after it.
    generation: u64,
}

/// One source's breaker.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    generation: u64,
    window: Window,
    timeouts: u32,
}

impl Breaker {
    /// A closed breaker.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: State::Closed,
            generation: 0,
            window: Window::new(now),
            timeouts: 0,
        }
    }

    /// How long no call is let through; none when one is now.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Closed => None,
            State::Open { until } => Some(until.saturating_duration_since(now)),
            State::Probing => Some(PROBE_MAY_TAKE),
        }
        .filter(|wait| !wait.is_zero())
    }

    /// Lets one call through, if it may pass.
    pub(super) fn admit(&mut self, now: Instant) -> Option<Pass> {
        if self.wait(now).is_some() {
            return None;
        }
        if let State::Open { .. } = self.state {
            self.enter(State::Probing);
        }
        Some(Pass {
            generation: self.generation,
        })
    }

    /// Takes the end of a call into account.
    pub(super) fn ended(&mut self, pass: &Pass, end: CallEnd, now: Instant) {
        if pass.generation != self.generation {
            return;
        }
        let open = State::Open {
            until: now + OPEN_FOR,
        };
        match (self.state, end) {
            (State::Closed, end) if self.is_too_much(end, now) => self.enter(open),
            (State::Closed | State::Open { .. }, _) => {}
            (State::Probing, CallEnd::Answered) => {
                self.window = Window::new(now);
                self.timeouts = 0;
                self.enter(State::Closed);
            }
            (State::Probing, CallEnd::Failed | CallEnd::TimedOut) => self.enter(open),
            // The next call is the probe.
            (State::Probing, CallEnd::Unjudged) => self.enter(State::Open { until: now }),
        }
    }

    /// What it does with calls now.
    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { until } if now < until => BreakerState::Open,
            State::Open { .. } | State::Probing => BreakerState::HalfOpen,
        }
    }

    fn is_too_much(&mut self, end: CallEnd, now: Instant) -> bool {
        self.timeouts = match end {
            CallEnd::Unjudged => return false,
            CallEnd::TimedOut => self.timeouts + 1,
            CallEnd::Answered | CallEnd::Failed => 0,
        };
        self.window.count(end != CallEnd::Answered, now);
        let (calls, failures) = self.window.sums(now);
        let mostly_failures = calls >= ENOUGH_CALLS && failures * 2 >= calls;
        mostly_failures || self.timeouts >= TIMEOUTS_IN_A_ROW
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
