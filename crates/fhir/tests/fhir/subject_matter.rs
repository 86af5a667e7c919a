use serde_json::{Value, json};

use super::header;

fn concept() -> Value {
    json!({"coding": [{"system": "http://snomed.info/sct", "code": "185349003"}]})
}

fn is_coded(resource_type: &str, members: &Value) -> bool {
    let mut resource = json!({"resourceType": resource_type, "id": "a"});
    let members = members.as_object().expect("an object").clone();
    resource.as_object_mut().expect("an object").extend(members);
    header(&resource.to_string())
        .expect("a sound sample")
        .subject_matter_coded
}

#[test]
fn the_elements_that_tell_what_a_record_is_about() {
    for (resource_type, members) in [
        ("Encounter", json!({"type": [concept()]})),
        (
            "Encounter",
            json!({"reasonCode": [{"text": "only text"}, concept()]}),
        ),
        ("Appointment", json!({"serviceType": [concept()]})),
        (
            "CarePlan",
            json!({"activity": [{"detail": {"code": concept()}}]}),
        ),
        ("Coverage", json!({"type": concept()})),
        ("DocumentReference", json!({"type": concept()})),
        (
            "ExplanationOfBenefit",
            json!({"item": [{"productOrService": concept()}]}),
        ),
        ("Goal", json!({"description": concept()})),
        ("ImagingStudy", json!({"procedureCode": [concept()]})),
        ("Provenance", json!({"agent": [{"type": concept()}]})),
        ("Specimen", json!({"type": concept()})),
    ] {
        assert!(
            is_coded(resource_type, &members),
            "{resource_type} {members}"
        );
    }
}

#[test]
fn what_is_coded_everywhere_alike_and_what_is_only_text_tell_nothing() {
    let text = json!({"text": "Depression follow-up"});
    for (resource_type, members) in [
        (
            "ExplanationOfBenefit",
            json!({"item": [{"productOrService": concept()}, {"productOrService": text}]}),
        ),
        (
            "CarePlan",
            json!({"activity": [{"detail": {"code": concept()}}, {}]}),
        ),
        (
            "Encounter",
            json!({"class": {"code": "AMB"}, "type": [text]}),
        ),
        (
            "Encounter",
            json!({"type": [{"coding": [{"display": "no code"}]}]}),
        ),
        ("Encounter", json!({"type": "185349003"})),
        (
            "Appointment",
            json!({"appointmentType": concept(), "serviceCategory": [concept()]}),
        ),
        ("CarePlan", json!({"category": [concept()]})),
        ("DocumentReference", json!({"category": [concept()]})),
        (
            "ExplanationOfBenefit",
            json!({"type": concept(), "item": [{"category": concept()}]}),
        ),
        (
            "QuestionnaireResponse",
            json!({"item": [{"answer": [{"valueCoding": concept()}]}]}),
        ),
        ("Condition", json!({"clinicalStatus": concept()})),
    ] {
        assert!(
            !is_coded(resource_type, &members),
            "{resource_type} {members}"
        );
    }
}
