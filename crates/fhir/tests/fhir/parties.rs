//! Whose an Appointment or a Communication is, and who of an Appointment is shown.

use portal_fhir::{Ownership, ownership, without_other_patients};
use serde_json::{Value, json};

use super::{header, record, value};

const BASE: &str = "https://sch.test/fhir";

fn owns(resource: &Value) -> bool {
    let header = header(&resource.to_string()).expect("a sound sample");
    ownership(&header, "p-1", BASE) == Ownership::Own
}

fn appointment(actors: &Value) -> Value {
    let participant = |actor: &Value| json!({"actor": actor, "status": "accepted"});
    let participants: Vec<Value> = actors
        .as_array()
        .expect("a list")
        .iter()
        .map(participant)
        .collect();
    json!({"resourceType": "Appointment", "id": "a", "status": "booked", "participant": participants})
}

fn communication(members: &Value) -> Value {
    let mut resource = json!({"resourceType": "Communication", "id": "c", "status": "completed"});
    let more = members.as_object().cloned().expect("an object");
    resource.as_object_mut().expect("an object").extend(more);
    resource
}

#[test]
fn an_appointment_is_of_each_patient_who_takes_part() {
    let own = json!({"reference": "Patient/p-1"});
    let other = json!({"reference": "Patient/p-2"});
    let doctor = json!({"reference": "Practitioner/p-1"});
    assert!(owns(&appointment(&json!([doctor, other, own]))));
    assert!(owns(&appointment(
        &json!([{"reference": "https://sch.test/fhir/Patient/p-1"}])
    )));
    for actors in [
        json!([]),
        json!([doctor]),
        json!([other]),
        json!([{"reference": "urn:uuid:p-1"}]),
        json!([{"identifier": {"value": "p-1"}, "type": "Patient"}]),
        json!([{"reference": "https://other.test/fhir/Patient/p-1"}]),
    ] {
        assert!(!owns(&appointment(&actors)), "{actors}");
    }
    let nobody = json!({"resourceType": "Appointment", "id": "a", "participant": "Patient/p-1"});
    assert!(!owns(&nobody));
}

#[test]
fn a_communication_is_of_its_subject_else_of_the_one_patient_who_writes_or_reads() {
    let own = json!({"reference": "Patient/p-1"});
    let other = json!({"reference": "Patient/p-2"});
    let nurse = json!({"reference": "Practitioner/n"});
    for members in [
        json!({"subject": own, "recipient": [other]}),
        json!({"sender": own, "recipient": [nurse]}),
        json!({"sender": nurse, "recipient": [own]}),
        json!({"recipient": [nurse, own]}),
    ] {
        assert!(owns(&communication(&members)), "{members}");
    }
    for members in [
        json!({}),
        json!({"subject": other, "sender": own}),
        json!({"subject": {"display": "p-1"}, "sender": own}),
        json!({"sender": nurse, "recipient": [nurse]}),
        json!({"sender": own, "recipient": [other]}),
        json!({"sender": own, "recipient": [{"display": "somebody"}]}),
        json!({"sender": own, "recipient": [{"reference": "urn:uuid:2"}]}),
    ] {
        assert!(!owns(&communication(&members)), "{members}");
    }
}

#[test]
fn of_a_provenance_its_targets_decide_elsewhere() {
    let provenance = json!({
        "resourceType": "Provenance", "id": "p", "target": [{"reference": "Condition/c"}],
    });
    assert!(owns(&provenance));
}

#[test]
fn other_patients_leave_an_appointment_and_nothing_else_does() {
    let text = r#"{"resourceType":"Appointment","id":"a",  "participant":[
        {"actor":{"reference":"Patient/p-2","display":"Secret"},"status":"accepted"} ,
        {"actor":{"reference":"Patient/p-1"},"status":"accepted"},{"type":[{"text":"any"}]},
        {"actor":{"display":"Nameless"}},{"actor":{"reference":"Practitioner/d","display":"Dr"}},
        {"actor":{"display":"Room 1","type":"Location"}}],"x":1.50}"#;
    let cut = without_other_patients(record(text), "p-1", BASE).expect("it can be cut");
    let left = value(&cut.bytes);
    let actors: Vec<&Value> = left["participant"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|participant| &participant["actor"])
        .collect();
    assert_eq!(
        actors,
        [
            &json!({"reference": "Patient/p-1"}),
            &Value::Null,
            &json!({"reference": "Practitioner/d", "display": "Dr"}),
            &json!({"display": "Room 1", "type": "Location"}),
        ]
    );
    let text = String::from_utf8(cut.bytes.to_vec()).expect("UTF-8");
    assert!(text.ends_with(r#""x":1.50}"#) && !text.contains("Secret"));
}

#[test]
fn what_names_nobody_else_is_handed_back_as_it_came() {
    for text in [
        r#"{"resourceType":"Appointment","id":"a","participant":[{"actor":{"reference":"Patient/p-1"}}]}"#,
        r#"{"resourceType":"Appointment","id":"a"}"#,
        r#"{"resourceType":"Encounter","id":"a","participant":[{"actor":{"reference":"Patient/p-2"}}]}"#,
    ] {
        let same = without_other_patients(record(text), "p-1", BASE).expect("readable");
        assert_eq!(same.bytes, text.as_bytes());
    }
}
