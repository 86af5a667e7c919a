//! People of the benchmark and what the sources hold of them. All of it is
//! invented, and the same for everybody but for ids.

use serde_json::{Value, json};

/// The tenant of everybody here.
pub(crate) const TENANT: &str = "bench";

const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const UPDATED: &str = "2025-11-02T08:15:30.125+04:30";

/// The sources that a summary is made of, with the search that each of its
/// parts asks for: source, path and query but for the patient.
pub(crate) const SUMMARY_CALLS: [(&str, &str); 6] = [
    ("registration", "Patient?_id="),
    ("patient-chart", "Condition?patient="),
    ("patient-chart", "AllergyIntolerance?patient="),
    ("patient-chart", "Observation?patient="),
    ("medication", "MedicationRequest?patient="),
    ("immunizations", "Immunization?patient="),
];

/// What each complete summary holds.
pub(crate) const SUMMARY_TYPES: [&str; 6] = [
    "Patient",
    "Condition",
    "AllergyIntolerance",
    "Observation",
    "MedicationRequest",
    "Immunization",
];

/// `sub` of the patient's tokens.
pub(crate) fn subject(patient: &str) -> String {
    format!("subject-{patient}")
}

/// Claims of a first-party login with a second factor.
pub(crate) fn claims(patient: &str, audiences: &[&str]) -> Value {
    let own = Some(patient).filter(|patient| *patient != AGENT);
    json!({
        "sub": subject(patient), "tid": TENANT, "patient": own, "aud": audiences,
        "azp": "portal-web", "acr": "2", "amr": ["pwd", "otp"],
        "scope": "openid profile patient/*.read",
    })
}

/// Import line of the tenant.
pub(crate) fn tenant_line(region: &str) -> Value {
    json!({ "tenant": {
        "id": TENANT, "name": "Benchmark", "region": region, "timeZone": "Asia/Kabul",
        "locale": "en", "calendar": "gregory", "currency": "AFN",
    } })
}

/// Import line of a patient's own, active account.
pub(crate) fn account_line(patient: &str, issuer: &str) -> Value {
    json!({ "account": {
        "tenantId": TENANT, "patientId": patient, "kind": "patient", "issuer": issuer,
        "subject": subject(patient), "status": "active",
    } })
}

/// Who acts for patients, and has no record.
pub(crate) const AGENT: &str = "agent";

/// Import line of the account of who acts for others.
pub(crate) fn agent_line(issuer: &str) -> Value {
    json!({ "account": {
        "tenantId": TENANT, "kind": "caregiver", "issuer": issuer, "subject": subject(AGENT),
        "status": "active",
    } })
}

/// Import line of a delegation of everything to the agent.
pub(crate) fn delegation_line(patient: &str, issuer: &str) -> Value {
    json!({ "delegation": {
        "tenantId": TENANT, "grantorPatientId": patient,
        "proxyAccount": { "issuer": issuer, "subject": subject(AGENT) },
        "relationshipType": "spouse", "scope": ["summary", "immunizations"], "sensitive": [],
        "validFrom": "2020-01-01",
    } })
}

/// The patient, at registration.
pub(crate) fn person(patient: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": patient, "meta": meta(),
        "identifier": [{ "system": "urn:example:mrn", "value": format!("MRN-{patient}") }],
        "name": [{ "use": "official", "family": "Example", "given": ["Mina"] }],
        "gender": "female", "birthDate": "1984-07-19",
    })
}

/// One immunization of about 1.15 KB.
pub(crate) fn immunization(patient: &str, number: usize) -> Value {
    let note = "Given in the left upper arm after the history was taken and the consent form was \
                read and signed; watched for a quarter of an hour, no reaction, card updated. ";
    json!({
        "resourceType": "Immunization", "id": format!("imm-{patient}-{number}"), "meta": meta(),
        "status": "completed",
        "vaccineCode": {
            "coding": [
                { "system": "http://hl7.org/fhir/sid/cvx", "code": "140", "display": "Influenza, seasonal, injectable, preservative free" },
                { "system": SNOMED, "code": "1181000221105", "display": "Influenza virus antigen only vaccine product" }
            ],
            "text": "Seasonal influenza vaccine",
        },
        "patient": reference(patient),
        "occurrenceDateTime": format!("20{:02}-{:02}-14T09:30:00+04:30", 5 + number / 12, 1 + number % 12),
        "primarySource": true, "lotNumber": format!("LOT-{number:05}"), "expirationDate": "2030-01-31",
        "site": concept("http://terminology.hl7.org/CodeSystem/v3-ActSite", "LA", "Left upper arm"),
        "doseQuantity": { "value": 0.5, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL" },
        "note": [{ "text": note }],
    })
}

/// What patient-chart and medication hold: source and resource.
pub(crate) fn chart(patient: &str) -> [(&'static str, Value); 4] {
    [
        ("patient-chart", condition(patient)),
        ("patient-chart", allergy(patient)),
        ("patient-chart", heart_rate(patient)),
        ("medication", medication(patient)),
    ]
}

fn condition(patient: &str) -> Value {
    json!({
        "resourceType": "Condition", "id": format!("con-{patient}"), "meta": meta(),
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active", "Active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", "Confirmed"),
        "category": [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item", "Problem List Item")],
        "code": concept(SNOMED, "38341003", "Hypertensive disorder"),
        "subject": reference(patient), "onsetDateTime": "2019-03", "recordedDate": "2019-03-04",
    })
}

/// A vital sign, one of many, on a day of its own.
pub(crate) fn vital_sign(patient: &str, number: usize) -> Value {
    let mut sign = heart_rate(patient);
    sign["id"] = json!(format!("obs-{patient}-{number}"));
    let (year, month, day) = (2000 + number / 336, 1 + number / 28 % 12, 1 + number % 28);
    sign["effectiveDateTime"] = json!(format!("{year}-{month:02}-{day:02}T08:00:00Z"));
    sign
}

/// A problem with a text.
pub(crate) fn problem(patient: &str, number: usize, text: &str) -> Value {
    let mut problem = condition(patient);
    problem["id"] = json!(format!("con-{patient}-{number}"));
    problem["note"] = json!([{ "text": text }]);
    problem
}

fn allergy(patient: &str) -> Value {
    json!({
        "resourceType": "AllergyIntolerance", "id": format!("alg-{patient}"), "meta": meta(),
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", "Active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "confirmed", "Confirmed"),
        "category": ["medication"], "criticality": "high",
        "code": concept(SNOMED, "91936005", "Allergy to penicillin"),
        "patient": reference(patient), "recordedDate": "2021-06-30",
    })
}

fn heart_rate(patient: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": format!("obs-{patient}"), "meta": meta(), "status": "final",
        "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs", "Vital Signs")],
        "code": concept(LOINC, "8867-4", "Heart rate"),
        "subject": reference(patient), "effectiveDateTime": UPDATED, "issued": UPDATED,
        "valueQuantity": { "value": 72, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min" },
    })
}

fn medication(patient: &str) -> Value {
    json!({
        "resourceType": "MedicationRequest", "id": format!("med-{patient}"), "meta": meta(),
        "status": "active", "intent": "order",
        "medicationCodeableConcept": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "860975", "Metformin hydrochloride 500 MG"),
        "subject": reference(patient), "authoredOn": "2025-09-18",
        "dosageInstruction": [{ "text": "One tablet twice a day with meals" }],
    })
}

fn meta() -> Value {
    json!({ "versionId": "3", "lastUpdated": UPDATED })
}

fn reference(patient: &str) -> Value {
    json!({ "reference": format!("Patient/{patient}") })
}

fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code, "display": display }], "text": display })
}
