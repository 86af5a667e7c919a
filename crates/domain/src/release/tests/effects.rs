//! What each effect does.

use jiff::SignedDuration;
use portal_fhir::Header;

use super::Audience::{Parent, Patient, Proxy};
use super::{
    DAY, Effect, HOUR, ReleasePolicy, RuleIndex, Until, Withheld, by, everything, held, issued,
    judge, judge_at, policy,
};
use crate::testing::{TAG_SYSTEM, at, record, result};

#[test]
fn without_rules_nothing_is_held() {
    let open = ReleasePolicy::default();
    assert!(open.is_open());
    assert_eq!(open.critical_hold, SignedDuration::from_hours(72));
    for audience in [Patient, Proxy, Parent] {
        assert_eq!(judge(&open, &issued(), audience), Ok(()));
    }
}

#[test]
fn a_policy_is_open_while_nothing_in_it_restricts() {
    use Effect::{HoldUntilReviewed, Release, Withhold};
    assert!(policy(vec![everything(Release)], Release).is_open());
    for effect in [DAY, HoldUntilReviewed, Withhold] {
        assert!(!policy(vec![], effect).is_open());
        assert!(!policy(vec![everything(Release), everything(effect)], Release).is_open());
    }
}

#[test]
fn each_effect_does_what_it_says() {
    let reviewed = format!(r#""meta":{{"tag":[{{"system":"{TAG_SYSTEM}","code":"reviewed"}}]}}"#);
    let reviewed = record(&result("a", &reviewed)).header;
    let waits = held(Until::Reviewed, RuleIndex::Rule(0));
    for (effect, header, expected) in [
        (Effect::Release, &issued(), Ok(())),
        (Effect::Withhold, &issued(), by(0)),
        (Effect::Withhold, &reviewed, by(0)),
        (Effect::HoldUntilReviewed, &issued(), waits),
        (Effect::HoldUntilReviewed, &reviewed, Ok(())),
    ] {
        let policy = policy(vec![everything(effect)], Effect::Release);
        assert_eq!(judge(&policy, header, Patient), expected, "{effect:?}");
    }
}

#[test]
fn a_hold_ends_at_its_moment_and_not_before() {
    let policy = policy(vec![everything(DAY)], Effect::Release);
    // A second is told as a whole: the hold is counted from its end.
    let end = 24 * HOUR + 1;
    let waits = held(Until::Moment(at(end)), RuleIndex::Rule(0));
    for (seconds, expected) in [
        (-HOUR, waits),
        (0, waits),
        (24 * HOUR, waits),
        (end - 1, waits),
        (end, Ok(())),
        (end + HOUR, Ok(())),
    ] {
        assert_eq!(
            judge_at(&policy, &issued(), Patient, seconds),
            expected,
            "{seconds}"
        );
    }
}

#[test]
fn a_hold_counts_from_issue_or_of_what_is_never_issued_from_when_it_was_recorded() {
    let policy = policy(vec![everything(DAY)], Effect::Release);
    let until = |header: &Header| match judge_at(&policy, header, Patient, -HOUR) {
        Err(Withheld::Held {
            until: Until::Moment(until),
            ..
        }) => Some(until),
        Err(Withheld::Unreadable) => None,
        other => panic!("{other:?}"),
    };
    let of = |kind: &str, members: &str| {
        let text = format!(r#"{{"resourceType":"{kind}","id":"a"{members}}}"#);
        until(&record(&text).header)
    };
    let day = 24 * HOUR;
    for (kind, members, expected) in [
        ("Observation", "", None),
        ("Observation", r#","recordedDate":"2026-01-01""#, None),
        ("Observation", r#","issued":"2026-01-01""#, None),
        ("DiagnosticReport", r#","recorded":"2026-01-01""#, None),
        ("Condition", "", None),
        ("Condition", r#","onsetDateTime":"2026-01-01""#, None),
        (
            "Condition",
            r#","recordedDate":"2026-01-01""#,
            Some(at(day + day)),
        ),
        (
            "Condition",
            r#","recordedDate":"2026-01""#,
            Some(at(31 * day + day)),
        ),
        (
            "Condition",
            r#","recordedDate":"2026""#,
            Some(at(365 * day + day)),
        ),
        (
            "Condition",
            r#","recordedDate":"2026-01-01T12:00:00Z""#,
            Some(at(12 * HOUR + day + 1)),
        ),
        (
            "Condition",
            r#","recordedDate":"2026-01-01T12:00:00+02:00""#,
            Some(at(10 * HOUR + day + 1)),
        ),
        (
            "Immunization",
            r#","recorded":"2026-01-01""#,
            Some(at(day + day)),
        ),
        (
            "AllergyIntolerance",
            r#","recordedDate":"2026-01-01""#,
            Some(at(day + day)),
        ),
    ] {
        assert_eq!(of(kind, members), expected, "{kind} {members}");
    }
    let half = of("Observation", r#","issued":"2026-01-01T00:00:00.5Z""#).unwrap();
    assert_eq!(
        half.duration_since(at(day)),
        SignedDuration::from_millis(600)
    );
}

#[test]
fn withheld_stands_in_the_order_of_strictness() {
    let moment = |seconds| Withheld::Held {
        until: Until::Moment(at(seconds)),
        rule: RuleIndex::Default,
    };
    let reviewed = Withheld::Held {
        until: Until::Reviewed,
        rule: RuleIndex::Rule(0),
    };
    let never = Withheld::ByPolicy {
        rule: RuleIndex::Rule(0),
    };
    let order = [moment(0), moment(1), reviewed, never, Withheld::Unreadable];
    assert!(order.is_sorted());
}

#[test]
fn every_reason_has_its_word() {
    let held = Withheld::Held {
        until: Until::Reviewed,
        rule: RuleIndex::Default,
    };
    let never = Withheld::ByPolicy {
        rule: RuleIndex::Default,
    };
    for (withheld, word) in [
        (held, "held"),
        (never, "by-policy"),
        (Withheld::Sensitive, "sensitive"),
        (Withheld::NotReleased, "not-released"),
        (Withheld::Status, "status"),
        (Withheld::EnteredInError, "entered-in-error"),
        (Withheld::Critical, "critical"),
        (Withheld::Unreadable, "unreadable"),
        (Withheld::HiddenResult, "hidden-result"),
    ] {
        assert_eq!(withheld.as_str(), word);
    }
}
