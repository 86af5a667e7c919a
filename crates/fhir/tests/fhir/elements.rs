use portal_fhir::{project, select_elements};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::json::json as any_json;
use super::{header, record, value};

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

const PATIENT: &str = r##"{"resourceType":"Patient","implicitRules":"r","text":{},"id":"p",
    "contained":[{"resourceType":"Organization","id":"o"}],"extension":[{"url":"e"}],
    "modifierExtension":[{"url":"m"}],"identifier":[{"system":"i","value":"v"}],"active":true,
    "name":[ {"family":"F","_family":{"id":"x"}} ],"telecom":[{"value":"1"}],"gender":"female",
    "birthDate":"1990-02-03","_birthDate":{"extension":[{"url":"t","valueDateTime":"1990-02-03T04:05:06Z"}]},
    "address":[{"city":"C"}],"photo":[{"url":"Binary/1"}],"link":[{"other":{"reference":"Patient/2"}}],
    "managingOrganization":{"reference":"#o"}}"##;

#[test]
fn a_projection_is_the_named_members_and_nothing_else() {
    let tag = tag();
    let shown = project(&record(PATIENT), &["name", "birthDate", "gender", "absent"]).unwrap();
    let expected = format!(
        r#"{{"resourceType":"Patient","id":"p","name":[ {{"family":"F","_family":{{"id":"x"}}}} ],"gender":"female","birthDate":"1990-02-03","meta":{{"tag":[{{"system":{},"code":{}}}]}}}}"#,
        tag["system"], tag["code"]
    );
    assert_eq!(shown.bytes, expected);
    assert!(shown.header == header(&expected).unwrap());
    assert!(shown.header.identifiers.is_empty() && shown.header.references.is_empty());
    assert!(shown.header.links.is_empty() && shown.header.contained.is_empty());
    let person = shown.header.person.unwrap();
    assert_eq!(person.names[0].family.as_deref(), Some("F"));
    assert_eq!(person.birth_date.unwrap().text(), "1990-02-03");
}

#[test]
fn a_projection_says_of_meta_its_version_alone() {
    let text = r#"{"resourceType":"Patient","id":"p","meta":{"versionId":"3","lastUpdated":"2024-01-02T03:04:05Z",
        "source":"urn:x","profile":["urn:vip"],"security":[{"code":"HIV"}],"tag":[{"code":"vip"}],"extension":[{"url":"x"}]}}"#;
    let shown = project(&record(text), &["name"]).unwrap();
    let version = json!({"versionId": "3", "lastUpdated": "2024-01-02T03:04:05Z", "tag": [tag()]});
    assert_eq!(
        value(&shown.bytes),
        json!({"resourceType": "Patient", "id": "p", "meta": version})
    );
    assert!(shown.header.security.is_empty());
    assert_eq!(project(&shown, &["name"]).unwrap().bytes, shown.bytes);
}

#[test]
fn a_projection_of_a_projection_is_that_projection() {
    let members = ["name", "gender"];
    let once = project(&record(PATIENT), &members).unwrap();
    assert!(project(&once, &members).unwrap() == once);
    assert!(
        project(&once, &["birthDate"])
            .unwrap()
            .header
            .person
            .unwrap()
            .names
            .is_empty()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_projection_has_exactly_the_named_members_unchanged(
        members in prop::collection::btree_map(
            prop::sample::select(vec!["a", "_a", "b", "_b", "extension", "text"]), any_json(), 0..6),
        named in prop::sample::subsequence(vec!["a", "b", "text", "id"], 0..=4),
    ) {
        let mut model = json!({"resourceType": "Condition", "id": "c"});
        for (name, member) in &members {
            model[*name] = member.clone();
        }
        let text = model.to_string();
        let shown = value(&project(&record(&text), &named).unwrap().bytes);
        // Numbers as the reader of both takes them.
        let model = value(text.as_bytes());
        let mut expected = json!({"resourceType": "Condition", "id": "c", "meta": {"tag": [tag()]}});
        for name in named.into_iter().filter(|name| members.contains_key(name)) {
            expected[name] = model[name].clone();
        }
        prop_assert_eq!(shown, expected);
    }
}
