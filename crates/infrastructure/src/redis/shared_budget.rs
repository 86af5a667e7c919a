//! One budget in a pod, which requests take points from and the reporter tells Redis about.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::budget::{Budget, Report};

/// How long points last.
pub(super) const WINDOW: Duration = Duration::from_mins(1);

/// A budget that requests and the reporter share.
pub(super) struct Shared {
    /// The keyed hash of who pays.
    pub(super) name: String,
    quota: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    budget: Budget,
    waiting: Vec<Waiting>,
    /// Whether the reporter has it on its list.
    listed: bool,
}

/// Points that were taken and may yet turn out to be too many.
pub(super) struct Waiting {
    up_to: i64,
    points: u32,
    answer: oneshot::Sender<bool>,
}

/// What became of a taking.
pub(super) enum Taken {
    /// There are not so many points.
    Refused,
    /// There are.
    Surely,
    /// There are, unless others took them.
    Perhaps(oneshot::Receiver<bool>),
}

impl Shared {
    pub(super) fn new(name: String, quota: u32) -> Self {
        Self {
            name,
            quota,
            state: Mutex::default(),
        }
    }

    pub(super) const fn quota(&self) -> u32 {
        self.quota
    }

    /// The window of a time, and how long it still lasts. Windows of different budgets begin at
    /// different times, so that those who were refused do not all come back at once.
    pub(super) fn window(&self, now: i64) -> (i64, Duration) {
        let length = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
        let shift = self.name.bytes().fold(0_i64, |sum, byte| {
            (sum * 31 + i64::from(byte)).rem_euclid(length)
        });
        let shifted = now.saturating_add(shift);
        let left = length - shifted.rem_euclid(length);
        let left = u64::try_from(left).unwrap_or_default();
        (shifted.div_euclid(length), Duration::from_millis(left))
    }

    /// Takes points as far as this pod knows; whether the reporter has to be told.
    pub(super) fn take(&self, points: u32, window: i64) -> (Taken, bool) {
        let mut state = self.lock();
        state.budget.roll(window);
        let Some(up_to) = state.budget.take(points, self.quota) else {
            return (Taken::Refused, false);
        };
        let is_news = !std::mem::replace(&mut state.listed, true);
        if state.budget.is_ample(self.quota) {
            return (Taken::Surely, is_news);
        }
        let (answer, answered) = oneshot::channel();
        state.waiting.push(Waiting {
            up_to,
            points,
            answer,
        });
        (Taken::Perhaps(answered), is_news)
    }

    /// Points that are left.
    pub(super) fn remaining(&self) -> u32 {
        self.lock().budget.remaining(self.quota)
    }

    /// What Redis is to be told, and who waits for its answer.
    pub(super) fn begin_report(&self) -> (Report, Vec<Waiting>) {
        let mut state = self.lock();
        state.listed = false;
        (state.budget.report(), std::mem::take(&mut state.waiting))
    }

    /// Tells those who wait whether their points were there; what was not goes back. Without an
    /// answer of Redis what is known here decides. Says whether there is something to tell again.
    pub(super) fn end_report(
        &self,
        report: Report,
        waiting: Vec<Waiting>,
        sum: Option<i64>,
    ) -> bool {
        let mut state = self.lock();
        match sum {
            Some(sum) => state.budget.heard(report, sum),
            None => state.budget.unheard(),
        }
        let mut is_less = false;
        for one in waiting {
            let holds = state.budget.holds(one.up_to, report.window, self.quota);
            if !holds {
                state.budget.give_back(one.points, report.window);
                is_less = true;
            }
            // Who does not wait any more needs no answer.
            let _ = one.answer.send(holds);
        }
        is_less && !std::mem::replace(&mut state.listed, true)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pods of one budget, and what Redis has.
    fn report(pod: &Shared, sum: &mut i64) -> bool {
        let (report, waiting) = pod.begin_report();
        *sum += report.points;
        pod.end_report(report, waiting, Some(*sum))
    }

    fn taken(pod: &Shared, count: usize) -> Vec<oneshot::Receiver<bool>> {
        let taken = (0..count).map(|_| match pod.take(1, 7) {
            (Taken::Perhaps(answer), _) => answer,
            _ => panic!("it is asked"),
        });
        taken.collect()
    }

    fn admitted(answers: Vec<oneshot::Receiver<bool>>) -> usize {
        let mut answers = answers.into_iter();
        let admitted = answers.by_ref().map(|mut answer| answer.try_recv());
        admitted.filter(|answer| *answer == Ok(true)).count()
    }

    #[test]
    fn of_two_pods_that_take_everything_the_first_to_say_so_gets_it() {
        let pods = ["a", "a"].map(|name| Shared::new(name.to_owned(), 60));
        let [here, there] = &pods;
        let (some, mut sum) = (taken(here, 10), 0);
        assert!(!report(here, &mut sum));
        let (more, all) = (taken_anyhow(here, 50), taken(there, 60));
        assert!(report(there, &mut sum), "ten too many");
        report(here, &mut sum);
        let admitted = admitted(some) + admitted(more) + admitted(all);
        // A sixteenth is not asked for.
        assert!((60..=63).contains(&admitted), "{admitted}");
        while report(here, &mut sum) || report(there, &mut sum) {}
        report(there, &mut sum);
        let spent = usize::try_from(sum).unwrap();
        assert_eq!(spent, admitted, "what was refused costs nothing");
        assert!(matches!(there.take(1, 7), (Taken::Refused, false)));
    }

    /// As [`taken`], but for what is sure.
    fn taken_anyhow(pod: &Shared, count: usize) -> Vec<oneshot::Receiver<bool>> {
        let taken = (0..count).map(|_| match pod.take(1, 7) {
            (Taken::Perhaps(answer), _) => answer,
            (Taken::Surely, _) => {
                let (sure, answer) = oneshot::channel();
                let _ = sure.send(true);
                answer
            }
            (Taken::Refused, _) => panic!("it seems to be there"),
        });
        taken.collect()
    }

    #[test]
    fn windows_of_different_budgets_begin_at_different_times() {
        let ends = ["ab", "ba", "cd"].map(|name| {
            let shared = Shared::new(name.to_owned(), 60);
            let (window, left) = shared.window(1_776_502_800_000);
            let left = i64::try_from(left.as_millis()).unwrap();
            let next = shared.window(1_776_502_800_000 + left);
            assert_eq!(next, (window + 1, WINDOW));
            left
        });
        assert!(ends[0] != ends[1] && ends[1] != ends[2]);
    }
}
