//! What the portal takes of what a source lists: ownership, authority, and what is taken out at
//! once (03, "Whose is it", "One authority per kind", "Addresses"; 05, "Sensitivity").

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::world::Planted;
use super::json::{codes, each, is_garbled, text};
use super::sets::Set;

/// Whether a source lists a resource when it is asked for a set of a patient. The laboratory is
/// asked for its results alone.
pub(super) fn is_listed(planted: &Planted, patient: &str, set: Set) -> bool {
    let results = (set.source, set.resource_type) == ("laboratory", "Observation");
    planted.source == set.source
        && text(&planted.value, "resourceType") == set.made_of
        && (!set.is_of_patient()
            || planted.listed_for == patient
            || mentions(&planted.value, patient))
        && (!results || codes(&planted.value["category"]).contains(&"laboratory"))
}

/// Whether the sources of these tests find a resource by a patient, whatever that one is in it.
fn mentions(resource: &Value, patient: &str) -> bool {
    let own = text(resource, "resourceType") == "Patient" && text(resource, "id") == patient;
    let elements = [
        "subject",
        "patient",
        "beneficiary",
        "participant",
        "sender",
        "recipient",
        "target",
    ];
    let mut parties = elements.iter().flat_map(|name| each(&resource[*name]));
    own || parties.any(|party| is_patient(party, patient) || is_patient(&party["actor"], patient))
}

/// A resource as it is looked at: of an Appointment without other patients, of a bill what rules
/// look at, and nowhere an attachment at another place.
pub(super) fn record_of<'w>(value: &'w Value, patient: &str) -> Cow<'w, Value> {
    match text(value, "resourceType") {
        "Statement" => Cow::Owned(of_statement(value)),
        "Appointment" => Cow::Owned(without_others(value, patient)),
        "DocumentReference" | "DiagnosticReport" | "Communication" => {
            let mut value = value.clone();
            remove_foreign_links(&mut value);
            Cow::Owned(value)
        }
        _ => Cow::Borrowed(value),
    }
}

fn of_statement(statement: &Value) -> Value {
    let lines = each(&statement["lines"]);
    let coded = |line: &&Value| json!({"coding": line["codes"]});
    let mut record = json!({
        "resourceType": "ExplanationOfBenefit", "id": statement["id"],
        "status": statement["status"], "created": statement["issuedOn"],
        "patient": {"reference": format!("Patient/{}", text(statement, "patientId"))},
        "meta": {}, "said": statement,
        "item": lines.iter().map(|line| json!({"productOrService": coded(line)})).collect::<Vec<_>>(),
    });
    if !statement["securityLabels"].is_null() {
        record["meta"]["security"] = statement["securityLabels"].clone();
    }
    if !lines.is_empty() && lines.iter().all(|line| !each(&line["codes"]).is_empty()) {
        record["code"] = lines.iter().map(coded).collect::<Vec<_>>().into();
    }
    record
}

/// Who takes part and may be another patient is taken out.
fn without_others(appointment: &Value, patient: &str) -> Value {
    let stays = |participant: &Value| {
        let actor = &participant["actor"];
        match actor["reference"].as_str() {
            Some(target) => is_patient(actor, patient) || !target.starts_with("Patient/"),
            None => actor.is_null() || !["", "Patient"].contains(&text(actor, "type")),
        }
    };
    let mut value = appointment.clone();
    if let Some(participants) = value["participant"].as_array_mut() {
        participants.retain(stays);
    }
    value
}

