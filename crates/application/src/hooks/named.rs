//! Whom a resource is about, as far as it says so itself. Whoever is named wrongly has records read
//! anew for nothing, so forms are read generously.

use std::collections::BTreeSet;

use portal_domain::id::PatientId;
use serde_json::{Map, Value};

/// Members that refer to the patient in one type or another (FHIR R4, compartment of Patient).
const OWNERS: [&str; 5] = ["patient", "subject", "beneficiary", "for", "individual"];

/// The body is no FHIR resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotFhir;

/// The patients of a resource, or of those in a Bundle.
pub(super) fn patients(body: &[u8]) -> Result<BTreeSet<PatientId>, NotFhir> {
    let Ok(Value::Object(resource)) = serde_json::from_slice(body) else {
        return Err(NotFhir);
    };
    let mut named = BTreeSet::new();
    match resource.get("resourceType").and_then(Value::as_str) {
        None => return Err(NotFhir),
        Some("Bundle") => {
            let entries = resource.get("entry").and_then(Value::as_array);
            let inner =
                |entry: &'_ Value| entry.get("resource").and_then(Value::as_object).cloned();
            for resource in entries.into_iter().flatten().filter_map(inner) {
                add(&resource, &mut named);
            }
        }
        Some(_) => add(&resource, &mut named),
    }
    Ok(named)
}

fn add(resource: &Map<String, Value>, named: &mut BTreeSet<PatientId>) {
    if resource.get("resourceType").and_then(Value::as_str) == Some("Patient") {
        let id = resource.get("id").and_then(Value::as_str);
        named.extend(id.and_then(|id| PatientId::parse(id).ok()));
    }
    let owners = OWNERS.iter().filter_map(|name| resource.get(*name));
    // Of an Appointment.
    let participants = resource.get("participant").and_then(Value::as_array);
    let actors = participants
        .into_iter()
        .flatten()
        .filter_map(|participant| participant.get("actor"));
    named.extend(owners.chain(actors).filter_map(referred));
}

/// The patient of a reference: relative or absolute, with or without a version.
fn referred(reference: &Value) -> Option<PatientId> {
    let text = reference.get("reference")?.as_str()?;
    let (before, rest) = text.rsplit_once("Patient/")?;
    let id = rest.split('/').next()?;
    (before.is_empty() || before.ends_with('/'))
        .then(|| PatientId::parse(id).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn named(body: &Value) -> Result<Vec<String>, NotFhir> {
        let found = patients(body.to_string().as_bytes())?;
        Ok(found.iter().map(|id| id.as_str().to_owned()).collect())
    }

    #[test]
    fn each_type_names_its_patient_in_its_own_way() {
        for resource in [
            json!({"resourceType": "Patient", "id": "a"}),
            json!({"resourceType": "Observation", "subject": {"reference": "Patient/a"}}),
            json!({"resourceType": "Immunization", "patient": {"reference": "Patient/a/_history/2"}}),
            json!({"resourceType": "Coverage", "beneficiary": {"reference": "https://s/fhir/Patient/a"}}),
            json!({"resourceType": "Appointment", "participant": [
                {"actor": {"reference": "Practitioner/p"}}, {"actor": {"reference": "Patient/a"}}]}),
        ] {
            assert_eq!(named(&resource), Ok(vec!["a".to_owned()]), "{resource}");
        }
        let bundle = json!({"resourceType": "Bundle", "entry": [
            {"resource": {"resourceType": "Patient", "id": "b"}},
            {"resource": {"resourceType": "Condition", "subject": {"reference": "Patient/a"}}},
            {"fullUrl": "urn:uuid:1"},
        ]});
        assert_eq!(named(&bundle), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn who_is_not_named_is_nobody() {
        for resource in [
            json!({"resourceType": "Location", "id": "a"}),
            json!({"resourceType": "Bundle"}),
            json!({"resourceType": "Observation", "subject": {"reference": "Group/a"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "Patient/a b"}}),
            json!({"resourceType": "Observation", "subject": {"reference": "XPatient/a"}}),
            json!({"resourceType": "Observation", "subject": "Patient/a"}),
            json!({"resourceType": "Patient", "id": 7}),
        ] {
            assert_eq!(named(&resource), Ok(vec![]), "{resource}");
        }
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for body in [json!([]), json!({}), json!({"resourceType": 7}), json!("x")] {
            assert_eq!(named(&body), Err(NotFhir), "{body}");
        }
        assert_eq!(patients(b"{").err(), Some(NotFhir));
        let deep = "[".repeat(100_000);
        assert_eq!(patients(deep.as_bytes()).err(), Some(NotFhir));
    }
}
