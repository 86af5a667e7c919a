//! Which records pass the parameters of a search, naively: days and codes are texts.

use serde_json::Value;

use super::json::{codings, each, text};
use super::shown::Shown;

/// Whether a record passes the parameters that filter.
pub(super) fn matches(one: &Shown, pairs: &[(String, String)]) -> bool {
    pairs
        .iter()
        .all(|(name, value)| parameter(one, name, value))
}

fn parameter(one: &Shown, name: &str, value: &str) -> bool {
    let resource = &one.value;
    let tokens = |concepts: &Value| {
        let found = codings(concepts);
        value.split(',').any(|asked| {
            let (system, code) = match asked.split_once('|') {
                Some((system, code)) => (Some(system), code),
                None => (None, asked),
            };
            found.iter().any(|(of, is)| {
                let fits = match system {
                    None => true,
                    Some("") => of.is_none(),
                    Some(system) => *of == Some(system),
                };
                fits && (code.is_empty() || *is == Some(code))
            })
        })
    };
    let bare = |text: &str| value.split(',').any(|asked| asked == text);
    match name {
        "_id" => bare(&one.id),
        "category" | "code" | "type" => tokens(&resource[name]),
        "clinical-status" => tokens(&resource["clinicalStatus"]),
        "lifecycle-status" => bare(text(resource, "lifecycleStatus")),
        "status" | "intent" | "gender" => bare(text(resource, name)),
        "identifier" => each(&resource["identifier"])
            .iter()
            .any(|it| bare(text(it, "value"))),
        "date" | "onset-date" | "authoredon" | "authored" | "started" | "created" | "sent" => {
            date(main_date(resource), value)
        }
        "from" | "to" => within(resource, name, value),
        "birthdate" => date(&resource["birthDate"], value),
        "recorded-date" => date(&resource["recordedDate"], value),
        _ => true,
    }
}

/// Whether a record's main date is within the asked range.
pub(super) fn in_range(resource: &Value, pairs: &[(String, String)]) -> bool {
    pairs
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "from" | "to"))
        .all(|(name, value)| within(resource, name, value))
}

fn within(resource: &Value, bound: &str, value: &str) -> bool {
    let prefix = if bound == "from" { "ge" } else { "le" };
    date(main_date(resource), &format!("{prefix}{value}"))
}

/// The date that a type is listed by; of a period of one day that day.
fn main_date(resource: &Value) -> &Value {
    let names: &[&str] = match text(resource, "resourceType") {
        "AllergyIntolerance" => &["recordedDate", "onsetDateTime"],
        "Condition" => &["onsetDateTime"],
        "MedicationRequest" | "ServiceRequest" => &["authoredOn"],
        "MedicationDispense" => &["whenHandedOver"],
        "Immunization" => &["occurrenceDateTime"],
        "Appointment" => &["start"],
        "Encounter" | "CarePlan" | "CareTeam" | "Coverage" => return &resource["period"]["start"],
        "ExplanationOfBenefit" => &["created"],
        "Communication" => &["sent"],
        "DocumentReference" => &["date"],
        "Procedure" => &["performedDateTime"],
        "Goal" => &["startDate"],
        "Specimen" => return &resource["collection"]["collectedDateTime"],
        "QuestionnaireResponse" => &["authored"],
        "ImagingStudy" => &["started"],
        "Provenance" => &["recorded"],
        "Observation" | "DiagnosticReport" => &["effectiveDateTime"],
        _ => &[],
    };
    names
        .iter()
        .map(|name| &resource[*name])
        .find(|date| !date.is_null())
        .unwrap_or(&Value::Null)
}

/// Days on both sides: texts compare as days do.
fn date(of: &Value, asked: &str) -> bool {
    let Some(of) = of.as_str() else {
        return false;
    };
    let (prefix, asked) = match asked.get(..2) {
        Some(prefix @ ("eq" | "ge" | "gt" | "le" | "lt")) => (prefix, &asked[2..]),
        _ => ("eq", asked),
    };
    // What is asked for is never finer than what a record says.
    let Some(of) = of.get(..asked.len()) else {
        return false;
    };
    match prefix {
        "ge" => of >= asked,
        "gt" => of > asked,
        "le" => of <= asked,
        "lt" => of < asked,
        _ => of == asked,
    }
}
