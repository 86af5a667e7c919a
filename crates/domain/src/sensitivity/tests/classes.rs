//! The class of one record.

use serde_json::{Value, json};

use super::{
    CodeLists, HARMLESS, LabelMode, SensitivityCategory as Category, SensitivityClass,
    SensitivitySet, classify, header, sensitive,
};

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

fn lists() -> CodeLists {
    let document = json!({
        "genetic": [{"system": "x", "codes": ["G*"]}],
        "violence": [{"system": "x", "codes": ["V1"]}],
    });
    CodeLists::parse(&document, "").unwrap()
}

fn class(kind: &str, members: &Value, mode: LabelMode) -> SensitivityClass {
    classify(&header(kind, members), mode, &lists())
}

/// The class by labels and codes.
fn by_codes(members: &Value) -> SensitivityClass {
    class("Condition", members, LabelMode::None)
}

fn concept(code: &str) -> Value {
    json!({"coding": [{"system": "x", "code": code}]})
}

fn labels(labels: &[(&str, &str)]) -> Value {
    let label = |(system, code): &(&str, &str)| json!({"system": system, "code": code});
    json!({"security": labels.iter().map(label).collect::<Vec<_>>()})
}

fn undetermined(categories: &[Category]) -> SensitivityClass {
    SensitivityClass {
        undetermined: true,
        ..sensitive(categories)
    }
}

#[test]
fn without_labels_the_codes_decide() {
    for (members, expected) in [
        (json!({"code": concept("A")}), HARMLESS),
        (
            json!({"code": concept("G1")}),
            sensitive(&[Category::Genetic]),
        ),
        (
            json!({"code": concept("V1")}),
            sensitive(&[Category::Violence]),
        ),
        (
            json!({"code": {"coding": [{"system": "x", "code": "V1"}, {"code": "G2"}]}}),
            sensitive(&[Category::Genetic, Category::Violence]),
        ),
        (json!({"code": concept("A"), "meta": {}}), HARMLESS),
    ] {
        assert_eq!(by_codes(&members), expected, "{members}");
    }
}

#[test]
fn every_coding_counts_wherever_it_stands() {
    let base = json!({"code": concept("A")});
    let genetic = sensitive(&[Category::Genetic]);
    for more in [
        json!({"category": [concept("G1")]}),
        json!({"component": [{"code": concept("G1")}]}),
        json!({"bodySite": [concept("G1")]}),
        json!({"evidence": [{"code": [concept("G1")]}]}),
        json!({"extension": [{"url": "urn:u", "valueCoding": {"system": "x", "code": "G1"}}]}),
        json!({"contained": [{"resourceType": "Medication", "code": concept("G1")}]}),
        json!({"contained": [{"resourceType": "Observation", "category": [concept("G1")]}]}),
        json!({"contained": [{"resourceType": "Basic", "subject": {}, "author": concept("G1")}]}),
    ] {
        let mut members = base.clone();
        members
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        assert_eq!(by_codes(&members), genetic, "{more}");
    }
    assert_eq!(by_codes(&base), HARMLESS);
}

#[test]
fn what_is_not_coded_may_be_anything() {
    for members in [
        json!({}),
        json!({"code": {"text": "in words"}}),
        json!({"code": {"coding": []}}),
        json!({"code": {"coding": [{"system": "x"}]}}),
        json!({"category": [concept("A")]}),
        json!({"clinicalStatus": concept("active")}),
        json!({"bodySite": [concept("A")]}),
    ] {
        assert_eq!(by_codes(&members), undetermined(&[]), "{members}");
    }
}

#[test]
fn a_code_inside_says_what_a_record_is_as_its_own_does() {
    for members in [
        json!({"contained": [{"resourceType": "Medication", "code": concept("A")}]}),
        json!({"component": [{"code": concept("A")}]}),
        json!({"medicationCodeableConcept": concept("A")}),
        json!({"vaccineCode": concept("A")}),
    ] {
        assert_eq!(by_codes(&members), HARMLESS, "{members}");
    }
}

#[test]
fn a_code_that_cannot_be_read_may_be_any() {
    for members in [
        json!({"code": {"coding": [{"system": "x", "code": "A"}, 7]}}),
        json!({"code": concept("A"), "component": [{"code": 7}]}),
        json!({"code": concept("A"), "bodySite": [{"coding": [{"code": 7}]}]}),
        json!({"code": concept("A"), "contained": [{"resourceType": "Medication", "code": 7}]}),
    ] {
        let found = class("Observation", &members, LabelMode::None);
        assert_eq!(found, undetermined(&[]), "{members}");
    }
}

