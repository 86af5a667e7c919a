use portal_fhir::{Header, ResourceType};
use serde_json::{Value, json};

use super::{Part, RuleMatch, Subject};
use crate::release::floor::{Marks, is_critical};
use crate::release::{CodePattern, ReleaseMode};
use crate::source::Source;
use crate::testing::{record, rules};

fn patterns(texts: &[&str]) -> Vec<CodePattern> {
    texts
        .iter()
        .map(|text| CodePattern::parse(text).unwrap())
        .collect()
}

/// [certainly meant, may be meant]
fn meant_in(matches: &RuleMatch, header: &Header, source: Source) -> [bool; 2] {
    let rules = rules(ReleaseMode::ByStatus);
    let subject = Subject {
        header,
        source,
        critical: is_critical(header, &rules),
        marks: Marks::of(header, &rules),
    };
    [
        matches.means(&subject, Part::Whole),
        matches.may_mean(&subject, Part::Whole),
    ]
}

fn meant(matches: &RuleMatch, members: &Value) -> [bool; 2] {
    let mut resource = json!({"resourceType": "Observation", "id": "1", "status": "final"});
    let object = resource.as_object_mut().unwrap();
    object.extend(members.as_object().unwrap().clone());
    meant_in(
        matches,
        &record(&resource.to_string()).header,
        Source::Laboratory,
    )
}

const BOTH: [bool; 2] = [true, true];
const MAYBE: [bool; 2] = [false, true];
const NO: [bool; 2] = [false, false];

