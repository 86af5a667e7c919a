use portal_fhir::{ForeignReason, Ownership, ownership};

use super::header;

const BASE: &str = "https://lab.test/fhir";

fn verdict(text: &str) -> Ownership {
    ownership(&header(text).expect("a sound sample"), "p-1", BASE)
}

fn observation(subject: &str) -> String {
    format!(r#"{{"resourceType":"Observation","id":"o","status":"final","subject":{subject}}}"#)
}

#[test]
fn honest_forms_of_this_patient_pass() {
    for reference in [
        "Patient/p-1",
        "Patient/p-1/_history/7",
        "https://lab.test/fhir/Patient/p-1",
        "https://lab.test/fhir/Patient/p-1/_history/7",
        "Patient\\/p\\u002d1",
    ] {
        let text = observation(&format!(r#"{{"display":"x","reference":"{reference}"}}"#));
        assert_eq!(verdict(&text), Ownership::Own, "{reference}");
    }
    let twice = observation(r#"[{"reference":"Patient/p-1"},{"reference":"Patient/p-1"}]"#);
    assert_eq!(verdict(&twice), Ownership::Own);
}

#[test]
fn every_other_form_is_foreign() {
    for reference in [
        "Patient/p-2",
        "Patient/p-11",
        "Patient/p-",
        "Patient/P-1",
        "patient/p-1",
        "Practitioner/p-1",
        "p-1",
        "#p-1",
        "#",
        "",
        "urn:uuid:p-1",
        "https://other.test/fhir/Patient/p-1",
        "https://lab.test/fhir/x/../Patient/p-1",
        "http://lab.test/fhir/Patient/p-1",
        "/Patient/p-1",
        "Patient/../Patient/p-1",
        "Patient/p%2D1",
        "Patient/p-1/",
        "Patient/p-1/_history",
        "Patient/p-1/_history/../x",
        "Patient/p-1?_format=json",
        "Patient/p-1#x",
        "Patient/p-1 ",
        "Patient?_id=p-1",
    ] {
        let text = observation(&format!(r#"{{"reference":"{reference}"}}"#));
        assert_eq!(
            verdict(&text),
            Ownership::Foreign(ForeignReason::Other),
            "{reference}"
        );
    }
}

#[test]
fn a_missing_malformed_or_divided_owner_is_foreign() {
    for (subject, reason) in [
        (r#"{"identifier":{"value":"p-1"}}"#, ForeignReason::Unnamed),
        (r#"{"display":"Patient/p-1"}"#, ForeignReason::Unnamed),
        (r#"{"reference":["Patient/p-1"]}"#, ForeignReason::Unnamed),
        (r#"{"reference":null}"#, ForeignReason::Unnamed),
        (r#""Patient/p-1""#, ForeignReason::Unnamed),
        ("null", ForeignReason::Unnamed),
        ("[]", ForeignReason::Unnamed),
        (
            r#"[{"reference":"Patient/p-1"},{"reference":"Patient/p-2"}]"#,
            ForeignReason::Other,
        ),
        (
            r#"[{"reference":"Patient/p-1"},{}]"#,
            ForeignReason::Unnamed,
        ),
    ] {
        assert_eq!(
            verdict(&observation(subject)),
            Ownership::Foreign(reason),
            "{subject}"
        );
    }
    let without = r#"{"resourceType":"Observation","id":"o","status":"final"}"#;
    assert_eq!(verdict(without), Ownership::Foreign(ForeignReason::Missing));
}

#[test]
fn only_the_deciding_element_of_the_type_counts() {
    let mine = r#"{"reference":"Patient/p-1"}"#;
    for (resource_type, element) in [
        ("AllergyIntolerance", "patient"),
        ("Immunization", "patient"),
        ("Condition", "subject"),
        ("Observation", "subject"),
        ("DiagnosticReport", "subject"),
        ("MedicationRequest", "subject"),
    ] {
        for other in [
            "patient",
            "subject",
            "focus",
            "asserter",
            "recorder",
            "performer",
        ] {
            let text = format!(r#"{{"resourceType":"{resource_type}","id":"x","{other}":{mine}}}"#);
            let own = verdict(&text) == Ownership::Own;
            assert_eq!(own, other == element, "{resource_type}.{other}");
        }
    }
    assert_eq!(
        verdict(r#"{"resourceType":"Patient","id":"p-1"}"#),
        Ownership::Own
    );
    let other = format!(r#"{{"resourceType":"Patient","id":"p-2","subject":{mine}}}"#);
    assert_eq!(verdict(&other), Ownership::Foreign(ForeignReason::Other));
}

#[test]
fn contained_resources_take_their_container_with_them() {
    for (contained, passes) in [
        (r#"{"resourceType":"Practitioner","id":"c"}"#, true),
        (r#"{"resourceType":"Medication","id":"c"}"#, true),
        (
            r#"{"resourceType":"Observation","subject":{"reference":"Patient/p-1"}}"#,
            true,
        ),
        (
            r#"{"resourceType":"Observation","subject":{"reference":"Patient/p-2"}}"#,
            false,
        ),
        (r#"{"resourceType":"Observation"}"#, false),
        (r#"{"resourceType":"Specimen"}"#, false),
        (
            r#"{"resourceType":"Coverage","beneficiary":{"reference":"Patient/p-1"}}"#,
            true,
        ),
        (
            r#"{"resourceType":"Coverage","subscriber":{"reference":"Patient/p-1"}}"#,
            false,
        ),
        (r#"{"resourceType":"Patient","id":"p-1"}"#, false),
        (r#"{"resourceType":"Bundle"}"#, false),
        (r#"{"id":"c"}"#, false),
        ("7", false),
    ] {
        let text = format!(
            r#"{{"resourceType":"Condition","id":"x","subject":{{"reference":"Patient/p-1"}},
            "contained":[{{"resourceType":"Organization"}},{contained}]}}"#
        );
        let expected = if passes {
            Ownership::Own
        } else {
            Ownership::Foreign(ForeignReason::Contained)
        };
        assert_eq!(verdict(&text), expected, "{contained}");
    }
}
