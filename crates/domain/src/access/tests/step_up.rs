//! A2: a fresh second factor.

use jiff::{SignedDuration, Timestamp};

use super::super::{Action, Denial};
use super::{PORTAL, refusal_at, strength};
use crate::testing::{at, facts, token_of};

const STEP_UP: Action = Action {
    step_up: true,
    ..PORTAL
};

fn refused(level: u8, second_factor: bool, proven: Option<Timestamp>) -> Option<Denial> {
    let mut facts = facts();
    strength(&mut facts, level, second_factor);
    token_of(&mut facts).authenticated_at = proven;
    refusal_at(&facts, &STEP_UP, at(1_000))
}

#[test]
fn a_second_factor_is_fresh_for_ten_minutes() {
    for (age, fresh) in [
        (0, true),
        (1, true),
        (599, true),
        (600, true),
        (601, false),
        (100_000, false),
        // The provider's clock may be half a minute ahead of ours.
        (-30, true),
        (-31, false),
        (-600, false),
    ] {
        let expected = (!fresh).then_some(Denial::StepUpRequired);
        let proven = Some(at(1_000 - age));
        assert_eq!(refused(2, false, proven), expected, "{age} s old");
    }
}

#[test]
fn the_last_moment_of_ten_minutes_is_told_from_the_next() {
    let last = at(400);
    assert_eq!(refused(2, false, Some(last)), None);
    let past = last.checked_sub(SignedDuration::from_nanos(1)).unwrap();
    assert_eq!(refused(2, false, Some(past)), Some(Denial::StepUpRequired));
}

#[test]
fn only_the_second_level_with_a_known_time_counts() {
    let now = Some(at(1_000));
    let mfa = Some(Denial::MfaRequired);
    let step_up = Some(Denial::StepUpRequired);
    for (level, second_factor, proven, expected) in [
        (2, false, now, None),
        (3, false, now, None),
        (2, true, now, None),
        (2, false, None, step_up),
        (1, true, now, step_up),
        (0, true, now, step_up),
        (1, false, now, mfa),
        (0, false, now, mfa),
    ] {
        let found = refused(level, second_factor, proven);
        assert_eq!(found, expected, "{level} {second_factor} {proven:?}");
    }
}

#[test]
fn what_needs_none_asks_for_none() {
    let mut facts = facts();
    for proven in [None, Some(at(-100_000)), Some(at(100_000))] {
        token_of(&mut facts).authenticated_at = proven;
        assert_eq!(refusal_at(&facts, &PORTAL, at(0)), None);
    }
}

#[test]
fn a_second_factor_counts_by_level_or_by_method() {
    for (level, second_factor, passes) in [
        (0, false, false),
        (1, false, false),
        (2, false, true),
        (0, true, true),
    ] {
        let mut facts = facts();
        strength(&mut facts, level, second_factor);
        let expected = (!passes).then_some(Denial::MfaRequired);
        assert_eq!(refusal_at(&facts, &PORTAL, at(0)), expected, "{level}");
    }
}
