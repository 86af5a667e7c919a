use portal_fhir::{
    AddressBook, AddressBookError, AddressError, Base, PatientAddress, Record, ResourceType,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{record, value};

const PUBLIC: &str = "https://portal.test";

fn base(url: &str, code: &str) -> Base {
    Base {
        url: url.into(),
        code: code.into(),
    }
}

/// Registration (0), chart (1) and laboratory (2).
fn book() -> AddressBook {
    let bases = vec![
        base("https://reg.test/fhir", "reg"),
        base("https://cht.test/fhir", "cht"),
        base("https://lab.test/fhir", "lab"),
    ];
    let authority = vec![
        (ResourceType::Patient, vec![0]),
        (ResourceType::Condition, vec![1]),
        (ResourceType::Observation, vec![2, 1]),
        (ResourceType::DiagnosticReport, vec![2]),
    ];
    AddressBook::new(bases, authority).expect("a sound sample")
}

fn rewrite(text: &str) -> Record {
    let patient = PatientAddress {
        upstream: "up_1",
        canonical: "can_1",
    };
    book()
        .rewrite(record(text), 2, &patient, PUBLIC)
        .expect("a sound sample")
}

/// What `focus` becomes in an Observation of the laboratory.
fn reference(object: &Value) -> Value {
    let text = json!({
        "resourceType": "Observation", "id": "o.1", "focus": object,
    });
    value(&rewrite(&text.to_string()).bytes)["focus"].clone()
}

fn unsupported() -> Value {
    json!({"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        "valueCode": "unsupported",
    }]})
}

#[test]
fn references_that_we_serve_take_the_code_of_their_authority() {
    for (target, expected) in [
        ("Observation/a_b", "Observation/lab.a.ub"),
        ("Observation/a/_history/3", "Observation/lab.a"),
        ("Condition/c.1", "Condition/cht.c.d1"),
        ("https://lab.test/fhir/Condition/1", "Condition/cht.1"),
        ("https://cht.test/fhir/Condition/1", "Condition/cht.1"),
        (
            "https://cht.test/fhir/Observation/1/_history/2",
            "Observation/cht.1",
        ),
        ("Patient/up_1", "Patient/can.u1"),
        ("https://lab.test/fhir/Patient/up_1", "Patient/can.u1"),
        ("https://reg.test/fhir/Patient/can_1", "Patient/can.u1"),
        ("#inside", "#inside"),
    ] {
        let changed = reference(&json!({"type": "x", "reference": target}));
        assert_eq!(
            changed,
            json!({"type": "x", "reference": expected}),
            "{target}"
        );
    }
}

#[test]
fn references_without_an_address_here_are_removed() {
    let long = format!("Observation/{}", "a".repeat(61));
    for target in [
        "Practitioner/1",
        "Immunization/1",
        "Patient/up_2",
        "Patient/can_1",
        "https://cht.test/fhir/Patient/up_1",
        "https://elsewhere.test/fhir/Observation/1",
        "https://lab.test/fhir2/Observation/1",
        "https://cht.test/fhir/DiagnosticReport/1",
        "urn:uuid:0b5a8e0e-0000-4000-8000-000000000000",
        "Observation/../1",
        "Observation?identifier=1",
        "",
        &long,
    ] {
        assert_eq!(
            reference(&json!({"reference": target})),
            unsupported(),
            "{target}"
        );
        let with_rest = json!({"reference": target, "display": "d"});
        assert_eq!(reference(&with_rest), json!({"display": "d"}), "{target}");
    }
}

