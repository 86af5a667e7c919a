//! A plain reading of the records: what each patient must be shown, counted from the files.

use std::collections::BTreeSet;

use portal_tests::policy;
use serde_json::Value;

/// Source, type, and how the source is asked for a patient's.
pub(crate) const HELD: [(&str, &str, &str); 26] = [
    ("registration", "Patient", "_id"),
    ("patient-chart", "AllergyIntolerance", "patient"),
    ("patient-chart", "Condition", "patient"),
    ("patient-chart", "Observation", "patient"),
    ("laboratory", "Observation", "patient"),
    ("laboratory", "DiagnosticReport", "patient"),
    ("radiology", "DiagnosticReport", "patient"),
    ("radiology", "ImagingStudy", "patient"),
    ("medication", "MedicationRequest", "patient"),
    ("medication", "MedicationDispense", "patient"),
    ("immunizations", "Immunization", "patient"),
    ("scheduling", "Appointment", "patient"),
    ("claims", "Coverage", "beneficiary"),
    ("claims", "ExplanationOfBenefit", "patient"),
    ("communication", "Communication", "patient"),
    ("documents", "DocumentReference", "patient"),
    ("patient-chart", "Encounter", "patient"),
    ("patient-chart", "Procedure", "patient"),
    ("patient-chart", "CarePlan", "patient"),
    ("patient-chart", "CareTeam", "patient"),
    ("patient-chart", "Goal", "patient"),
    ("patient-chart", "ServiceRequest", "patient"),
    ("laboratory", "Specimen", "patient"),
    ("patient-chart", "Device", "patient"),
    ("patient-chart", "QuestionnaireResponse", "patient"),
    ("patient-chart", "Provenance", "patient"),
];

/// Every type of a patient's records.
pub(crate) fn types() -> BTreeSet<&'static str> {
    HELD.iter().map(|row| row.1).collect()
}

/// The records of a type that a patient must be shown.
pub(crate) fn shown(originals: &[Value], kind: &str, patient: &str) -> Vec<Value> {
    let of = |kind: &str| -> Vec<Value> {
        let all = originals.iter().filter(|it| it["resourceType"] == kind);
        all.filter(|it| is_of(it, patient)).cloned().collect()
    };
    policy::shown(&of(kind), &of("Observation"))
}

/// Whether a resource names the patient where its type names whose it is.
fn is_of(resource: &Value, patient: &str) -> bool {
    let address = format!("Patient/{patient}");
    let names = |element: &Value| element["reference"] == address.as_str();
    let any = |element: &Value, part: &str| {
        let items = element.as_array().into_iter().flatten();
        items
            .map(|item| if part.is_empty() { item } else { &item[part] })
            .any(names)
    };
    match resource["resourceType"].as_str().unwrap_or_default() {
        "Patient" => resource["id"] == patient,
        "Appointment" => any(&resource["participant"], "actor"),
        "Provenance" => any(&resource["target"], ""),
        "Coverage" => names(&resource["beneficiary"]),
        _ => names(&resource["subject"]) || names(&resource["patient"]),
    }
}

/// Whether a category of a resource has a code.
pub(crate) fn has_category(resource: &Value, code: &str) -> bool {
    let categories = resource["category"].as_array().into_iter().flatten();
    let mut codings = categories.flat_map(|it| it["coding"].as_array().into_iter().flatten());
    codings.any(|coding| coding["code"] == code)
}
