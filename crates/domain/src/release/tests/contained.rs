//! Results that are contained in something: judged as they would be if they stood alone.

use portal_fhir::{Header, ResourceType};

use super::Audience::Patient;
use super::RuleAudience::All;
use super::{Effect, Rule, RuleMatch, Withheld, by, everything, judge, policy, rule};
use crate::release::{CodePattern, RuleIndex};
use crate::testing::record;

/// A report that holds a result of this code.
fn report(code: &str) -> Header {
    let result = format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"code":"{code}"}}]}}}}"#
    );
    holding("DiagnosticReport", &result)
}

fn holding(kind: &str, inner: &str) -> Header {
    record(&format!(
        r#"{{"resourceType":"{kind}","id":"1","status":"final","contained":[{inner}]}}"#
    ))
    .header
}

fn of_type(effect: Effect, kind: ResourceType) -> Rule {
    let matches = RuleMatch {
        types: vec![kind],
        ..RuleMatch::default()
    };
    rule(effect, All, matches)
}

fn of_code(effect: Effect, code: &str) -> Rule {
    let matches = RuleMatch {
        codes: vec![CodePattern::parse(code).unwrap()],
        ..RuleMatch::default()
    };
    rule(effect, All, matches)
}

#[test]
fn a_result_inside_restricts_its_container() {
    let policy = policy(vec![of_code(Effect::Withhold, "hiv")], Effect::Release);
    assert_eq!(judge(&policy, &report("hiv"), Patient), by(0));
    assert_eq!(judge(&policy, &report("hb"), Patient), Ok(()));
}

#[test]
fn a_release_of_the_container_is_none_of_the_results_in_it() {
    let reports = of_type(Effect::Release, ResourceType::DiagnosticReport);
    let rules = vec![reports.clone(), of_code(Effect::Withhold, "hiv")];
    let policy_of = |default| policy(rules.clone(), default);
    let open = policy_of(Effect::Release);
    assert_eq!(judge(&open, &report("hiv"), Patient), by(1));
    assert_eq!(judge(&open, &report("hb"), Patient), Ok(()));
    let closed = Err(Withheld::ByPolicy {
        rule: RuleIndex::Default,
    });
    assert_eq!(
        judge(&policy_of(Effect::Withhold), &report("hb"), Patient),
        closed
    );
    let both = vec![reports, of_type(Effect::Release, ResourceType::Observation)];
    let both = policy(both, Effect::Withhold);
    assert_eq!(judge(&both, &report("hb"), Patient), Ok(()));
}

#[test]
fn a_release_of_a_result_is_none_of_its_container() {
    let rules = vec![of_code(Effect::Release, "hb"), everything(Effect::Withhold)];
    let policy = policy(rules, Effect::Release);
    assert_eq!(judge(&policy, &report("hb"), Patient), by(1));
}

#[test]
fn what_is_released_inside_is_not_held_by_rules_behind() {
    let rules = vec![
        of_type(Effect::Release, ResourceType::DiagnosticReport),
        of_code(Effect::Release, "hb"),
        everything(Effect::Withhold),
    ];
    let policy = policy(rules, Effect::Release);
    assert_eq!(judge(&policy, &report("hb"), Patient), Ok(()));
    assert_eq!(judge(&policy, &report("hiv"), Patient), by(2));
}

#[test]
fn only_results_are_judged_by_themselves() {
    let medication = r#"{"resourceType":"Medication","code":{"coding":[{"code":"hiv"}]}}"#;
    let request = holding("MedicationRequest", medication);
    let hiv = of_code(Effect::Withhold, "hiv");
    let before = policy(vec![hiv.clone()], Effect::Release);
    assert_eq!(judge(&before, &request, Patient), by(0));
    let requests = of_type(Effect::Release, ResourceType::MedicationRequest);
    let released = policy(vec![requests, hiv], Effect::Withhold);
    assert_eq!(judge(&released, &request, Patient), Ok(()));
}

#[test]
fn every_result_inside_is_judged() {
    let of = |code: &str| {
        format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"code":"{code}"}}]}}}}"#
        )
    };
    let policy = policy(
        vec![
            of_type(Effect::Release, ResourceType::DiagnosticReport),
            of_code(Effect::Withhold, "hiv"),
        ],
        Effect::Release,
    );
    for (codes, expected) in [
        (["hb", "hb"], Ok(())),
        (["hiv", "hb"], by(1)),
        (["hb", "hiv"], by(1)),
    ] {
        let inner = codes.map(of).join(",");
        let header = holding("DiagnosticReport", &inner);
        assert_eq!(judge(&policy, &header, Patient), expected, "{codes:?}");
    }
}
