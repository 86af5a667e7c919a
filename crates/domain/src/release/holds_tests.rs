//! What is said of holds, and what masks hide.

use jiff::SignedDuration;
use portal_fhir::ResourceType;

use super::{Holds, Masks, Verdicts};
use crate::access::{Surface, authorize};
use crate::disclosure::Owned;
use crate::release::{
    Audience, CodePattern, Effect, ReleasePolicy, Rule, RuleAudience, RuleIndex, RuleMatch, Until,
    Viewer,
};
use crate::scope::ScopeSet;
use crate::sensitivity::SensitivitySet;
use crate::source::RecordSet;
use crate::tenant_config::TenantConfig;
use crate::testing::{
    action, at, claim_fetched, facts, fetched, held, judged, judged_for, owned, result, token_of,
};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const HOUR: i64 = 3_600;

fn hold(code: &str, effect: Effect) -> Rule {
    Rule {
        matches: RuleMatch {
            codes: vec![CodePattern::parse(code).unwrap()],
            ..RuleMatch::default()
        },
        effect,
        audience: RuleAudience::All,
        reason_key: Some("why".into()),
    }
}

/// Code `a` is held a day, `b` two days, `c` until it is reviewed, `d` for ever.
fn config() -> TenantConfig {
    let hours = |hours| Effect::HoldFor(SignedDuration::from_hours(hours));
    let rules = vec![
        hold("a", hours(24)),
        hold("b", hours(48)),
        hold("c", Effect::HoldUntilReviewed),
        hold("d", Effect::Withhold),
    ];
    TenantConfig {
        release_policy: ReleasePolicy {
            rules,
            ..ReleasePolicy::default()
        },
        ..TenantConfig::default()
    }
}

