//! Vital signs, laboratory results and reports.

use serde_json::{Value, json};

use super::elements::Elements;
use super::records::{Maker, OBSERVATION_CATEGORY, id, some};

const RESULT_STATUSES: [&str; 10] = [
    "final",
    "final",
    "final",
    "final",
    "amended",
    "corrected",
    "preliminary",
    "cancelled",
    "entered-in-error",
    "registered",
];

impl Maker {
    pub(super) fn observation(
        &self,
        prefix: &str,
        category: Value,
        elements: &mut Elements<'_>,
    ) -> Value {
        let mut one = Self::base("Observation", prefix, elements);
        one["status"] = json!(elements.random.pick(&RESULT_STATUSES));
        one["category"] = category;
        one["code"] = elements.concept();
        one["subject"] = self.owner();
        one["note"] = json!([{"text": elements.marker()}]);
        if elements.random.chance(90) {
            let odd = elements.random.chance(3);
            one["effectiveDateTime"] = if odd {
                json!("around noon")
            } else {
                json!(elements.day())
            };
        }
        match elements.random.below(20) {
            0 => one["issued"] = json!("soon"),
            1 | 2 => {}
            _ => one["issued"] = json!(elements.instant(self.now)),
        }
        if let Some(interpretation) = elements.interpretation() {
            one["interpretation"] = interpretation;
        }
        if elements.random.chance(20) {
            let mut part = json!({"code": elements.concept(), "valueString": elements.marker()});
            if let Some(interpretation) = elements.interpretation() {
                part["interpretation"] = interpretation;
            }
            one["component"] = json!([part]);
        } else if elements.random.chance(50) {
            one["valueString"] = json!(elements.marker());
        } else {
            let value = elements.random.below(90);
            one["valueQuantity"] = json!({"value": value, "unit": elements.marker(), "system": "urn:units", "code": elements.marker()});
        }
        if elements.random.chance(50) {
            one["encounter"] = json!({"reference": "Encounter/e1", "display": elements.marker()});
        }
        one
    }

    pub(super) fn vital(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let concept =
            |elements: &mut Elements<'_>, code| elements.coded(OBSERVATION_CATEGORY, code);
        let category = match elements.random.below(12) {
            0 => json!([concept(elements, "social-history")]),
            1 => json!([
                concept(elements, "survey"),
                concept(elements, "vital-signs")
            ]),
            2 => {
                json!([{"coding": [{"system": "urn:local", "code": "v"}, {"system": OBSERVATION_CATEGORY, "code": "vital-signs"}]}])
            }
            3 => json!([{"text": elements.marker()}]),
            4 => json!([{"coding": [{"code": "survey"}]}]),
            5 => json!([concept(elements, "laboratory")]),
            _ => json!([concept(elements, "vital-signs")]),
        };
        let mut one = self.observation("vi", category, elements);
        if elements.random.chance(2) {
            one["category"] = json!({"coding": "garbled"});
        }
        if let Some(id) = some(&self.vitals, elements.random) {
            one["hasMember"] = json!([elements.reference(&format!("Observation/{id}"))]);
        }
        self.spoil(&mut one, elements);
        self.vitals.push(id(&one));
        self.remember(&one);
        ("patient-chart", one)
    }

    pub(super) fn lab(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let mut category = json!([elements.coded(OBSERVATION_CATEGORY, "laboratory")]);
        if elements.random.chance(8) {
            category
                .as_array_mut()
                .expect("a list")
                .push(elements.coded(OBSERVATION_CATEGORY, "vital-signs"));
        }
        let mut one = self.observation("la", category, elements);
        if let Some(id) = some(&self.labs, elements.random) {
            one["derivedFrom"] = json!([elements.reference(&format!("Observation/{id}"))]);
        }
        self.labs.push(id(&one));
        self.remember(&one);
        ("laboratory", one)
    }

    pub(super) fn report(&mut self, elements: &mut Elements<'_>) -> (&'static str, Value) {
        let mut one = Self::base("DiagnosticReport", "re", elements);
        one["status"] = json!(
            elements
                .random
                .pick(&["final", "final", "final", "appended", "partial", "amended"])
        );
        let mut category =
            json!([elements.coded("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB")]);
        if elements.random.chance(6) {
            category
                .as_array_mut()
                .expect("a list")
                .push(elements.coded("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD"));
        }
        one["category"] = category;
        one["code"] = elements.concept();
        one["subject"] = self.owner();
        one["effectiveDateTime"] = json!(elements.day());
        one["issued"] = json!(elements.instant(self.now));
        one["conclusion"] = json!(elements.marker());
        one["presentedForm"] = json!([{"contentType": "text/plain", "title": elements.marker(), "data": elements.markers.base64()}]);
        one["result"] = self.results(&mut one, elements);
        self.remember(&one);
        ("laboratory", one)
    }

    fn results(&self, report: &mut Value, elements: &mut Elements<'_>) -> Value {
        let mut results = Vec::new();
        for _ in 0..=elements.random.below(2) {
            if let Some(id) = some(&self.labs, elements.random) {
                results.push(elements.reference(&format!("Observation/{id}")));
            }
        }
        match elements.random.below(12) {
            0 => results.push(json!({"display": elements.marker()})),
            1 => results.push(elements.reference("Observation/nobody-knows")),
            2 | 3 => {
                let category = json!([elements.coded(OBSERVATION_CATEGORY, "laboratory")]);
                let mut inner = self.observation("in", category, elements);
                let members = inner.as_object_mut().expect("an object");
                members.remove("contained");
                report["contained"] = json!([inner]);
                results.push(json!({"reference": format!("#{}", id(&inner))}));
            }
            _ => {}
        }
        json!(results)
    }
}
