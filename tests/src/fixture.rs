//! Small records that tests put into the sources, as bytes.

use serde_json::{Value, json};

/// Makes resources of one patient.
#[derive(Debug, Clone)]
pub struct Fixture {
    patient: String,
}

const RELEASE: &str = "urn:ghasi-ehealth:release";

impl Fixture {
    /// Resources of this patient.
    pub fn of(patient: &str) -> Self {
        Self {
            patient: patient.to_owned(),
        }
    }

    fn owner(&self) -> Value {
        json!({"reference": format!("Patient/{}", self.patient)})
    }

    /// The Patient.
    pub fn patient(&self, family: &str) -> Value {
        json!({
            "resourceType": "Patient", "id": self.patient,
            "name": [{"use": "official", "family": family, "given": ["Ada"]}],
            "gender": "female", "birthDate": "1980-02-29"
        })
    }

    /// An active allergy.
    pub fn allergy(&self, id: &str, text: &str) -> Value {
        json!({
            "resourceType": "AllergyIntolerance", "id": id,
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "102263004"}], "text": text},
            "patient": self.owner(), "recordedDate": "2020-01-02"
        })
    }

    /// An active condition.
    pub fn condition(&self, id: &str, text: &str) -> Value {
        json!({
            "resourceType": "Condition", "id": id,
            "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}]}],
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}], "text": text},
            "subject": self.owner(), "onsetDateTime": "2019-05"
        })
    }

    /// A final vital sign.
    pub fn vital(&self, id: &str, date: &str, value: &str) -> Value {
        let value: Value = serde_json::from_str(value).expect("a number");
        json!({
            "resourceType": "Observation", "id": id, "status": "final",
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
            "subject": self.owner(), "effectiveDateTime": date,
            "valueQuantity": {"value": value, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}
        })
    }

    /// A final and released laboratory result.
    pub fn lab(&self, id: &str, date: &str, loinc: &str) -> Value {
        json!({
            "resourceType": "Observation", "id": id, "status": "final",
            "meta": {"tag": [{"system": RELEASE, "code": "released"}]},
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": loinc, "display": "Result"}]},
            "subject": self.owner(), "effectiveDateTime": date, "issued": "2024-01-01T10:00:00Z",
            "valueQuantity": {"value": 5, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
        })
    }

    /// A laboratory result that the laboratory has not released.
    pub fn unreleased_lab(&self, id: &str, date: &str, loinc: &str) -> Value {
        let mut lab = self.lab(id, date, loinc);
        lab.as_object_mut().expect("an object").remove("meta");
        lab
    }

    /// A final and released report over results.
    pub fn report(&self, id: &str, results: &[&str]) -> Value {
        let results: Vec<Value> = results
            .iter()
            .map(|result| json!({"reference": format!("Observation/{result}")}))
            .collect();
        json!({
            "resourceType": "DiagnosticReport", "id": id, "status": "final",
            "meta": {"tag": [{"system": RELEASE, "code": "released"}]},
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "24323-8"}], "text": "Panel"}, "subject": self.owner(),
            "effectiveDateTime": "2024-01-01", "issued": "2024-01-01T10:00:00Z", "result": results
        })
    }

    /// An active prescription.
    pub fn medication(&self, id: &str, text: &str) -> Value {
        json!({
            "resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order",
            "medicationCodeableConcept": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "435"}], "text": text},
            "subject": self.owner(),
            "authoredOn": "2023-03-04"
        })
    }

    /// A completed immunization.
    pub fn immunization(&self, id: &str, date: &str) -> Value {
        json!({
            "resourceType": "Immunization", "id": id, "status": "completed",
            "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140"}], "text": "Influenza"},
            "patient": self.owner(), "occurrenceDateTime": date, "primarySource": true
        })
    }

    /// A final radiology report.
    pub fn radiology_report(&self, id: &str) -> Value {
        json!({
            "resourceType": "DiagnosticReport", "id": id, "status": "final",
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "36643-5"}], "text": "Chest"},
            "subject": self.owner(), "effectiveDateTime": "2024-02-01",
            "issued": "2024-02-01T10:00:00Z", "conclusion": "Clear"
        })
    }

    /// A record of one of the types that have no function of their own here, with the elements
    /// that it must have.
    pub fn record(&self, kind: &str, id: &str) -> Value {
        let mut record = json!({"resourceType": kind, "id": id});
        let members = record.as_object_mut().expect("an object");
        let more = self.elements(kind);
        members.extend(more.as_object().cloned().expect("an object"));
        record
    }

    /// A statement of account, as claims-service tells it.
    pub fn statement(&self, id: &str, total: &str) -> Value {
        let amount = json!({"value": total, "currency": "AFN"});
        json!({
            "resourceType": "Statement", "id": id, "patient": self.owner(),
            "patientId": self.patient, "number": "2026-0001", "status": "open",
            "issuedOn": "2026-01-31", "dueOn": "2026-02-28",
            "total": amount, "patientPaid": {"value": "0.50", "currency": "AFN"}, "balance": amount,
            "lines": [{"description": "Visit", "amount": amount,
                       "codes": [{"system": "http://snomed.info/sct", "code": "308335008"}]}],
            "payments": [{"paidOn": "2026-02-01", "method": "card",
                          "amount": {"value": "0.50", "currency": "AFN"}}]
        })
    }

    fn elements(&self, kind: &str) -> Value {
        let own = self.owner();
        // Without a code it would count as sensitive.
        let code = json!({"coding": [{"system": "http://snomed.info/sct", "code": "308335008"}]});
        match kind {
            "ImagingStudy" => {
                json!({
                    "status": "available", "subject": own, "started": "2024-02-01",
                    "procedureCode": [code]
                })
            }
            "MedicationDispense" => json!({
                "status": "completed", "subject": own, "whenHandedOver": "2024-02-02",
                "medicationCodeableConcept": code
            }),
            "Appointment" => json!({
                "status": "booked", "start": "2024-03-01T09:00:00+04:30", "description": "Check-up",
                "serviceType": [code],
                "participant": [{"actor": own, "status": "accepted"}]
            }),
            "Coverage" => json!({
                "status": "active", "beneficiary": own, "payor": [{"display": "Insurer"}], "type": code,
                "period": {"start": "2024-01-01"}
            }),
            "ExplanationOfBenefit" => json!({
                "status": "active", "type": code, "use": "claim", "patient": own,
                "created": "2024-02-03", "insurer": {"display": "Insurer"},
                "provider": {"display": "Clinic"}, "outcome": "complete",
                "total": [{"category": {"text": "submitted"}, "amount": {"value": 120.50, "currency": "AFN"}}]
            }),
            "Communication" => {
                json!({
                    "status": "completed", "subject": own, "sent": "2024-02-04T08:00:00Z",
                    "category": [code]
                })
            }
            "DocumentReference" => json!({
                "status": "current", "type": code, "subject": own, "date": "2024-02-05T08:00:00Z",
                "content": [{"attachment": {"contentType": "text/plain"}}]
            }),
            "Encounter" => json!({
                "status": "finished", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "type": [code], "subject": own,
                "period": {"start": "2024-02-06"}
            }),
            "Procedure" => {
                json!({
                    "status": "completed", "code": code, "subject": own,
                    "performedDateTime": "2024-02-07"
                })
            }
            "CarePlan" => {
                json!({"status": "active", "intent": "plan", "category": [code], "subject": own})
            }
            "CareTeam" => json!({"status": "active", "category": [code], "subject": own}),
            "Goal" => {
                json!({"lifecycleStatus": "active", "description": code, "subject": own})
            }
            "ServiceRequest" => {
                json!({"status": "active", "intent": "order", "code": code, "subject": own})
            }
            "Specimen" => json!({
                "meta": {"tag": [{"system": RELEASE, "code": "released"}]},
                "status": "available", "type": code, "subject": own
            }),
            "Device" => json!({"status": "active", "type": code, "patient": own}),
            "QuestionnaireResponse" => json!({"status": "completed", "subject": own}),
            "Provenance" => json!({
                "target": [own], "recorded": "2024-02-08T08:00:00Z", "agent": [{"who": {"display": "Clinic"}}]
            }),
            "Binary" => json!({"contentType": "text/plain", "data": "aGVsbG8="}),
            "Medication" => json!({"code": {
                "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "435"}],
                "text": "Salbutamol"
            }}),
            "Practitioner" => json!({"name": [{"family": "Nazari"}]}),
            "PractitionerRole" => json!({"active": true}),
            "Organization" | "Location" => json!({"name": "Clinic"}),
            other => panic!("{other} has no elements here"),
        }
    }

    /// One of each kind but the Patient, with ids `{kind}-{name}`.
    pub fn everything(&self, name: &str) -> Vec<Value> {
        let id = |kind: &str| format!("{kind}-{name}");
        vec![
            self.allergy(&id("allergy"), "Eggs"),
            self.condition(&id("condition"), "Asthma"),
            self.vital(&id("vital"), "2024-01-02", "70"),
            self.lab(&id("lab"), "2024-01-01", "2345-7"),
            self.report(&id("report"), &[&id("lab")]),
            self.medication(&id("medication"), "Salbutamol"),
            self.immunization(&id("immunization"), "2023-10-01"),
        ]
    }

    /// The source that is the authority for a resource.
    pub fn source_of(resource: &Value) -> &'static str {
        let category = &resource["category"][0]["coding"][0]["code"];
        match resource["resourceType"].as_str().unwrap_or_default() {
            "Patient" => "registration",
            "Appointment" | "Schedule" | "Slot" => "scheduling",
            "DiagnosticReport" if category == "RAD" => "radiology",
            "ImagingStudy" => "radiology",
            "DiagnosticReport" | "Specimen" => "laboratory",
            "Observation" if category == "laboratory" => "laboratory",
            "MedicationRequest" | "MedicationDispense" | "Medication" => "medication",
            "Practitioner" | "PractitionerRole" | "Organization" | "Location" => {
                "provider-directory"
            }
            "Coverage" | "ExplanationOfBenefit" | "Statement" => "claims",
            "Immunization" => "immunizations",
            "DocumentReference" | "Binary" => "documents",
            "Communication" => "communication",
            _ => "patient-chart",
        }
    }
}
