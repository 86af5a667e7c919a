//! Which of several rules counts, and for whom.

use jiff::SignedDuration;

use super::Audience::{Parent, Patient, Proxy};
use super::RuleAudience::{All, Parents, Proxies};
use super::{
    DAY, Effect, HOUR, RuleIndex, RuleMatch, Until, Withheld, by, everything, held, issued, judge,
    judge_at, policy, rule,
};
use crate::testing::{at, record, result};

#[test]
fn a_release_ends_the_reading_and_restrictions_add_up_until_then() {
    use Effect::{HoldUntilReviewed, Release, Withhold};
    let day = Until::Moment(at(24 * HOUR + 1));
    let (zero, one) = (RuleIndex::Rule(0), RuleIndex::Rule(1));
    for (effects, default, expected) in [
        (&[Release, Withhold][..], Withhold, Ok(())),
        (&[Withhold, Release], Release, by(0)),
        (&[DAY, Release, Withhold], Withhold, held(day, zero)),
        (
            &[DAY, HoldUntilReviewed],
            Release,
            held(Until::Reviewed, one),
        ),
        (
            &[HoldUntilReviewed, DAY],
            Release,
            held(Until::Reviewed, zero),
        ),
        (&[DAY, DAY], Release, held(day, one)),
        (&[DAY, Withhold, HoldUntilReviewed], Release, by(1)),
        (&[Withhold, Withhold], Release, by(1)),
        (
            &[DAY],
            HoldUntilReviewed,
            held(Until::Reviewed, RuleIndex::Default),
        ),
        (&[HoldUntilReviewed], DAY, held(Until::Reviewed, zero)),
        (&[], DAY, held(day, RuleIndex::Default)),
        (
            &[],
            Withhold,
            Err(Withheld::ByPolicy {
                rule: RuleIndex::Default,
            }),
        ),
        (
            &[DAY],
            Withhold,
            Err(Withheld::ByPolicy {
                rule: RuleIndex::Default,
            }),
        ),
    ] {
        let rules = effects.iter().map(|effect| everything(*effect));
        let found = judge(&policy(rules.collect(), default), &issued(), Patient);
        assert_eq!(found, expected, "{effects:?} {default:?}");
    }
}

#[test]
fn of_two_holds_the_longer_counts() {
    let hours = |hours| everything(Effect::HoldFor(SignedDuration::from_hours(hours)));
    for (first, second, longer) in [(24, 48, 1), (48, 24, 0)] {
        let policy = policy(vec![hours(first), hours(second)], Effect::Release);
        let until = Until::Moment(at(48 * HOUR + 1));
        let expected = held(until, RuleIndex::Rule(longer));
        assert_eq!(judge(&policy, &issued(), Patient), expected);
        assert_eq!(judge_at(&policy, &issued(), Patient, 30 * HOUR), expected);
        assert_eq!(judge_at(&policy, &issued(), Patient, 48 * HOUR + 1), Ok(()));
    }
}

#[test]
fn a_hold_that_cannot_be_counted_hides_more_than_any_other() {
    let undated = record(&result("a", "")).header;
    let policy = policy(
        vec![everything(Effect::Withhold), everything(DAY)],
        Effect::Release,
    );
    assert_eq!(judge(&policy, &undated, Patient), Err(Withheld::Unreadable));
}

#[test]
fn a_rule_is_for_its_audience() {
    for (audience, expected) in [
        (All, [by(0), by(0), by(0)]),
        (Proxies, [Ok(()), by(0), by(0)]),
        (Parents, [Ok(()), Ok(()), by(0)]),
    ] {
        let rules = vec![rule(Effect::Withhold, audience, RuleMatch::default())];
        let policy = policy(rules, Effect::Release);
        let found = [Patient, Proxy, Parent].map(|it| judge(&policy, &issued(), it));
        assert_eq!(found, expected, "{audience:?}");
    }
}

#[test]
fn a_release_for_proxies_is_none_from_what_the_patient_may_not_see() {
    for audience in [Proxies, Parents] {
        let release = rule(Effect::Release, audience, RuleMatch::default());
        let policy = policy(vec![release, everything(Effect::Withhold)], Effect::Release);
        for it in [Patient, Proxy, Parent] {
            assert_eq!(judge(&policy, &issued(), it), by(1), "{audience:?} {it:?}");
        }
    }
    let own = rule(Effect::Withhold, Proxies, RuleMatch::default());
    let policy = policy(vec![everything(Effect::Release), own], Effect::Release);
    assert_eq!(
        judge(&policy, &issued(), Proxy),
        Ok(()),
        "an exception for all"
    );
}

#[test]
fn the_default_is_for_everybody() {
    let policy = policy(vec![], Effect::Withhold);
    for audience in [Patient, Proxy, Parent] {
        assert!(judge(&policy, &issued(), audience).is_err());
    }
}
