//! Records of the types that `kinds.json` describes: what each element is filled with.
//!
//! A text that begins with `$` says what stands in its place; a member whose name ends in `?` is
//! there in some records, and one that ends in `??` in few or in most, as the word is about.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::elements::Elements;
use super::records::{Maker, id};

type Rows = Map<String, Value>;

static ROWS: LazyLock<Rows> =
    LazyLock::new(|| serde_json::from_str(include_str!("kinds.json")).expect("the table of kinds"));

impl Maker {
    /// One record of a row, with its source.
    pub(super) fn of_row(
        &mut self,
        kind: &str,
        elements: &mut Elements<'_>,
    ) -> (&'static str, Value) {
        let row = ROWS.get(kind).expect("a row of the table");
        let mut members = row.as_object().cloned().expect("a row");
        let source = members.remove("source").expect("a source");
        let form = members.remove("form").unwrap_or_default();
        let form = form.as_str().unwrap_or("a patient's");
        let resource_type = members.remove("resourceType");
        let resource_type = resource_type
            .as_ref()
            .and_then(Value::as_str)
            .unwrap_or(kind);
        let mut one = self.frame(resource_type, form, elements);
        let filled = self.filled(&Value::Object(members), elements);
        let filled = filled.and_then(|filled| filled.as_object().cloned());
        one.as_object_mut()
            .expect("an object")
            .extend(filled.unwrap_or_default());
        if form == "a patient's" && source == "patient-chart" {
            self.spoil(&mut one, elements);
        }
        self.made
            .entry(resource_type.to_owned())
            .or_default()
            .push(id(&one));
        (source_of(&source), one)
    }

    /// What a record has beside the elements of its row.
    fn frame(&self, resource_type: &str, form: &str, elements: &mut Elements<'_>) -> Value {
        let prefix: String = resource_type.to_lowercase().chars().take(3).collect();
        match form {
            "content" => json!({
                "resourceType": resource_type, "id": format!("{prefix}-{}", elements.marker()),
            }),
            "statement" => {
                let mut one = json!({
                    "resourceType": resource_type, "id": format!("{prefix}-{}", elements.marker()),
                    "patient": self.owner(), "patientId": self.patient,
                });
                let meta = elements.meta(false);
                one["securityLabels"] = meta["security"].clone();
                one.as_object_mut()
                    .expect("an object")
                    .retain(|_, value| !value.is_null());
                one
            }
            _ => {
                let mut one = Self::base(resource_type, &prefix, elements);
                if form == "nobody's" {
                    // Which of two that are the same counts is a matter of one patient's record.
                    let members = one.as_object_mut().expect("an object");
                    members.retain(|name, _| name != "identifier" && name != "contained");
                }
                one
            }
        }
    }

