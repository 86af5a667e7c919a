use super::*;

use CallEnd::{Answered, Failed, TimedOut, Unjudged};

struct Scene {
    breaker: Breaker,
    begun: Instant,
}

impl Scene {
    fn new() -> Self {
        let begun = Instant::now();
        Self {
            breaker: Breaker::new(begun),
            begun,
        }
    }

    fn at(&self, milliseconds: u64) -> Instant {
        self.begun + Duration::from_millis(milliseconds)
    }

    /// Calls that begin and end at a time; how many were let through.
    fn calls(&mut self, count: usize, end: CallEnd, milliseconds: u64) -> usize {
        let now = self.at(milliseconds);
        let mut admitted = 0;
        for _ in 0..count {
            if let Some(pass) = self.breaker.admit(now) {
                self.breaker.ended(&pass, end, now);
                admitted += 1;
            }
        }
        admitted
    }

    fn state(&self, milliseconds: u64) -> BreakerState {
        self.breaker.state(self.at(milliseconds))
    }

    fn opened() -> Self {
        let mut scene = Self::new();
        assert_eq!(scene.calls(5, TimedOut, 0), 5);
        assert_eq!(scene.state(0), BreakerState::Open);
        scene
    }
}

#[test]
fn half_of_twenty_calls_must_fail() {
    let mut scene = Scene::new();
    scene.calls(10, Answered, 0);
    scene.calls(9, Failed, 0);
    assert_eq!(scene.state(0), BreakerState::Closed, "nine of nineteen");
    scene.calls(1, Failed, 0);
    assert_eq!(scene.state(0), BreakerState::Open, "ten of twenty");
    let mut mostly_well = Scene::new();
    mostly_well.calls(101, Answered, 0);
    mostly_well.calls(100, Failed, 0);
    assert_eq!(mostly_well.state(0), BreakerState::Closed);
}

#[test]
fn nineteen_failures_are_not_enough_and_forgotten_after_ten_seconds() {
    let mut scene = Scene::new();
    scene.calls(19, Failed, 0);
    assert_eq!(scene.state(0), BreakerState::Closed);
    scene.calls(19, Failed, 10_000);
    assert_eq!(scene.state(10_000), BreakerState::Closed);
    scene.calls(1, Failed, 19_900);
    assert_eq!(scene.state(19_900), BreakerState::Open);
}

#[test]
fn five_time_outs_in_a_row_are_enough_and_any_answer_interrupts_them() {
    let mut scene = Scene::new();
    for end in [Answered, Failed] {
        scene.calls(4, TimedOut, 0);
        scene.calls(1, end, 0);
    }
    scene.calls(4, TimedOut, 0);
    scene.calls(3, Unjudged, 0);
    assert_eq!(scene.state(0), BreakerState::Closed);
    scene.calls(1, TimedOut, 0);
    assert_eq!(scene.state(0), BreakerState::Open);
}

#[test]
fn what_is_not_the_sources_fault_is_not_counted() {
    let mut scene = Scene::new();
    scene.calls(100, Unjudged, 0);
    scene.calls(19, Failed, 0);
    assert_eq!(scene.state(0), BreakerState::Closed);
}

#[test]
fn an_open_breaker_says_how_long_it_stays_so() {
    let mut scene = Scene::opened();
    assert_eq!(scene.calls(1, Answered, 4_999), 0);
    let wait = scene.breaker.wait(scene.at(2_000));
    assert_eq!(wait, Some(Duration::from_secs(3)));
    assert_eq!(scene.state(5_000), BreakerState::HalfOpen);
    assert_eq!(scene.breaker.wait(scene.at(5_000)), None);
}

#[test]
fn one_probe_decides() {
    let mut scene = Scene::opened();
    let now = scene.at(5_000);
    let probe = scene.breaker.admit(now).expect("the probe");
    assert!(scene.breaker.admit(now).is_none(), "there is one already");
    assert!(scene.breaker.wait(now).is_some());
    scene.breaker.ended(&probe, Failed, now);
    assert_eq!(scene.state(9_999), BreakerState::Open);
    assert_eq!(scene.calls(1, Answered, 10_000), 1);
    assert_eq!(scene.state(10_000), BreakerState::Closed);
    assert_eq!(
        scene.calls(19, Failed, 10_000),
        19,
        "what was before is forgotten"
    );
}

#[test]
fn a_probe_that_is_given_up_leaves_its_place_to_the_next() {
    let mut scene = Scene::opened();
    assert_eq!(scene.calls(1, Unjudged, 5_000), 1);
    assert_eq!(scene.state(5_000), BreakerState::HalfOpen);
    assert_eq!(scene.calls(1, Answered, 5_000), 1);
    assert_eq!(scene.state(5_000), BreakerState::Closed);
}

#[test]
fn what_began_before_it_opened_does_not_close_it() {
    let mut scene = Scene::new();
    let now = scene.at(0);
    let early = scene.breaker.admit(now).expect("closed");
    scene.calls(5, TimedOut, 0);
    scene.breaker.ended(&early, Answered, now);
    assert_eq!(scene.state(0), BreakerState::Open);
    let now = scene.at(5_000);
    let probe = scene.breaker.admit(now).expect("the probe");
    scene.breaker.ended(&early, Answered, now);
    assert_eq!(scene.state(5_000), BreakerState::HalfOpen);
    scene.breaker.ended(&probe, TimedOut, now);
    assert_eq!(scene.state(5_000), BreakerState::Open);
}