fn remove_foreign_links(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let names = ["presentedForm", "attachment", "contentAttachment"];
            for (name, inner) in members {
                let attachments = match inner {
                    Value::Array(items) if names.contains(&name.as_str()) => items.as_mut_slice(),
                    one if names.contains(&name.as_str()) => std::slice::from_mut(one),
                    other => {
                        remove_foreign_links(other);
                        continue;
                    }
                };
                for attachment in attachments.iter_mut().filter_map(Value::as_object_mut) {
                    attachment.retain(|name, url| {
                        name != "url" || url.as_str().is_some_and(|url| url.starts_with("Binary/"))
                    });
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(remove_foreign_links),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a resource is taken; `None`: it is dropped, and nobody knows what it was.
pub(super) fn taken(resource: &Value, patient: &str, set: Set) -> Option<bool> {
    let contained = each(&resource["contained"]);
    let own = !set.is_of_patient() || is_own(resource, patient);
    if !own || !contained.iter().all(|inner| may_be_held(inner, patient)) {
        return None;
    }
    let of_laboratory = |one: &Value| {
        codes(&one["category"])
            .iter()
            .any(|code| ["laboratory", "LAB"].contains(code))
    };
    let smuggled =
        |inner: &&Value| text(inner, "resourceType") == "DiagnosticReport" || of_laboratory(inner);
    let result = ["Observation", "DiagnosticReport"].contains(&set.resource_type);
    if set.source != "laboratory" && contained.iter().any(smuggled) {
        return if is_garbled(&resource["category"]) {
            None
        } else {
            Some(false)
        };
    }
    if result && is_garbled(&resource["category"]) {
        return None;
    }
    let of_radiology = || {
        codes(&resource["category"])
            .iter()
            .any(|code| ["RAD", "LP29684-5"].contains(code))
    };
    Some(match (set.source, set.resource_type) {
        ("patient-chart", "Observation") => !of_laboratory(resource),
        ("laboratory", "DiagnosticReport") => !of_radiology(),
        ("radiology", "DiagnosticReport") => of_radiology(),
        _ => true,
    })
}

fn is_patient(reference: &Value, patient: &str) -> bool {
    text(reference, "reference") == format!("Patient/{patient}")
}

fn is_own(resource: &Value, patient: &str) -> bool {
    let owner = match text(resource, "resourceType") {
        "Patient" => return text(resource, "id") == patient,
        "Provenance" => return true,
        "Appointment" => {
            let participants = each(&resource["participant"]);
            return participants
                .iter()
                .any(|it| is_patient(&it["actor"], patient));
        }
        "Communication" if resource["subject"].is_null() => {
            let mut parties = each(&resource["recipient"]);
            parties.extend(each(&resource["sender"]));
            let is_own = |party: &&Value| is_patient(party, patient);
            let is_nobody = |party: &&Value| !text(party, "reference").starts_with("Patient/");
            return parties.iter().any(is_own)
                && parties
                    .iter()
                    .all(|party| is_own(party) || is_nobody(party));
        }
        "AllergyIntolerance" | "Immunization" | "Device" | "ExplanationOfBenefit" => {
            &resource["patient"]
        }
        "Coverage" => &resource["beneficiary"],
        _ => &resource["subject"],
    };
    is_patient(owner, patient)
}

fn may_be_held(inner: &Value, patient: &str) -> bool {
    match text(inner, "resourceType") {
        "Medication" | "Practitioner" => true,
        "Patient" => false,
        _ => is_own(inner, patient),
    }
}

/// Takes restricted extensions out, which nobody sees, and what is empty without them.
pub(super) fn without_restricted(value: &Value) -> Value {
    let restricted = |extension: &Value| {
        let mark = |inner: &&Value| text(inner, "url").ends_with("x-privacyTier");
        extension["x-privacyTier"] == "restricted" || each(&extension["extension"]).iter().any(mark)
    };
    match value {
        Value::Object(members) => {
            let mut left = serde_json::Map::new();
            for (name, inner) in members {
                let mut inner = inner.clone();
                if name == "extension" {
                    let items = each(&inner)
                        .into_iter()
                        .filter(|one| !restricted(one))
                        .cloned();
                    inner = Value::Array(items.collect());
                    if inner == Value::Array(Vec::new()) {
                        continue;
                    }
                }
                left.insert(name.clone(), without_restricted(&inner));
            }
            Value::Object(left)
        }
        Value::Array(items) => Value::Array(items.iter().map(without_restricted).collect()),
        other => other.clone(),
    }
}
