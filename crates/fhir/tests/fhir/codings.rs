use std::collections::BTreeSet;

use portal_fhir::{Coding, Header};
use proptest::prelude::*;
use serde_json::Value;

use super::header;

pub(crate) type Codes = BTreeSet<(Option<String>, String)>;

/// Every Coding with a code, found by the rule of the header without any of its code.
pub(crate) fn naive_codes(value: &Value) -> Codes {
    let mut codes = Codes::new();
    walk(value, &mut codes);
    codes
}

fn walk(value: &Value, codes: &mut Codes) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, codes)),
        Value::Object(members) => {
            if members.get("system").is_some_and(Value::is_string) && !members.contains_key("value")
            {
                take(value, codes);
            }
            if let Some(Value::Array(items)) = members.get("coding") {
                for item in items {
                    take(item, codes);
                }
            }
            for name in ["valueCoding", "class"] {
                members.get(name).into_iter().for_each(|it| take(it, codes));
            }
            members.values().for_each(|member| walk(member, codes));
        }
        _ => {}
    }
}

fn take(coding: &Value, codes: &mut Codes) {
    let system = match coding.get("system") {
        None => None,
        Some(Value::String(system)) => Some(system.clone()),
        Some(_) => return,
    };
    if let Some(code) = coding.get("code").and_then(Value::as_str) {
        codes.insert((system, code.to_owned()));
    }
}

pub(crate) fn codes_of<'a>(lists: impl IntoIterator<Item = &'a Vec<Coding>>) -> Codes {
    let of = |coding: &Coding| {
        let system = coding.system.as_deref().map(str::to_owned);
        Some((system, coding.code.as_deref()?.to_owned()))
    };
    lists.into_iter().flatten().filter_map(of).collect()
}

/// All codes of a header, those of contained resources by way of the list of others.
pub(crate) fn all_codes(header: &Header) -> Codes {
    codes_of([
        &header.codes,
        &header.component_codes,
        &header.categories,
        &header.other_codings,
        &header.interpretation,
        &header.clinical_status,
        &header.verification_status,
        &header.tags,
        &header.security,
    ])
}

fn others(members: &str) -> Vec<String> {
    let text = format!(r#"{{"resourceType":"Observation","id":"o",{members}}}"#);
    let read = header(&text).expect("a sound sample");
    assert!(!read.other_codings_unreadable);
    read.other_codings
        .into_iter()
        .filter_map(|coding| Some(coding.code?.into_string()))
        .collect()
}

#[test]
fn codings_are_found_wherever_they_stand_once_and_in_order() {
    let found = others(
        r#""contained":[{"resourceType":"Condition","meta":{"security":[{"system":"s","code":"contained-label"}]},
            "code":{"coding":[{"system":"s","code":"contained"}]}}],
        "extension":[{"url":"a","valueCoding":{"code":"no-system"}},
            {"url":"b","valueCodeableConcept":{"\u0063oding":[{"system":"s","code":"concept"}]}}],
        "code":{"extension":[{"url":"c","valueCoding":{"system":"s","code":"in-code"}}],
            "coding":[{"system":"s","code":"main","extension":[{"url":"d","valueCoding":{"code":"in-coding"}}]},
                {"system":"s","code":"main-too"}]},
        "valueCodeableConcept":{"coding":[{"system":"s","code":"value"},{"system":"s","code":"concept"}]},
        "class":{"code":"AMB"},"loose":{"system":"s","code":"loose"}"#,
    );
    let expected = [
        "contained-label",
        "contained",
        "no-system",
        "concept",
        "in-code",
        "in-coding",
        "value",
        "AMB",
        "loose",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_coding_or_is_held_elsewhere_is_not_listed() {
    let found = others(
        r#""meta":{"tag":[{"system":"s","code":"tag"}],"security":[{"system":"s","code":"R"}]},
        "code":{"coding":[{"system":"s","code":"main"}]},
        "clinicalStatus":{"coding":[{"system":"s","code":"active"}]},
        "category":[{"coding":[{"system":"s","code":"laboratory"}]}],
        "interpretation":[{"coding":[{"system":"s","code":"H"}]}],
        "component":[{"code":{"coding":[{"system":"s","code":"part"}]},
            "interpretation":[{"coding":[{"system":"s","code":"HH"}]}]}],
        "bodySite":{"coding":[{"system":"s","code":"main"},{"display":"no code"}]},
        "valueQuantity":{"value":1.50,"system":"u","code":"mg"},
        "identifier":[{"system":"i","value":"v"}],"valueCode":"bare","x":{"code":"bare"}"#,
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_code_that_stands_in_a_label_and_elsewhere_is_listed() {
    let found = others(
        r#""meta":{"security":[{"system":"s","code":"HIV"}]},
        "bodySite":{"coding":[{"system":"s","code":"HIV"}]}"#,
    );
    assert_eq!(found, ["HIV"]);
}

#[test]
fn the_same_code_of_another_system_is_another() {
    let found = others(
        r#""code":{"coding":[{"system":"a","code":"1"}]},
        "bodySite":{"coding":[{"system":"b","code":"1"},{"code":"1"},{"system":"b","code":"1"}]}"#,
    );
    assert_eq!(found, ["1", "1"]);
}

#[test]
fn codings_that_cannot_be_read_are_told_of() {
    for member in [
        r#""bodySite":{"coding":[{"system":1,"code":"x"}]}"#,
        r#""bodySite":{"coding":[{"code":null}]}"#,
        r#""bodySite":{"coding":["x"]}"#,
        r#""bodySite":{"coding":[null]}"#,
        r#""bodySite":{"coding":{"code":"x"}}"#,
        r#""clinicalStatus":{"coding":[7]}"#,
        r#""extension":[{"valueCoding":"x"}]"#,
        r#""class":{"code":1}"#,
        r#""contained":[{"bodySite":{"coding":[[]]}}]"#,
    ] {
        let text = format!(r#"{{"resourceType":"Observation","id":"o",{member}}}"#);
        assert!(header(&text).unwrap().other_codings_unreadable, "{member}");
    }
}

fn body() -> impl Strategy<Value = Value> {
    let texts = ["a", "b", "c", ""];
    let leaf = prop_oneof![
        4 => prop::sample::select(texts.to_vec()).prop_map(Value::from),
        1 => Just(Value::from(1)),
        1 => Just(Value::Null),
    ];
    let names = [
        "coding",
        "coding",
        "system",
        "code",
        "value",
        "class",
        "valueCoding",
        "x",
    ];
    leaf.prop_recursive(6, 64, 5, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::btree_map(
                prop::sample::select(names.to_vec()).prop_map(str::to_owned), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_header_holds_every_code_and_no_other(code in body(), extension in body(), value in body()) {
        let model = serde_json::json!({
            "resourceType": "Observation", "id": "o", "code": {"coding": [code]},
            "extension": extension, "x": value,
        });
        let read = header(&model.to_string()).unwrap();
        let naive = naive_codes(&model);
        prop_assert_eq!(all_codes(&read), naive);
        let listed = read.other_codings.len();
        let others = codes_of([&read.other_codings]);
        prop_assert_eq!(others.len(), listed);
        prop_assert!(others.is_disjoint(&codes_of([&read.codes])));
    }
}
