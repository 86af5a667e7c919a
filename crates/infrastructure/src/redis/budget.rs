//! One budget as a pod knows it: what it took itself, and what the others have taken as far as
//! Redis has said. Arithmetic only.

/// Of how many points one may be taken that the other pods do not know of.
const UNTOLD_OF: i64 = 16;

/// Points of one window. What was taken here and not told yet, and what others took since they were
/// heard of last, is all that two pods can disagree about.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// Which window it is.
    window: i64,
    /// Points that were taken here.
    ours: i64,
    /// Those of them that Redis knows of.
    told: i64,
    /// Points that others took, at the last answer.
    others: i64,
    /// Whether Redis has answered about this window, or did not when it was asked.
    heard: bool,
}

/// What Redis is told of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    /// Of which window.
    pub(super) window: i64,
    /// Points to add; fewer than none where some were given back.
    pub(super) points: i64,
}

impl Budget {
    /// Begins anew when another window has begun.
    pub(super) fn roll(&mut self, window: i64) {
        if self.window != window {
            *self = Self {
                window,
                ..Self::default()
            };
        }
    }

    /// Takes points if they seem to be there, and says up to which of this pod's own points.
    pub(super) fn take(&mut self, points: u32, quota: u32) -> Option<i64> {
        let points = i64::from(points);
        if self.spent() + points > i64::from(quota) {
            return None;
        }
        self.ours += points;
        Some(self.ours)
    }

    /// Gives points back that were not there after all.
    pub(super) fn give_back(&mut self, points: u32, window: i64) {
        if self.window == window {
            self.ours -= i64::from(points);
        }
    }

    /// Whether nobody has to be asked: half of it is left, and what nobody else knows of is little.
    pub(super) fn is_ample(&self, quota: u32) -> bool {
        let quota = i64::from(quota);
        let untold = self.ours - self.told;
        self.heard && self.spent() * 2 <= quota && untold * UNTOLD_OF <= quota
    }

    /// Whether points up to this one are there, after what others are known to have taken.
    pub(super) fn holds(&self, up_to: i64, window: i64, quota: u32) -> bool {
        self.window != window || up_to + self.others <= i64::from(quota)
    }

    /// Points that are left.
    pub(super) fn remaining(&self, quota: u32) -> u32 {
        let left = i64::from(quota) - self.spent();
        u32::try_from(left.max(0)).unwrap_or(quota)
    }

    /// What is to be told.
    pub(super) fn report(&self) -> Report {
        Report {
            window: self.window,
            points: self.ours - self.told,
        }
    }

    /// Notes the sum of all pods that answered a report.
    pub(super) fn heard(&mut self, report: Report, sum: i64) {
        if self.window == report.window {
            self.told += report.points;
            self.others = (sum - self.told).max(0);
            self.heard = true;
        }
    }

    /// Notes that there was no answer: what others take is not known, and not waited for.
    pub(super) fn unheard(&mut self) {
        self.heard = true;
    }

    const fn spent(&self) -> i64 {
        self.ours + self.others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: u32 = 10;

    fn budget() -> Budget {
        let mut budget = Budget::default();
        budget.roll(7);
        budget
    }

    #[test]
    fn as_many_points_are_taken_as_there_are() {
        let mut budget = budget();
        for point in 1..=10 {
            assert_eq!(budget.take(1, QUOTA), Some(point));
        }
        assert_eq!(budget.take(1, QUOTA), None);
        assert_eq!(budget.remaining(QUOTA), 0);
        budget.roll(7);
        assert_eq!(budget.take(1, QUOTA), None);
        budget.roll(8);
        assert_eq!(budget.take(10, QUOTA), Some(10));
    }

    #[test]
    fn what_costs_more_than_is_left_costs_nothing() {
        let mut budget = budget();
        assert_eq!(budget.take(6, QUOTA), Some(6));
        assert_eq!(budget.take(5, QUOTA), None);
        assert_eq!(budget.remaining(QUOTA), 4);
        assert_eq!(budget.take(4, QUOTA), Some(10));
    }

    #[test]
    fn the_points_of_others_count() {
        let mut budget = budget();
        let ours = budget.take(3, QUOTA).expect("they are there");
        assert!(!budget.is_ample(QUOTA), "nobody has been heard of");
        let report = budget.report();
        assert_eq!(report.points, 3);
        budget.take(1, QUOTA);
        budget.heard(report, 9);
        assert_eq!(budget.report().points, 1, "taken since");
        assert!(budget.holds(ours, 7, QUOTA) && !budget.holds(5, 7, QUOTA));
        assert_eq!((budget.remaining(QUOTA), budget.take(1, QUOTA)), (0, None));
        budget.give_back(1, 7);
        assert_eq!((budget.remaining(QUOTA), budget.report().points), (1, 0));
    }

    #[test]
    fn an_answer_about_an_earlier_window_says_nothing_of_this_one() {
        let mut budget = budget();
        budget.take(3, QUOTA);
        let report = budget.report();
        budget.roll(8);
        budget.take(2, QUOTA);
        budget.heard(report, 10);
        budget.give_back(3, 7);
        assert_eq!((budget.remaining(QUOTA), budget.report().points), (8, 2));
        assert!(
            budget.holds(10, 7, QUOTA),
            "who asked then is not refused now"
        );
    }

    #[test]
    fn a_half_is_ample() {
        let mut budget = budget();
        budget.take(5, QUOTA);
        budget.heard(budget.report(), 5);
        assert!(budget.is_ample(QUOTA));
        budget.take(1, QUOTA);
        budget.heard(budget.report(), 6);
        assert!(!budget.is_ample(QUOTA));
    }

    #[test]
    fn what_nobody_else_knows_of_is_little() {
        let (mut budget, quota) = (budget(), 160);
        budget.take(1, quota);
        budget.heard(budget.report(), 1);
        budget.take(10, quota);
        assert!(budget.is_ample(quota));
        budget.take(1, quota);
        assert!(!budget.is_ample(quota));
        budget.heard(budget.report(), 12);
        assert!(budget.is_ample(quota));
    }
}