#[test]
fn nothing_but_addresses_changes() {
    let text = "{ \"resourceType\":\"Observation\",\n\"id\" : \"o_1\" ,\"value\":1.50, \"x\":[ 1e-7 , {\"y\":null}],\"focus\":[{\"display\":\"a\" , \"reference\":\"Practitioner/1\"}, {\"reference\" : \"Observation/2\"}] }";
    let expected = "{ \"resourceType\":\"Observation\",\n\"id\" : \"lab.o.u1\" ,\"value\":1.50, \"x\":[ 1e-7 , {\"y\":null}],\"focus\":[{\"display\":\"a\"}, {\"reference\" : \"Observation/lab.2\"}] }";
    let rewritten = rewrite(text);
    assert_eq!(rewritten.bytes, expected);
    assert_eq!(&*rewritten.header.id, "lab.o.u1");
    assert_eq!(
        rewritten.header.id_span.of(&rewritten.bytes),
        br#""lab.o.u1""#
    );
}

#[test]
fn attachments_lose_addresses_that_we_do_not_serve() {
    let text = json!({
        "resourceType": "DiagnosticReport", "id": "r",
        "presentedForm": [
            {"contentType": "application/pdf", "url": "Binary/1", "title": "t"},
            {"url": "https://lab.test/fhir/Binary/1"},
            {"data": "AA=="},
        ],
        "extension": [
            {"url": "urn:x", "valueAttachment": {"url": "https://elsewhere.test/a.pdf", "size": 1}},
        ],
    });
    let out = value(&rewrite(&text.to_string()).bytes);
    assert_eq!(
        out["presentedForm"],
        json!([{"contentType": "application/pdf", "title": "t"}, unsupported(), {"data": "AA=="}])
    );
    assert_eq!(
        out["extension"],
        json!([{"url": "urn:x", "valueAttachment": {"size": 1}}])
    );
}

