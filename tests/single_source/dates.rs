//! By which date the records of a type are listed.

use serde_json::Value;

/// The date of a resource, of a Period its start; `Null` for one without.
pub(crate) fn date_of(resource: &Value) -> &Value {
    let names: &[&str] = match resource["resourceType"].as_str().unwrap_or_default() {
        "AllergyIntolerance" => &["recordedDate", "onsetDateTime"],
        "Condition" => &["onsetDateTime"],
        "Observation" | "DiagnosticReport" => &["effectiveDateTime", "effectivePeriod"],
        "ImagingStudy" => &["started"],
        "MedicationRequest" | "ServiceRequest" => &["authoredOn"],
        "MedicationDispense" => &["whenHandedOver", "whenPrepared"],
        "Immunization" => &["occurrenceDateTime"],
        "Appointment" => &["start"],
        "Coverage" | "Encounter" | "CarePlan" | "CareTeam" => &["period"],
        "ExplanationOfBenefit" => &["created"],
        "Communication" => &["sent", "received"],
        "DocumentReference" => &["date"],
        "Provenance" => &["recorded"],
        "Procedure" => &["performedDateTime", "performedPeriod"],
        "Goal" => &["startDate"],
        "QuestionnaireResponse" => &["authored"],
        _ => &[],
    };
    let found = names
        .iter()
        .map(|name| &resource[*name])
        .find(|it| !it.is_null());
    match found {
        Some(period @ Value::Object(_)) => &period["start"],
        Some(date) => date,
        None => &Value::Null,
    }
}

/// Of each in its turn.
pub(crate) fn dates_of(resources: &[Value]) -> Vec<&Value> {
    resources.iter().map(date_of).collect()
}
