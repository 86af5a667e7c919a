//! The record that callers ask about.

use portal_tests::{Fixture, TestPortal};
use serde_json::json;

/// The types that the record holds one of, under the address of its kind.
const OTHERS: [(&str, &str); 23] = [
    ("ImagingStudy", "rad.imaging"),
    ("MedicationDispense", "med.dispense"),
    ("Appointment", "sch.appointment"),
    ("Coverage", "clm.coverage"),
    ("ExplanationOfBenefit", "clm.benefit"),
    ("Communication", "com.message"),
    ("DocumentReference", "doc.document"),
    ("Encounter", "cht.encounter"),
    ("Procedure", "cht.procedure"),
    ("CarePlan", "cht.plan"),
    ("CareTeam", "cht.team"),
    ("Goal", "cht.goal"),
    ("ServiceRequest", "cht.order"),
    ("Specimen", "lab.specimen"),
    ("Device", "cht.device"),
    ("QuestionnaireResponse", "cht.answers"),
    ("Provenance", "cht.provenance"),
    ("Binary", "doc.content"),
    ("Medication", "med.kind"),
    ("Practitioner", "dir.practitioner"),
    ("PractitionerRole", "dir.role"),
    ("Organization", "dir.organization"),
    ("Location", "dir.location"),
];

/// The addresses of a record that holds one of each kind, and two problems and two immunizations,
/// of which one is sensitive.
pub(super) fn addresses(patient: &str) -> Vec<String> {
    let named = OTHERS.map(|(_, kind)| kind);
    let kinds = [
        "cht.allergy",
        "cht.condition",
        "cht.secret",
        "cht.vital",
        "lab.lab",
        "lab.report",
        "med.medication",
        "imm.immunization",
        "imm.restricted",
        "rad.radreport",
        "clm.statement",
    ];
    let records = kinds
        .iter()
        .chain(&named)
        .map(|kind| format!("{kind}-{patient}"));
    records.chain([patient.to_owned()]).collect()
}

/// Stores that record, its Patient apart.
pub(super) fn record(portal: &TestPortal, tenant: &str, patient: &str) {
    let of = Fixture::of(patient);
    let id = |kind: &str| format!("{kind}-{patient}");
    let mut secret = of.condition(&id("secret"), "Depression");
    secret["code"]["coding"] =
        json!([{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1"}]);
    let mut restricted = of.immunization(&id("restricted"), "2023-11-01");
    restricted["meta"] = json!({"security": [{
        "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R",
    }]});
    for resource in [
        of.allergy(&id("allergy"), "Eggs"),
        of.condition(&id("condition"), "Asthma"),
        of.vital(&id("vital"), "2024-01-02", "70"),
        of.lab(&id("lab"), "2024-01-01", "2345-7"),
        of.report(&id("report"), &[&id("lab")]),
        of.medication(&id("medication"), "Salbutamol"),
        of.immunization(&id("immunization"), "2023-10-01"),
        secret,
        restricted,
        of.radiology_report(&id("radreport")),
        of.statement(&id("statement"), "120.50"),
    ] {
        portal.put(tenant, &resource);
    }
    for (kind, address) in OTHERS {
        let name = address.split_once('.').map_or(address, |(_, name)| name);
        let mut resource = of.record(kind, &id(name));
        if kind == "DocumentReference" {
            let url = json!(format!("Binary/{}", id("content")));
            resource["content"][0]["attachment"]["url"] = url;
        }
        if kind == "MedicationDispense" {
            let members = resource.as_object_mut().expect("an object");
            members.remove("medicationCodeableConcept");
            let reference = json!({"reference": format!("Medication/{}", id("kind"))});
            members.insert("medicationReference".into(), reference);
        }
        portal.put(tenant, &resource);
    }
}