/// Results of these codes, all issued at the same time.
fn results(codes: &[&str]) -> Owned {
    let text = |(index, code): (usize, &&str)| {
        let code = format!(r#""code":{{"coding":[{{"code":"{code}"}}]}}"#);
        result(
            &format!("o{index}"),
            &format!(r#""issued":"2026-01-01T00:00:00Z",{code}"#),
        )
    };
    let texts: Vec<_> = codes.iter().enumerate().map(text).collect();
    owned(RESULTS, &texts)
}

fn verdicts(codes: &[&str]) -> Verdicts {
    judged_for(&results(codes), &config(), Viewer::PATIENT)
}

fn holds(verdicts: &Verdicts, scopes: &str, code: Option<&str>) -> Holds {
    let mut facts = facts();
    token_of(&mut facts).scopes = ScopeSet::parse(scopes);
    let action = action(Surface::Portal, ResourceType::Observation);
    let grant = authorize(&facts, &action, at(0)).unwrap();
    let permit = grant.read(ResourceType::Observation).unwrap();
    verdicts.holds(&permit, |header| {
        let has = |code: &str| {
            header
                .codes
                .iter()
                .any(|it| it.code.as_deref() == Some(code))
        };
        code.is_none_or(has)
    })
}

#[test]
fn held_records_are_counted_and_the_first_to_come_is_told() {
    let day = |days: i64| Until::Moment(at(days * 24 * HOUR + 1));
    let rule = RuleIndex::Rule;
    for (codes, count, next) in [
        (&[][..], 0, None),
        (&["x"], 0, None),
        (&["d"], 0, None),
        (&["a"], 1, Some((day(1), rule(0)))),
        (&["x", "b", "d"], 1, Some((day(2), rule(1)))),
        (&["b", "a"], 2, Some((day(1), rule(0)))),
        (&["a", "b", "b"], 3, Some((day(1), rule(0)))),
        (&["c"], 1, Some((Until::Reviewed, rule(2)))),
        (&["c", "b"], 2, Some((day(2), rule(1)))),
    ] {
        let found = holds(&verdicts(codes), "patient/*.read", None);
        assert_eq!(found, Holds { count, next }, "{codes:?}");
    }
}

#[test]
fn a_hold_of_what_the_caller_would_not_be_shown_anyway_is_not_told() {
    let all = verdicts(&["a", "b", "c"]);
    assert_eq!(holds(&all, "patient/Observation.s?code=b,c", None).count, 2);
    assert_eq!(holds(&all, "patient/*.read", Some("b")).count, 1);
    assert_eq!(
        holds(&all, "patient/Observation.s?code=a", Some("b")).count,
        0
    );
    assert_eq!(
        holds(&all, "patient/Observation.s?code=a", Some("b")).next,
        None
    );
}

#[test]
fn what_the_floor_hides_is_no_hold() {
    let preliminary = result(
        "p",
        r#""status":"preliminary","issued":"2026-01-01T00:00:00Z","code":{"coding":[{"code":"a"}]}"#,
    );
    let owned = owned(RESULTS, &[preliminary]);
    let verdicts = judged_for(&owned, &config(), Viewer::PATIENT);
    assert_eq!(holds(&verdicts, "patient/*.read", None), Holds::default());
    assert!(verdicts.at(0).is_some());
}

#[test]
fn what_a_set_with_holes_does_not_hold_may_be_what_it_lost() {
    let mut cut = fetched(&[result("good", "")]);
    cut.capped = true;
    let (cut, _) = claim_fetched(RESULTS, cut);
    let mut masks = Masks::default();
    masks.add(judged(&cut));
    assert!(masks.hides("Observation/lab.gone"));
    assert!(!masks.hides("Observation/lab.good"));
    for target in [
        "Condition/lab.gone",
        "Observations/x",
        "Observation",
        "Patient/pat.u1",
    ] {
        assert!(!masks.hides(target), "{target}");
    }
}

#[test]
fn a_set_that_knows_a_record_is_believed_before_one_with_holes() {
    let mut cut = fetched(&[]);
    cut.capped = true;
    let (chart, _) = claim_fetched(RecordSet::ChartObservations, cut);
    let mut masks = Masks::default();
    masks.add(judged(&chart));
    masks.add(judged(&results(&["x"])));
    assert!(!masks.hides("Observation/lab.o0"));
    assert!(masks.hides("Observation/lab.o1"));
}

#[test]
fn an_address_that_may_mean_a_withheld_record_of_another_source_is_masked() {
    let mut masks = Masks::default();
    masks.add(judged_for(
        &results(&["a", "x"]),
        &config(),
        Viewer::PATIENT,
    ));
    for (target, hidden) in [
        ("Observation/lab.o0", true),
        ("Observation/cht.o0", true),
        ("Observation/cht.o1", false),
        ("Observation/o0", false),
        ("Observation/lab.lab.o0", false),
        ("Observation/cht.o0.d", false),
        ("Condition/cht.o0", false),
    ] {
        assert_eq!(masks.hides(target), hidden, "{target}");
    }
}

#[test]
fn no_policy_withholds_who_the_patient_is_or_what_the_portal_itself_holds() {
    let config = TenantConfig {
        release_policy: ReleasePolicy {
            default: Effect::Withhold,
            ..ReleasePolicy::default()
        },
        ..TenantConfig::default()
    };
    let patient = owned(
        RecordSet::Patient,
        &[r#"{"resourceType":"Patient","id":"pat_1"}"#.to_owned()],
    );
    let person =
        r#"{"resourceType":"RelatedPerson","id":"1","patient":{"reference":"Patient/pat_1"}}"#;
    let person = held(RecordSet::RelatedPersons, &[person.to_owned()]);
    let proxy = Viewer {
        audience: Audience::Proxy,
        sensitive: Some(SensitivitySet::NONE),
    };
    for viewer in [Viewer::PATIENT, proxy] {
        assert_eq!(judged_for(&person, &config, viewer).at(0), None);
        assert_eq!(judged_for(&patient, &config, viewer).at(0), None);
        assert!(
            judged_for(&results(&["x"]), &config, viewer)
                .at(0)
                .is_some()
        );
    }
}
