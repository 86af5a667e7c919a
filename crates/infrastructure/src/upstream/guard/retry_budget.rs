//! How often a source may be asked a second time: at most once for every ten calls, so that a
//! source that is down is not asked twice as often for it.

use std::sync::atomic::{AtomicU32, Ordering};

/// What one more try costs; each call earns 1.
const COST: u32 = 10;
/// Tries at the beginning, when no call has earned one yet.
const AT_FIRST: u32 = 3;
/// Tries that a quiet time can save up.
const AT_MOST: u32 = 10;

/// One source's budget.
#[derive(Debug)]
pub(super) struct RetryBudget(AtomicU32);

impl RetryBudget {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(AT_FIRST * COST))
    }

    /// A call is made, be it a first one or a retry.
    pub(super) fn earn(&self) {
        self.update(|saved| Some((saved + 1).min(AT_MOST * COST)));
    }

    /// Takes one try out of the budget, if there is one.
    pub(super) fn spend(&self) -> bool {
        self.update(|saved| saved.checked_sub(COST))
    }

    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        let order = Ordering::Relaxed;
        self.0.fetch_update(order, order, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Retries while every call fails.
    fn retries(budget: &RetryBudget, calls: u32) -> u32 {
        let mut retries = 0;
        for _ in 0..calls {
            budget.earn();
            retries += u32::from(budget.spend());
        }
        retries
    }

    #[test]
    fn one_call_of_ten_is_tried_again() {
        let budget = RetryBudget::new();
        assert_eq!(retries(&budget, 1_000), AT_FIRST + 100);
        assert_eq!(retries(&budget, 9), 0);
        assert_eq!(retries(&budget, 1), 1);
    }

    #[test]
    fn a_quiet_time_saves_up_ten_tries_at_most() {
        let budget = RetryBudget::new();
        for _ in 0..1_000 {
            budget.earn();
        }
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }
}
