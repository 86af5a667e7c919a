//! Records of every kind that is served, honest ones and awkward ones.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::markers::Markers;
use super::super::random::Random;
use super::super::world::World;
use super::elements::Elements;

/// Whose records are made.
#[derive(Debug)]
pub(in super::super) struct Maker {
    pub(super) patient: String,
    pub(super) other: String,
    pub(super) now: jiff::Timestamp,
    /// Ids of what was made, by type.
    pub(super) made: BTreeMap<String, Vec<String>>,
    /// Of the Observations those of the chart, and those of the laboratory.
    pub(super) vitals: Vec<String>,
    pub(super) labs: Vec<String>,
}

/// The kinds of records, but for the Patient, in an order in which they can refer to each other.
/// Those with a capital are rows of the table.
pub(in super::super) const KINDS: [&str; 32] = [
    "Medication",
    "Binary",
    "Practitioner",
    "Organization",
    "Location",
    "PractitionerRole",
    "condition",
    "vital",
    "lab",
    "report",
    "allergy",
    "medication",
    "immunization",
    "Encounter",
    "ServiceRequest",
    "Procedure",
    "CareTeam",
    "Goal",
    "CarePlan",
    "Device",
    "QuestionnaireResponse",
    "Specimen",
    "ImagingStudy",
    "RadiologyReport",
    "MedicationDispense",
    "Appointment",
    "Coverage",
    "ExplanationOfBenefit",
    "Statement",
    "Communication",
    "DocumentReference",
    "Provenance",
];

pub(super) const OBSERVATION_CATEGORY: &str =
    "http://terminology.hl7.org/CodeSystem/observation-category";
impl Maker {
    /// Makes records of a patient beside another patient.
    pub(in super::super) fn new(patient: &str, other: &str, now: jiff::Timestamp) -> Self {
        Self {
            patient: patient.to_owned(),
            other: other.to_owned(),
            now,
            made: BTreeMap::new(),
            vitals: Vec::new(),
            labs: Vec::new(),
        }
    }

    /// Lets records refer to what there is of the patient, and to what is nobody's.
    pub(in super::super) fn beside(mut self, world: &World, tenant: &str) -> Self {
        let nobodys = ["medication", "documents", "provider-directory"];
        for planted in world
            .planted
            .iter()
            .filter(|planted| planted.tenant == tenant)
        {
            let own = planted.listed_for == self.patient;
            let kind = planted.value["resourceType"].as_str().unwrap_or_default();
            if own || (nobodys.contains(&planted.source) && kind != "DocumentReference") {
                self.remember(&planted.value);
            }
            match (kind, planted.source) {
                ("Observation", "laboratory") if own => self.labs.push(id(&planted.value)),
                ("Observation", _) if own => self.vitals.push(id(&planted.value)),
                _ => {}
            }
        }
        self
    }

    /// A Patient, and so many records of each kind, of those of the table and of the others, each
    /// with its source.
    pub(in super::super) fn record(
        &mut self,
        random: &mut Random,
        markers: &mut Markers,
        (others, of_table): (usize, usize),
    ) -> Vec<(&'static str, Value)> {
        let mut made = vec![(
            "registration",
            self.patient(&mut Elements { random, markers }),
        )];
        for kind in KINDS {
            for _ in 0..if is_of_table(kind) { of_table } else { others } {
                made.push(self.one(kind, random, markers));
            }
        }
        made
    }

    /// One record of a kind.
    pub(in super::super) fn one(
        &mut self,
        kind: &str,
        random: &mut Random,
        markers: &mut Markers,
    ) -> (&'static str, Value) {
        let elements = &mut Elements { random, markers };
        match kind {
            "condition" => self.condition(elements),
            "vital" => self.vital(elements),
            "lab" => self.lab(elements),
            "report" => self.report(elements),
            "allergy" => self.allergy(elements),
            "medication" => self.medication(elements),
            "immunization" => self.immunization(elements),
            row => self.of_row(row, elements),
        }
    }

