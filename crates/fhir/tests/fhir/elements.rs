use portal_fhir::select_elements;
use serde_json::{Value, json};

use super::{record, value};

fn select(text: &str, elements: &[&str]) -> Value {
    let elements: Vec<_> = elements.iter().map(|&element| element.to_owned()).collect();
    value(&select_elements(&record(text), &elements))
}

fn tag() -> Value {
    json!({
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED",
    })
}

#[test]
fn asked_and_mandatory_members_stay_and_the_subset_is_tagged() {
    let out = select(
        r#"{"text":{},"resourceType":"Observation","id":"o","status":"final","code":{},
        "subject":{"reference":"Patient/1"},"effectiveDateTime":"2024","_effectiveDateTime":{"id":"x"},
        "effectiveness":1,"valueQuantity":{"value":1.50},"note":[]}"#,
        &["effective", "note"],
    );
    let names: Vec<_> = out
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = vec![
        "resourceType",
        "id",
        "meta",
        "status",
        "code",
        "subject",
        "effectiveDateTime",
        "_effectiveDateTime",
        "note",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(out["meta"], json!({"tag": [tag()]}));
}

#[test]
fn every_form_of_meta_takes_the_tag() {
    let released = json!({"code": "released"});
    for (meta, expected) in [
        (json!({}), json!({"tag": [tag()]})),
        (
            json!({"versionId": "1"}),
            json!({"tag": [tag()], "versionId": "1"}),
        ),
        (json!({"tag": []}), json!({"tag": [tag()]})),
        (
            json!({"tag": [released], "a": 1}),
            json!({"tag": [released, tag()], "a": 1}),
        ),
        (json!({"tag": [tag()]}), json!({"tag": [tag()]})),
    ] {
        let text = json!({"resourceType": "Condition", "id": "c", "meta": meta}).to_string();
        assert_eq!(select(&text, &["code"])["meta"], expected);
    }
}

#[test]
fn kept_bytes_are_as_they_were() {
    let out = select_elements(
        &record(
            r#"{"resourceType":"Observation","id":"o","valueQuantity":{ "value" : 1.50 },"x":1}"#,
        ),
        &["value".to_owned()],
    );
    assert!(String::from_utf8_lossy(&out).contains(r#""valueQuantity":{ "value" : 1.50 }"#));
}

#[test]
fn contained_resources_stay_with_what_refers_to_them() {
    let text = r##"{"resourceType":"MedicationRequest","id":"m","contained":[{"resourceType":"Medication","id":"x"}],
        "medicationReference":{"reference":"#x"},"note":[]}"##;
    assert!(select(text, &["status"]).get("contained").is_some());
    let text = r##"{"resourceType":"Condition","id":"c","contained":[{"resourceType":"Practitioner","id":"x"}],
        "asserter":{"reference":"#x"}}"##;
    assert!(select(text, &["code"]).get("contained").is_none());
    assert!(select(text, &["asserter"]).get("contained").is_some());
}
