//! Resources as sources would send them.

use super::PATIENT;

fn observation(id: &str, category: &str, status: &str, date: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"{status}","category":[{{"coding":[{{"code":"{category}"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"1-1"}}]}},"subject":{{"reference":"Patient/{PATIENT}"}},"effectiveDateTime":"{date}"}}"#
    )
}

/// A laboratory result.
pub(crate) fn result(id: &str, status: &str) -> String {
    observation(id, "laboratory", status, "2026-01-01")
}

/// A vital sign of a day of January 2026.
pub(crate) fn vital(id: &str, status: &str, day: usize) -> String {
    observation(id, "vital-signs", status, &format!("2026-01-{day:02}"))
}

/// A final laboratory report on results.
pub(crate) fn report(id: &str, results: &[&str]) -> String {
    let results: Vec<String> = results
        .iter()
        .map(|result| format!(r#"{{"reference":"Observation/{result}","display":"of {result}"}}"#))
        .collect();
    format!(
        r#"{{"resourceType":"DiagnosticReport","id":"{id}","status":"final","category":[{{"coding":[{{"code":"LAB"}}]}}],"subject":{{"reference":"Patient/{PATIENT}"}},"result":[{}]}}"#,
        results.join(",")
    )
}

/// A problem with more members, each after a comma.
pub(crate) fn problem(id: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"Patient/{PATIENT}"}}{more}}}"#
    )
}

/// A prescription of a Medication by reference, with more members, each after a comma.
pub(crate) fn prescription(id: &str, medication: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"MedicationRequest","id":"{id}","subject":{{"reference":"Patient/{PATIENT}"}},"medicationReference":{{"reference":"Medication/{medication}"}}{more}}}"#
    )
}
