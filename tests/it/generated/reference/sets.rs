//! What a source holds of a patient and the portal takes from it: ownership, authority, addresses
//! (03, "Whose is it", "One authority per kind", "Addresses").

use serde_json::Value;

use super::super::world::{Planted, World};
use super::json::{codes, each, is_garbled, text};

/// One kind of record from its one authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Set {
    /// The type.
    pub(super) resource_type: &'static str,
    /// The source.
    pub(super) source: &'static str,
    /// The code in our ids.
    pub(super) code: &'static str,
}

const fn set(resource_type: &'static str, source: &'static str, code: &'static str) -> Set {
    Set {
        resource_type,
        source,
        code,
    }
}

pub(super) const SETS: [Set; 8] = [
    set("Patient", "registration", ""),
    set("AllergyIntolerance", "patient-chart", "cht"),
    set("Condition", "patient-chart", "cht"),
    set("Observation", "patient-chart", "cht"),
    set("Observation", "laboratory", "lab"),
    set("DiagnosticReport", "laboratory", "lab"),
    set("MedicationRequest", "medication", "med"),
    set("Immunization", "immunizations", "imm"),
];

/// What the portal takes of a set.
#[derive(Debug)]
pub(super) struct Held<'w> {
    /// The set.
    pub(super) set: Set,
    /// Its resources.
    pub(super) resources: Vec<&'w Value>,
    /// Whether something was dropped that nobody can vouch for.
    pub(super) incomplete: bool,
}

impl Held<'_> {
    /// What a set holds of a patient.
    pub(super) fn of<'w>(world: &'w World, tenant: &str, patient: &str, set: Set) -> Held<'w> {
        let mut held = Held {
            set,
            resources: Vec::new(),
            incomplete: false,
        };
        for planted in &world.planted {
            if !is_listed(planted, tenant, patient, set) {
                continue;
            }
            match taken(&planted.value, patient, set) {
                Some(true) => held.resources.push(&planted.value),
                Some(false) => {}
                None => held.incomplete = true,
            }
        }
        held
    }

    /// A resource's own id of a target, if this set could hold it.
    pub(super) fn names<'t>(&self, target: &'t str) -> Option<&'t str> {
        let (resource_type, id) = target.split_once('/')?;
        (resource_type == self.set.resource_type).then_some(id)
    }
}

/// The laboratory is asked for its own categories alone.
fn is_listed(planted: &Planted, tenant: &str, patient: &str, set: Set) -> bool {
    let asked = match (set.source, set.resource_type) {
        ("laboratory", "Observation") => Some("laboratory"),
        ("laboratory", _) => Some("LAB"),
        _ => None,
    };
    planted.tenant == tenant
        && planted.source == set.source
        && (planted.listed_for == patient || is_own(&planted.value, patient))
        && text(&planted.value, "resourceType") == set.resource_type
        && asked.is_none_or(|asked| codes(&planted.value["category"]).contains(&asked))
}

/// Whether a resource is taken; `None`: it is dropped, and nobody knows what it was.
fn taken(resource: &Value, patient: &str, set: Set) -> Option<bool> {
    let contained = each(&resource["contained"]);
    if !is_own(resource, patient) || !contained.iter().all(|inner| may_be_held(inner, patient)) {
        return None;
    }
    let of_laboratory = |one: &Value| {
        codes(&one["category"])
            .iter()
            .any(|code| ["laboratory", "LAB"].contains(code))
    };
    let smuggled =
        |inner: &&Value| text(inner, "resourceType") == "DiagnosticReport" || of_laboratory(inner);
    if set.source != "laboratory" && contained.iter().any(smuggled) {
        return if is_garbled(&resource["category"]) {
            None
        } else {
            Some(false)
        };
    }
    let result = ["Observation", "DiagnosticReport"].contains(&set.resource_type);
    if result && is_garbled(&resource["category"]) {
        return None;
    }
    Some(match (set.source, set.resource_type) {
        ("patient-chart", "Observation") => !of_laboratory(resource),
        ("laboratory", "DiagnosticReport") => !codes(&resource["category"]).contains(&"RAD"),
        _ => true,
    })
}

fn is_own(resource: &Value, patient: &str) -> bool {
    let owner = match text(resource, "resourceType") {
        "Patient" => return text(resource, "id") == patient,
        "AllergyIntolerance" | "Immunization" => &resource["patient"],
        _ => &resource["subject"],
    };
    text(owner, "reference") == format!("Patient/{patient}")
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

/// A resource's id here.
pub(super) fn address(set: Set, id: &str) -> String {
    if set.code.is_empty() {
        id.to_owned()
    } else {
        format!("{}.{id}", set.code)
    }
}