#[test]
fn labels_count_in_either_mode_and_an_unknown_one_may_mean_anything() {
    for (label, expected) in [
        ((CONFIDENTIALITY, "N"), HARMLESS),
        ((CONFIDENTIALITY, "R"), sensitive(&[Category::Restricted])),
        ((ACT_CODE, "HIV"), sensitive(&[Category::HivSti])),
        ((ACT_CODE, "NEW"), undetermined(&[])),
        (("urn:local", "secret"), undetermined(&[])),
    ] {
        for mode in [LabelMode::Complete, LabelMode::None] {
            let members = json!({"code": concept("A"), "meta": labels(&[label])});
            assert_eq!(
                class("Condition", &members, mode),
                expected,
                "{label:?} {mode:?}"
            );
        }
    }
    let several = labels(&[
        (CONFIDENTIALITY, "N"),
        (ACT_CODE, "HIV"),
        ("urn:local", "?"),
    ]);
    let members = json!({"code": concept("A"), "meta": several});
    assert_eq!(by_codes(&members), undetermined(&[Category::HivSti]));
}

#[test]
fn where_everything_is_labelled_what_is_not_was_forgotten_and_codes_say_nothing() {
    let complete = |members| class("Condition", &members, LabelMode::Complete);
    assert_eq!(complete(json!({"code": concept("A")})), undetermined(&[]));
    assert_eq!(
        complete(json!({"code": concept("A"), "meta": {}})),
        undetermined(&[])
    );
    let meta = labels(&[(CONFIDENTIALITY, "N")]);
    assert_eq!(
        complete(json!({"code": concept("G1"), "meta": meta})),
        HARMLESS
    );
    assert_eq!(complete(json!({"meta": meta})), HARMLESS);
}

#[test]
fn a_label_inside_counts_for_the_whole() {
    let inner = |label| json!({"resourceType": "Medication", "meta": labels(&[label])});
    for (label, expected) in [
        ((ACT_CODE, "HIV"), sensitive(&[Category::HivSti])),
        ((ACT_CODE, "NEW"), undetermined(&[])),
        ((CONFIDENTIALITY, "N"), HARMLESS),
    ] {
        let meta = labels(&[(CONFIDENTIALITY, "N")]);
        let members = json!({"code": concept("A"), "meta": meta, "contained": [inner(label)]});
        for mode in [LabelMode::Complete, LabelMode::None] {
            assert_eq!(
                class("Condition", &members, mode),
                expected,
                "{label:?} {mode:?}"
            );
        }
    }
}

#[test]
fn a_label_that_cannot_be_read_may_mean_anything() {
    let neutral = json!({"system": CONFIDENTIALITY, "code": "N"});
    for meta in [
        json!({"security": [neutral, {"system": ACT_CODE}]}),
        json!({"security": [neutral, 7]}),
        json!({"security": neutral}),
        json!(7),
    ] {
        for mode in [LabelMode::Complete, LabelMode::None] {
            let members = json!({"code": concept("A"), "meta": meta});
            assert!(class("Condition", &members, mode).undetermined, "{meta}");
            let outer = json!({"security": [neutral]});
            let inner = json!({"resourceType": "Medication", "meta": meta});
            let members = json!({"code": concept("A"), "meta": outer, "contained": [inner]});
            assert!(
                class("Condition", &members, mode).undetermined,
                "{meta} inside"
            );
        }
    }
}

#[test]
fn a_patient_is_who_the_record_is_about() {
    for mode in [LabelMode::Complete, LabelMode::None] {
        let secret = json!({"meta": labels(&[(CONFIDENTIALITY, "V")])});
        assert_eq!(class("Patient", &secret, mode), HARMLESS);
        assert_eq!(class("Patient", &json!({}), mode), HARMLESS);
    }
}

#[test]
fn who_may_see_some_categories_sees_what_touches_no_other() {
    let two = sensitive(&[Category::Genetic, Category::Violence]);
    let set = |categories: &[Category]| SensitivitySet::of(categories.iter().copied());
    for (class, visible, expected) in [
        (HARMLESS, SensitivitySet::NONE, true),
        (two, SensitivitySet::NONE, false),
        (two, set(&[Category::Genetic]), false),
        (two, set(&[Category::Genetic, Category::Violence]), true),
        (two, SensitivitySet::ALL, true),
        (undetermined(&[]), SensitivitySet::NONE, false),
        (undetermined(&[]), SensitivitySet::ALL, false),
        (SensitivityClass::UNDETERMINED, SensitivitySet::ALL, false),
    ] {
        assert_eq!(class.is_within(visible), expected, "{class:?} {visible:?}");
    }
}
