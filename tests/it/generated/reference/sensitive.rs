//! What is sensitive, as the specification says it (05, "Sensitivity"). Shares no code with the
//! domain.

use std::collections::BTreeSet;

use serde_json::Value;

use super::json::{codings, each, everything, is_garbled, labels, lacks_a_code, text};

/// The sensitive categories of a record, or that nobody can tell them all.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Class {
    categories: BTreeSet<String>,
    unknown: bool,
}

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

impl Class {
    /// Whether who may see these categories alone may see the record.
    pub(in super::super) fn is_within(&self, visible: &BTreeSet<&str>) -> bool {
        !self.unknown
            && self
                .categories
                .iter()
                .all(|category| visible.contains(&**category))
    }

    /// The class of a record. `labelled`: its source labels everything.
    pub(in super::super) fn of(resource: &Value, labelled: bool, lists: &Value) -> Self {
        let mut class = Self::default();
        if text(resource, "resourceType") == "Patient" {
            return class;
        }
        let contained = each(&resource["contained"]);
        for one in contained.iter().copied().chain([resource]) {
            class.read_labels(one);
        }
        class.unknown |= contained
            .iter()
            .any(|inner| is_garbled(&inner["code"]) || is_garbled(&inner["interpretation"]));
        if labelled {
            class.unknown |= labels(&resource["meta"]["security"]).is_empty();
            return class;
        }
        class.read_codes(resource, lists);
        class.unknown |= !says_what_it_is(resource);
        class
    }

    fn read_labels(&mut self, resource: &Value) {
        let meta = &resource["meta"];
        self.unknown |= lacks_a_code(&meta["tag"]) || lacks_a_code(&meta["security"]);
        self.unknown |= is_garbled(&resource["interpretation"]);
        for (system, code) in labels(&meta["security"]) {
            let code = code.unwrap_or_default();
            let confidentiality = match code {
                "U" | "L" | "M" | "N" => Some(None),
                "R" | "V" => Some(Some("restricted")),
                _ => None,
            };
            let act = match code {
                "HIV" | "STD" => Some(Some("hiv-sti")),
                "PSY" => Some(Some("mental-health")),
                "ETH" => Some(Some("substance-use")),
                _ => None,
            };
            let found = match system {
                Some(CONFIDENTIALITY) => confidentiality,
                Some(ACT_CODE) => act,
                None => [confidentiality, act]
                    .into_iter()
                    .flatten()
                    .find(Option::is_some),
                Some(_) => None,
            };
            match found {
                Some(category) => self.categories.extend(category.map(str::to_owned)),
                None => self.unknown = true,
            }
        }
    }

    /// Every system and code that stands anywhere, but for labels, states and interpretations,
    /// which have lists of their own, and units.
    fn read_codes(&mut self, resource: &Value, lists: &Value) {
        let mut rest = resource.clone();
        strip(&mut rest);
        self.unknown |= everything(resource)
            .iter()
            .any(|value| !value["coding"].is_null() && !value["coding"].is_array());
        for value in everything(&rest) {
            let is_unit = value.get("value").is_some();
            let coding = (value["system"].as_str(), value["code"].as_str());
            let found = match coding {
                (Some(system), Some(code)) if !is_unit => vec![(Some(system), Some(code))],
                _ => labels(&value["coding"]),
            };
            // Without a system a code is one of any.
            let class = &value["class"];
            let of_class = (class["system"].as_str(), class["code"].as_str());
            let alone = (None, value["valueCoding"]["code"].as_str());
            let alone = value["valueCoding"]["system"].is_null().then_some(alone);
            let bare = codings(&value["category"])
                .into_iter()
                .filter(|(system, _)| system.is_none());
            for (system, code) in found.into_iter().chain(bare).chain(alone).chain([of_class]) {
                self.add(system, code.unwrap_or_default(), lists);
            }
        }
    }

    fn add(&mut self, system: Option<&str>, code: &str, lists: &Value) {
        let lists = lists.as_object().expect("code lists");
        for (category, entries) in lists {
            for entry in each(entries) {
                let same = system.is_none_or(|system| entry["system"] == *system);
                let listed = each(&entry["codes"]).into_iter().any(|listed| {
                    let listed = listed.as_str().unwrap_or_default();
                    match listed.strip_suffix('*') {
                        Some(begin) => code.starts_with(begin),
                        None => code == listed,
                    }
                });
                if same && listed {
                    self.categories.insert(category.clone());
                }
            }
        }
    }
}

/// Takes out what has meaning of its own: labels, states, interpretations.
fn strip(resource: &mut Value) {
    let Some(members) = resource.as_object_mut() else {
        return;
    };
    for name in ["interpretation", "clinicalStatus", "verificationStatus"] {
        members.remove(name);
    }
    if let Some(meta) = members.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("tag");
        meta.remove("security");
    }
    let parts = members.get_mut("component").and_then(Value::as_array_mut);
    for part in parts.into_iter().flatten() {
        part.as_object_mut()
            .map(|part| part.remove("interpretation"));
    }
}

/// Where the types say what they are about that have no `code`. Behind a dot stands an element of
/// each item of a list, of which every one has to say it.
const ABOUT: [(&str, &[&str]); 13] = [
    ("Appointment", &["serviceType", "specialty", "reasonCode"]),
    ("CarePlan", &["activity.detail.code"]),
    ("CareTeam", &["reasonCode"]),
    ("Communication", &["topic", "reasonCode"]),
    ("Coverage", &["type"]),
    ("Device", &["type"]),
    ("DocumentReference", &["type"]),
    ("Encounter", &["type", "serviceType", "reasonCode"]),
    ("ExplanationOfBenefit", &["item.productOrService"]),
    ("Goal", &["description"]),
    ("ImagingStudy", &["procedureCode", "reasonCode"]),
    ("Provenance", &["activity", "agent.type"]),
    ("Specimen", &["type"]),
];

/// Whether a code says what the record, or something contained in it, is about.
fn says_what_it_is(resource: &Value) -> bool {
    let coded = |one: &Value| {
        let elements = ["code", "vaccineCode", "medicationCodeableConcept"];
        let parts = each(&one["component"]);
        let own = elements.iter().flat_map(|name| codings(&one[*name]));
        own.chain(parts.iter().flat_map(|part| codings(&part["code"])))
            .any(|(_, code)| code.is_some())
    };
    let of_type = ABOUT
        .iter()
        .find(|(name, _)| *name == text(resource, "resourceType"));
    let about = of_type.map_or(&[][..], |(_, paths)| paths);
    coded(resource)
        || each(&resource["contained"]).into_iter().any(coded)
        || about.iter().any(|path| is_coded_at(resource, path))
}

fn is_coded_at(value: &Value, path: &str) -> bool {
    let Some((list, element)) = path.split_once('.') else {
        return codings(&value[path]).iter().any(|(_, code)| code.is_some());
    };
    let items = each(&value[list]);
    !items.is_empty() && items.into_iter().all(|item| is_coded_at(item, element))
}