fn concept(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

fn types(types: &[ResourceType]) -> RuleMatch {
    RuleMatch {
        types: types.to_vec(),
        ..RuleMatch::default()
    }
}

fn codes(texts: &[&str]) -> RuleMatch {
    RuleMatch {
        codes: patterns(texts),
        ..RuleMatch::default()
    }
}

fn categories(texts: &[&str]) -> RuleMatch {
    RuleMatch {
        categories: patterns(texts),
        ..RuleMatch::default()
    }
}

fn labels(texts: &[&str]) -> RuleMatch {
    RuleMatch {
        security_labels: patterns(texts),
        ..RuleMatch::default()
    }
}

fn statuses(texts: &[&str]) -> RuleMatch {
    RuleMatch {
        statuses: texts.iter().map(|text| Box::from(*text)).collect(),
        ..RuleMatch::default()
    }
}

#[test]
fn no_criterion_means_everything() {
    assert_eq!(meant(&RuleMatch::default(), &json!({})), BOTH);
}

#[test]
fn each_criterion_means_what_fits_one_of_its_values() {
    use ResourceType::{Condition, DiagnosticReport, Observation};
    let code = json!({"code": concept("s", "a")});
    let category = json!({"category": [concept("s", "a"), concept("s", "b")]});
    let label = json!({"meta": {"security": [{"system": "s", "code": "R"}]}});
    for (matches, members, expected) in [
        (types(&[Observation]), json!({}), BOTH),
        (types(&[Condition, Observation]), json!({}), BOTH),
        (types(&[Condition, DiagnosticReport]), json!({}), NO),
        (codes(&["s|a"]), code.clone(), BOTH),
        (codes(&["a"]), code.clone(), BOTH),
        (codes(&["b", "a"]), code.clone(), BOTH),
        (codes(&["t|a"]), code.clone(), NO),
        (codes(&["b"]), code.clone(), NO),
        (codes(&["a"]), json!({}), NO),
        (codes(&["a"]), category.clone(), NO),
        (
            codes(&["s|a"]),
            json!({"component": [{"code": concept("s", "a")}]}),
            BOTH,
        ),
        (categories(&["s|b"]), category.clone(), BOTH),
        (categories(&["c"]), category.clone(), NO),
        (categories(&["a"]), code.clone(), NO),
        (labels(&["s|R"]), label.clone(), BOTH),
        (labels(&["V"]), label.clone(), NO),
        (
            labels(&["R"]),
            json!({"meta": {"tag": [{"code": "R"}]}}),
            NO,
        ),
        (statuses(&["final"]), json!({}), BOTH),
        (statuses(&["amended", "final"]), json!({}), BOTH),
        (statuses(&["amended", "Final"]), json!({}), NO),
    ] {
        assert_eq!(meant(&matches, &members), expected, "{matches:?} {members}");
    }
}

#[test]
fn a_code_without_a_system_may_be_of_any() {
    let members = json!({
        "code": {"coding": [{"code": "a"}]},
        "category": [{"coding": [{"code": "b"}]}],
        "meta": {"security": [{"code": "R"}]},
    });
    for (matches, expected) in [
        (codes(&["a"]), BOTH),
        (codes(&["s|a"]), MAYBE),
        (categories(&["s|b"]), MAYBE),
        (labels(&["s|R"]), MAYBE),
        (codes(&["s|b"]), NO),
    ] {
        assert_eq!(meant(&matches, &members), expected, "{matches:?}");
    }
}

#[test]
fn every_criterion_has_to_fit() {
    let fitting = RuleMatch {
        types: vec![ResourceType::Observation],
        categories: patterns(&["b"]),
        codes: patterns(&["a"]),
        statuses: vec!["final".into()],
        security_labels: patterns(&["R"]),
        critical_only: true,
        source: Some(Source::Laboratory),
    };
    let members = json!({
        "code": concept("s", "a"),
        "category": [concept("s", "b")],
        "meta": {"security": [{"system": "s", "code": "R"}]},
        "interpretation": [concept("s", "HH")],
    });
    assert_eq!(meant(&fitting, &members), BOTH);
    let others: [fn(&mut RuleMatch); 6] = [
        |it| it.types = vec![ResourceType::Condition],
        |it| it.categories = patterns(&["x"]),
        |it| it.codes = patterns(&["x"]),
        |it| it.statuses = vec!["x".into()],
        |it| it.security_labels = patterns(&["x"]),
        |it| it.source = Some(Source::PatientChart),
    ];
    for (index, change) in others.into_iter().enumerate() {
        let mut matches = fitting.clone();
        change(&mut matches);
        assert_eq!(meant(&matches, &members), NO, "criterion {index}");
    }
}

#[test]
fn what_is_not_critical_is_not_meant_by_a_rule_on_critical_results() {
    let critical = RuleMatch {
        critical_only: true,
        ..RuleMatch::default()
    };
    assert_eq!(meant(&critical, &json!({})), NO);
    assert_eq!(
        meant(&critical, &json!({"interpretation": [concept("s", "H")]})),
        NO
    );
    assert_eq!(
        meant(&critical, &json!({"interpretation": [concept("s", "LL")]})),
        BOTH
    );
}

#[test]
fn a_rule_of_one_source_means_no_record_of_another() {
    let header = record(r#"{"resourceType":"Condition","id":"1"}"#).header;
    for source in Source::ALL {
        let of_chart = RuleMatch {
            source: Some(Source::PatientChart),
            ..RuleMatch::default()
        };
        let expected = [source == Source::PatientChart; 2];
        assert_eq!(meant_in(&of_chart, &header, source), expected);
        assert_eq!(meant_in(&RuleMatch::default(), &header, source), BOTH);
    }
}

#[test]
fn what_cannot_be_read_may_be_anything_of_its_kind() {
    let code = json!({"code": {"coding": [{"code": "x"}, 7]}});
    let component = json!({"component": [{"code": 7}]});
    let category = json!({"category": 7});
    let label = json!({"meta": {"security": [{"code": 7}]}});
    for (members, by_code, by_category, by_label) in [
        (code, MAYBE, NO, NO),
        (component, MAYBE, NO, NO),
        (category, NO, MAYBE, NO),
        (label, NO, NO, MAYBE),
    ] {
        assert_eq!(meant(&codes(&["a"]), &members), by_code, "{members}");
        assert_eq!(
            meant(&categories(&["a"]), &members),
            by_category,
            "{members}"
        );
        assert_eq!(meant(&labels(&["R"]), &members), by_label, "{members}");
        assert_eq!(meant(&statuses(&["amended"]), &members), NO);
        assert_eq!(meant(&types(&[ResourceType::Condition]), &members), NO);
    }
}

fn contained(members: &Value) -> Value {
    let mut inner = json!({"resourceType": "Observation", "status": "final"});
    inner
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    json!({"contained": [{"resourceType": "Practitioner"}, inner]})
}

#[test]
fn what_is_contained_restricts_its_container_and_never_releases_it() {
    for (matches, inner) in [
        (codes(&["s|a"]), json!({"code": concept("s", "a")})),
        (
            codes(&["s|a"]),
            json!({"component": [{"code": concept("s", "a")}]}),
        ),
        (codes(&["s|a"]), json!({"code": 7})),
        (
            categories(&["s|a"]),
            json!({"category": [concept("s", "a")]}),
        ),
        (categories(&["s|a"]), json!({"category": 7})),
        (
            labels(&["R"]),
            json!({"meta": {"security": [{"code": "R"}]}}),
        ),
        (labels(&["R"]), json!({"meta": 7})),
        (statuses(&["amended"]), json!({"status": "amended"})),
    ] {
        assert_eq!(
            meant(&matches, &contained(&inner)),
            MAYBE,
            "{matches:?} {inner}"
        );
        assert_eq!(meant(&matches, &contained(&json!({}))), NO, "{matches:?}");
    }
    let header = record(
        r#"{"resourceType":"Condition","id":"1","contained":[{"resourceType":"Observation"}]}"#,
    );
    let found = meant_in(
        &types(&[ResourceType::Observation]),
        &header.header,
        Source::PatientChart,
    );
    assert_eq!(found, MAYBE);
}

#[test]
fn criteria_fit_one_resource_and_not_two_halves() {
    let matches = RuleMatch {
        categories: patterns(&["b"]),
        ..codes(&["a"])
    };
    let mut halves = contained(&json!({"category": [concept("s", "b")]}));
    halves["code"] = concept("s", "a");
    assert_eq!(meant(&matches, &halves), NO);
    let inside = json!({"category": [concept("s", "b")], "code": concept("s", "a")});
    assert_eq!(meant(&matches, &contained(&inside)), MAYBE);
}