    /// Keeps in mind what was made, so that others can refer to it.
    pub(super) fn remember(&mut self, one: &Value) {
        let kind = one["resourceType"].as_str().unwrap_or_default();
        self.made.entry(kind.to_owned()).or_default().push(id(one));
    }

    fn made_of(&self, kind: &str) -> &[String] {
        self.made.get(kind).map_or(&[], Vec::as_slice)
    }

    pub(super) fn owner(&self) -> Value {
        json!({"reference": format!("Patient/{}", self.patient)})
    }

    pub(super) fn base(kind: &str, id: &str, elements: &mut Elements<'_>) -> Value {
        let mut base = json!({
            "resourceType": kind, "id": format!("{id}-{}", elements.marker()),
            "meta": elements.meta(true), "text": elements.narrative(),
            "extension": elements.extensions(),
        });
        if elements.random.chance(30) {
            base["identifier"] =
                json!([{"system": "urn:acc", "value": elements.random.pick(&["1", "2"])}]);
        }
        if elements.random.chance(15) {
            let name = elements.marker();
            base["contained"] =
                json!([{"resourceType": "Practitioner", "id": "who", "name": [{"text": name}]}]);
        }
        base
    }

    fn patient(&self, elements: &mut Elements<'_>) -> Value {
        let year = elements.random.below(22);
        let born = match elements.random.below(8) {
            0 => Value::Null,
            1 => json!(format!("{}", 2018 + year)),
            2 => json!(format!("{}-06", 2018 + year)),
            3 => json!("2028-02-29"),
            _ => json!(format!(
                "{}-{:02}-15",
                2018 + year,
                1 + elements.random.below(12)
            )),
        };
        let mut patient = json!({
            "resourceType": "Patient", "id": self.patient, "meta": elements.meta(false),
            "text": elements.narrative(), "extension": elements.extensions(),
            "identifier": [{"system": "urn:mrn", "value": elements.marker()}],
            "name": [{"use": "official", "family": elements.marker(), "given": [elements.marker()],
                "extension": elements.extensions()}],
            "telecom": [{"system": "phone", "value": elements.marker()}],
            "address": [{"line": [elements.marker()], "city": elements.marker()}],
            "contact": [{"name": {"text": elements.marker()}}],
            "communication": [{"language": {"text": elements.marker()}}],
            "gender": "female", "birthDate": born,
            "_birthDate": {"extension": [{"url": "urn:x:place", "valueString": elements.marker()}]},
        });
        if patient["birthDate"].is_null() {
            patient
                .as_object_mut()
                .expect("an object")
                .remove("birthDate");
        }
        patient
    }

    fn condition(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let mut one = Self::base("Condition", "co", elements);
        let clinical =
            *elements
                .random
                .pick(&["active", "active", "recurrence", "inactive", "resolved"]);
        one["clinicalStatus"] = elements.coded(
            "http://terminology.hl7.org/CodeSystem/condition-clinical",
            clinical,
        );
        if elements.random.chance(40) {
            let status = *elements
                .random
                .pick(&["confirmed", "confirmed", "entered-in-error"]);
            one["verificationStatus"] = elements.coded(
                "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                status,
            );
        }
        one["category"] = json!([elements.coded(
            "http://terminology.hl7.org/CodeSystem/condition-category",
            "problem-list-item"
        )]);
        one["code"] = elements.concept();
        one["subject"] = self.owner();
        one["onsetDateTime"] = json!(elements.day());
        if elements.random.chance(60) {
            one["recordedDate"] = json!(elements.instant(self.now));
        }
        one["note"] = json!([{"text": elements.marker()}]);
        one["asserter"] =
            json!({"reference": format!("Patient/{}", self.other), "display": elements.marker()});
        if let Some(id) = some(&self.vitals, elements.random) {
            one["evidence"] =
                json!([{"detail": [elements.reference(&format!("Observation/{id}"))]}]);
        }
        self.spoil(&mut one, elements);
        self.remember(&one);
        ("patient-chart", one)
    }