#[test]
fn a_patient_takes_the_canonical_id() {
    let patient = rewrite(r#"{"resourceType":"Patient","id":"up_1"}"#);
    assert_eq!(&*patient.header.id, "can.u1");
    let address = PatientAddress {
        upstream: "up_1",
        canonical: "can_1",
    };
    let other = record(r#"{"resourceType":"Patient","id":"up_2"}"#);
    assert_eq!(
        book().rewrite(other, 0, &address, PUBLIC),
        Err(AddressError::OtherPatient)
    );
    let long = format!(
        r#"{{"resourceType":"Observation","id":"{}"}}"#,
        "a".repeat(61)
    );
    let unsayable = book().rewrite(record(&long), 2, &address, PUBLIC);
    assert_eq!(unsayable, Err(AddressError::Unsayable));
}

#[test]
fn ids_that_no_source_could_have_given_are_no_ids() {
    for id in [
        "", ".", "..", "lab", "lab.", "lab..", "lab..x", "lab.a.x", "lab.a.", "lab.a_b", "xxx.1",
        "LAB.1", "lab.a/b", "lab.%2e", ".1", "lab.é", "lab.a b", "lab..d", "lab..d.d",
    ] {
        assert_eq!(book().inward(id), None, "{id}");
    }
    assert_eq!(book().inward(&format!("lab.{}", "a".repeat(61))), None);
    assert_eq!(book().inward("cht.a.d.u-"), Some((1, "a._-".into())));
    assert_eq!(book().inward_patient("a.db"), Some("a.b".into()));
    assert_eq!(book().inward_patient("a.b"), None);
    for id in ["", ".", "..", "a/b", "é", "%2e"] {
        assert_eq!(book().outward(2, id), None, "{id}");
        assert_eq!(book().outward_patient(id), None, "{id}");
    }
    assert_eq!(book().outward(3, "1"), None);
}

#[test]
fn a_single_base_needs_no_code() {
    let book = AddressBook::new(vec![base("https://a.test", "")], vec![]).unwrap();
    assert_eq!(book.outward(0, "a.b").as_deref(), Some("a.db"));
    assert_eq!(book.inward("a.db"), Some((0, "a.b".into())));
    assert_eq!(book.inward("lab.1"), None);
}

#[test]
fn a_book_that_could_confuse_bases_is_refused() {
    let of = |bases| AddressBook::new(bases, vec![]).err();
    let url = "https://a.test";
    assert_eq!(of(vec![]), Some(AddressBookError::NoBase));
    assert_eq!(
        of(vec![base("", "a")]),
        Some(AddressBookError::InvalidUrl { index: 0 })
    );
    assert_eq!(
        of(vec![base("https://a/", "a")]),
        Some(AddressBookError::InvalidUrl { index: 0 })
    );
    for code in ["A", "a.b", "a-b", "123456789", "é"] {
        let error = of(vec![base(url, code)]);
        assert_eq!(
            error,
            Some(AddressBookError::InvalidCode { index: 0 }),
            "{code}"
        );
    }
    let two = |first, second| of(vec![base(url, first), base("https://b.test", second)]);
    assert_eq!(
        two("a", ""),
        Some(AddressBookError::InvalidCode { index: 1 })
    );
    assert_eq!(
        two("a", "a"),
        Some(AddressBookError::Duplicate { index: 1 })
    );
    assert_eq!(two("a", "b"), None);
    let same_url = of(vec![base(url, "a"), base(url, "b")]);
    assert_eq!(same_url, Some(AddressBookError::Duplicate { index: 1 }));
    let authority = vec![(ResourceType::Patient, vec![1])];
    assert!(AddressBook::new(vec![base(url, "a")], authority).is_err());
}

/// An object with `reference` among other members at any place.
fn reference_objects() -> impl Strategy<Value = (Vec<(String, Value)>, usize)> {
    prop::collection::btree_map("[a-q]{1,4}", super::json::json(), 0..5).prop_flat_map(|members| {
        let members: Vec<_> = members.into_iter().collect();
        let count = members.len();
        (Just(members), 0..=count)
    })
}

fn write_object(members: &[(String, Value)], space: &str) -> String {
    let written: Vec<_> = members
        .iter()
        .map(|(name, member)| format!("{}{space}:{space}{member}", Value::from(name.as_str())))
        .collect();
    format!(
        "{{{space}{}{space}}}",
        written.join(&format!("{space},{space}"))
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn outward_and_inward_are_exact_inverses(id in "[A-Za-z0-9._-]{1,64}", base in 0_usize..3) {
        if let Some(outside) = book().outward(base, &id) {
            prop_assert!(outside.len() <= 64);
            prop_assert!(outside.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'.'));
            prop_assert_eq!(book().inward(&outside), Some((base, id.clone())));
        }
        if let Some(outside) = book().outward_patient(&id) {
            prop_assert_eq!(book().inward_patient(&outside), Some(id));
        }
    }

    #[test]
    fn inward_and_outward_are_exact_inverses(id in "(lab|cht|reg)?[.]?[a-e.du_-]{0,12}|\\PC{0,20}") {
        if let Some((base, upstream)) = book().inward(&id) {
            prop_assert_eq!(book().outward(base, &upstream), Some(id.clone()));
        }
        if let Some(upstream) = book().inward_patient(&id) {
            prop_assert_eq!(book().outward_patient(&upstream), Some(id));
        }
    }

    #[test]
    fn removing_a_reference_leaves_the_rest_of_the_object(
        (mut members, at) in reference_objects(),
        space in "[ \n]{0,2}",
    ) {
        let rest: serde_json::Map<_, _> =
            members.iter().cloned().map(|(name, member)| {
                // Numbers come back as their shortest text says them.
                (name, serde_json::from_str(&member.to_string()).unwrap())
            }).collect();
        members.insert(at, ("reference".into(), json!("urn:x")));
        let text = format!(
            r#"{{"resourceType":"Observation","id":"o","focus":[{}]}}"#,
            write_object(&members, &space)
        );
        let focus = value(&rewrite(&text).bytes)["focus"][0].clone();
        let expected = if rest.is_empty() { unsupported() } else { Value::Object(rest) };
        prop_assert_eq!(focus, expected);
    }
}