    /// A value of the table with its places filled; none where nothing can stand there.
    fn filled(&self, value: &Value, elements: &mut Elements<'_>) -> Option<Value> {
        match value {
            Value::Object(members) => {
                let mut filled = Map::new();
                for (name, inner) in members {
                    let chance = match name.len() - name.trim_end_matches('?').len() {
                        0 => 100,
                        1 => 50,
                        _ => 20,
                    };
                    if elements.random.chance(chance)
                        && let Some(inner) = self.filled(inner, elements)
                    {
                        filled.insert(name.trim_end_matches('?').to_owned(), inner);
                    }
                }
                (!filled.is_empty()).then(|| filled.into())
            }
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.filled(item, elements));
                let items: Vec<Value> = items.collect();
                (!items.is_empty()).then(|| items.into())
            }
            Value::String(text) => match text.strip_prefix('$') {
                Some(place) => self.place(place, elements),
                None => Some(value.clone()),
            },
            other => Some(other.clone()),
        }
    }

    fn place(&self, place: &str, elements: &mut Elements<'_>) -> Option<Value> {
        let (what, of) = place.split_once(' ').unwrap_or((place, ""));
        Some(match what {
            "word" => elements.marker().into(),
            "base64" => elements.markers.base64().into(),
            "concept" => elements.concept(),
            "coding" => elements.coding(),
            "of" => {
                let words: Vec<&str> = of.split('|').collect();
                (*elements.random.pick(&words)).into()
            }
            "instant" => elements.instant(self.now).into(),
            "moment" if elements.random.chance(80) => {
                format!("{}T08:00:00Z", elements.day()).into()
            }
            "moment" | "day" => elements.day().into(),
            "period" => {
                let day = elements.day();
                json!({"start": day, "end": day})
            }
            "owner" if elements.random.chance(2) => self.other_patient(elements),
            "owner" | "me" => self.owner(),
            "other" => self.other_patient(elements),
            "party" => self.party(elements),
            "participants" => self.participants(elements),
            "radiology" => radiology(elements),
            "place" => physical_place(elements),
            "url" => self.url(elements)?,
            "to" => self.made_before(of, elements)?,
            other => panic!("{other} is no place of the table"),
        })
    }

    fn other_patient(&self, elements: &mut Elements<'_>) -> Value {
        elements.reference(&format!("Patient/{}", self.other))
    }

    /// Who wrote: somebody of the house, the patient, or another patient.
    fn party(&self, elements: &mut Elements<'_>) -> Value {
        match elements.random.below(8) {
            0 => self.other_patient(elements),
            1..4 => self.owner(),
            _ => elements.reference("Practitioner/somebody"),
        }
    }

    /// This patient among others, of whom nobody else may hear if they are patients, or may be.
    fn participants(&self, elements: &mut Elements<'_>) -> Value {
        let mut all = vec![json!({"actor": self.owner(), "status": "accepted"})];
        let more = [
            self.other_patient(elements),
            json!({"display": elements.marker()}),
            json!({"type": "Patient", "display": elements.marker()}),
            json!({"type": "Practitioner", "display": elements.marker()}),
            elements.reference("Practitioner/somebody"),
        ];
        for actor in more {
            if elements.random.chance(40) {
                let kind = json!([{"text": elements.marker()}]);
                all.push(json!({"actor": actor, "type": kind, "status": "accepted"}));
            }
        }
        if let Some(place) = self.made_before("Location", elements) {
            all.push(json!({"actor": place, "status": "accepted"}));
        }
        json!(all)
    }

    /// Where a file is: at the document service, or somewhere else.
    fn url(&self, elements: &mut Elements<'_>) -> Option<Value> {
        if elements.random.chance(20) {
            return Some(format!("https://elsewhere.test/{}", elements.marker()).into());
        }
        let binaries = self.made.get("Binary")?;
        Some(format!("Binary/{}", elements.random.pick(binaries)).into())
    }

    /// A reference to something of this record that was made before, or to nothing.
    fn made_before(&self, resource_type: &str, elements: &mut Elements<'_>) -> Option<Value> {
        if elements.random.chance(8) {
            return Some(elements.reference(&format!("{resource_type}/nobody-knows")));
        }
        let made = self.made.get(resource_type)?;
        let id = elements.random.pick(made);
        Some(elements.reference(&format!("{resource_type}/{id}")))
    }
}

/// The category of a report of radiology, by either name, and rarely of something else.
fn radiology(elements: &mut Elements<'_>) -> Value {
    let section = "http://terminology.hl7.org/CodeSystem/v2-0074";
    json!([match elements.random.below(12) {
        0 => elements.coded(section, "LAB"),
        1..5 => elements.coded("http://loinc.org", "LP29684-5"),
        _ => elements.coded(section, "RAD"),
    }])
}

/// What kind of place a Location is: somebody's home, or another.
fn physical_place(elements: &mut Elements<'_>) -> Value {
    let code = *elements.random.pick(&["ho", "wa", "bu"]);
    elements.coded(
        "http://terminology.hl7.org/CodeSystem/location-physical-type",
        code,
    )
}

fn source_of(name: &Value) -> &'static str {
    let found = SOURCES.into_iter().find(|source| name == source);
    found.expect("a source")
}

/// Every source.
pub(in super::super) const SOURCES: [&str; 11] = [
    "registration",
    "scheduling",
    "laboratory",
    "radiology",
    "medication",
    "claims",
    "immunizations",
    "patient-chart",
    "documents",
    "communication",
    "provider-directory",
];