    fn allergy(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let mut one = Self::base("AllergyIntolerance", "al", elements);
        let clinical = *elements.random.pick(&["active", "inactive"]);
        one["clinicalStatus"] = elements.coded(
            "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
            clinical,
        );
        one["category"] = json!(["food"]);
        one["code"] = elements.concept();
        one["patient"] = self.owner();
        if elements.random.chance(70) {
            one["recordedDate"] = json!(elements.day());
        }
        one["reaction"] =
            json!([{"description": elements.marker(), "manifestation": [elements.concept()]}]);
        self.spoil(&mut one, elements);
        ("patient-chart", one)
    }

    fn medication(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let mut one = Self::base("MedicationRequest", "me", elements);
        one["status"] = json!(elements.random.pick(&[
            "active",
            "active",
            "on-hold",
            "stopped",
            "draft",
            "entered-in-error"
        ]));
        one["intent"] = json!("order");
        if elements.random.chance(30) {
            one["contained"] =
                json!([{"resourceType": "Medication", "id": "m", "code": elements.concept()}]);
            one["medicationReference"] = json!({"reference": "#m"});
        } else if let Some(id) = some(self.made_of("Medication"), elements.random) {
            one["medicationReference"] = elements.reference(&format!("Medication/{id}"));
        } else {
            one["medicationCodeableConcept"] = elements.concept();
        }
        one["subject"] = self.owner();
        one["authoredOn"] = json!(elements.day());
        one["dosageInstruction"] = json!([{"text": elements.marker()}]);
        let mut reasons = Vec::new();
        if let Some(id) = some(self.made_of("Condition"), elements.random) {
            reasons.push(elements.reference(&format!("Condition/{id}")));
        }
        let observations = if elements.random.chance(50) {
            &self.labs
        } else {
            &self.vitals
        };
        if let Some(id) = some(observations, elements.random) {
            reasons.push(elements.reference(&format!("Observation/{id}")));
        }
        one["reasonReference"] = json!(reasons);
        self.remember(&one);
        ("medication", one)
    }

    fn immunization(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let mut one = Self::base("Immunization", "im", elements);
        one["status"] = json!(elements.random.pick(&[
            "completed",
            "completed",
            "not-done",
            "entered-in-error"
        ]));
        one["vaccineCode"] = elements.concept();
        one["patient"] = self.owner();
        one["occurrenceDateTime"] = json!(elements.day());
        if elements.random.chance(50) {
            one["recorded"] = json!(elements.instant(self.now));
        }
        one["lotNumber"] = json!(elements.marker());
        if let Some(id) = some(self.made_of("Condition"), elements.random) {
            one["reasonReference"] = json!([elements.reference(&format!("Condition/{id}"))]);
        }
        ("immunizations", one)
    }

    /// Sometimes a chart's record is another's, or holds what must not leave so.
    pub(super) fn spoil(&self, one: &mut Value, elements: &mut Elements<'_>) {
        match elements.random.below(40) {
            0 => {
                let owner = if one["patient"].is_null() {
                    "subject"
                } else {
                    "patient"
                };
                one[owner] = json!({"reference": format!("Patient/{}", self.other)});
            }
            1 => {
                let inner = json!({"resourceType": "Patient", "id": "p", "name": [{"text": elements.marker()}]});
                one["contained"] = json!([inner]);
            }
            2 => {
                let category = json!([elements.coded(OBSERVATION_CATEGORY, "laboratory")]);
                let mut inner = self.observation("in", category, elements);
                inner
                    .as_object_mut()
                    .expect("an object")
                    .remove("contained");
                one["contained"] = json!([inner]);
            }
            _ => {}
        }
    }
}

fn is_of_table(kind: &str) -> bool {
    kind.starts_with(char::is_uppercase)
}

pub(super) fn some<'a>(of: &'a [String], random: &mut Random) -> Option<&'a String> {
    (!of.is_empty() && random.chance(70)).then(|| random.pick(of))
}

pub(super) fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_default().to_owned()
}
