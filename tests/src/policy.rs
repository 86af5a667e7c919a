//! A plain reading of what may be shown, for comparison: it shares no code with the domain.

use serde_json::Value;

fn codes<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a str> {
    let mut found = vec![value];
    for name in path {
        found = found
            .into_iter()
            .flat_map(|value| match &value[*name] {
                Value::Array(items) => items.iter().collect::<Vec<_>>(),
                Value::Null => Vec::new(),
                other => vec![other],
            })
            .collect();
    }
    found.into_iter().filter_map(Value::as_str).collect()
}

fn marked(resource: &Value, mark: &str) -> bool {
    codes(resource, &["meta", "tag", "code"]).contains(&mark)
}

/// Whether one resource by itself may be shown to its patient.
pub fn shown_alone(resource: &Value) -> bool {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let status = resource["status"].as_str().unwrap_or_default();
    if status == "entered-in-error"
        || codes(resource, &["verificationStatus", "coding", "code"]).contains(&"entered-in-error")
    {
        return false;
    }
    let radiology = codes(resource, &["category", "coding", "code"])
        .iter()
        .any(|code| ["RAD", "LP29684-5"].contains(code));
    let laboratory = (kind == "DiagnosticReport" && !radiology)
        || codes(resource, &["category", "coding", "code"]).contains(&"laboratory");
    match kind {
        "MedicationRequest" => status != "draft",
        "Observation" | "DiagnosticReport" => {
            let final_enough = matches!(status, "final" | "amended" | "corrected")
                || (kind == "DiagnosticReport" && status == "appended");
            final_enough && (!laboratory || laboratory_shows(resource))
        }
        _ => true,
    }
}

fn laboratory_shows(resource: &Value) -> bool {
    let mut interpretation = codes(resource, &["interpretation", "coding", "code"]);
    interpretation.extend(codes(
        resource,
        &["component", "interpretation", "coding", "code"],
    ));
    let critical = marked(resource, "critical")
        || interpretation
            .iter()
            .any(|code| matches!(*code, "AA" | "HH" | "LL"));
    marked(resource, "released") && (!critical || marked(resource, "critical-acknowledged"))
}

/// The resources of a set that may be shown; a report only when none of its results is hidden.
pub fn shown(resources: &[Value], observations: &[Value]) -> Vec<Value> {
    let hidden: Vec<String> = observations
        .iter()
        .filter(|observation| !shown_alone(observation))
        .filter_map(|observation| Some(format!("Observation/{}", observation["id"].as_str()?)))
        .collect();
    resources
        .iter()
        .filter(|resource| shown_alone(resource))
        .filter(|resource| {
            let results = codes(resource, &["result", "reference"]);
            !results
                .iter()
                .any(|result| hidden.iter().any(|hidden| hidden == result))
        })
        .cloned()
        .collect()
}
