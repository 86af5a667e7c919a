//! Prescriptions and immunizations.

use super::Maker;
use super::json::Json;
use super::resource::{Label, concept, meta, status};

const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const CVX: &str = "http://hl7.org/fhir/sid/cvx";

const DRUGS: [(&str, &str); 5] = [
    ("860975", "Metformin 500 MG Oral Tablet"),
    ("314076", "Lisinopril 10 MG Oral Tablet"),
    ("308182", "Amoxicillin 250 MG Oral Capsule"),
    ("312940", "Sertraline 50 MG Oral Tablet"),
    ("745679", "Albuterol 0.09 MG Inhaler"),
];

const VACCINES: [(&str, &str); 4] = [
    ("140", "Influenza, seasonal, injectable, preservative free"),
    ("113", "Td (adult) preservative free"),
    ("08", "Hepatitis B, adolescent or pediatric"),
    ("03", "Measles, mumps and rubella"),
];

pub(super) fn medication(maker: &mut Maker<'_>, resources: &mut Vec<Json>) {
    let first = maker.between(0, 4) as usize;
    let statuses = ["active", "on-hold", "stopped", "draft", "active"];
    for (offset, status) in statuses.into_iter().enumerate() {
        let drug = DRUGS[(first + offset) % DRUGS.len()];
        resources.push(request(maker, drug, status, offset == 0));
    }
    for vaccine in VACCINES {
        for _ in 0..maker.between(1, 2) {
            resources.push(immunization(maker, vaccine));
        }
    }
}

/// A prescription; the drug is a contained Medication when asked.
fn request(
    maker: &mut Maker<'_>,
    (code, display): (&str, &str),
    request_status: &str,
    is_contained: bool,
) -> Json {
    let day = maker.day();
    let authored = maker.maybe_partial(day);
    let updated = maker.instant(day);
    let id = maker.id("med");
    let drug = concept(RXNORM, code, display);
    let contained = is_contained.then(|| {
        let medication =
            Json::object([("resourceType", "Medication".into()), ("id", "drug".into())]);
        Json::list([medication.with("code", drug.clone())])
    });
    let request = Json::object([
        ("resourceType", "MedicationRequest".into()),
        ("id", id),
        ("meta", meta(&updated, &[], Label::None)),
    ])
    .with_some("contained", contained)
    .with("status", request_status.into())
    .with("intent", "order".into());
    let request = if is_contained {
        request.with(
            "medicationReference",
            Json::object([("reference", "#drug".into())]),
        )
    } else {
        request.with("medicationCodeableConcept", drug)
    };
    request
        .with("subject", maker.patient())
        .with("authoredOn", authored.into())
        .with(
            "requester",
            Json::object([("display", "Dr. Example".into())]),
        )
        .with("dosageInstruction", Json::list([dosage()]))
}

fn dosage() -> Json {
    let dose = Json::object([("value", Json::raw("0.50")), ("unit", "tablet".into())]);
    Json::object([
        ("text", "Half a tablet twice a day".into()),
        (
            "doseAndRate",
            Json::list([Json::object([("doseQuantity", dose)])]),
        ),
    ])
}

fn immunization(maker: &mut Maker<'_>, (code, display): (&str, &str)) -> Json {
    let day = maker.day();
    let given = maker.maybe_partial(day);
    let updated = maker.instant(day);
    let is_done = maker.chance(85);
    let reason = (!is_done).then(|| status("v3-ActReason", "PATOBJ"));
    Json::object([
        ("resourceType", "Immunization".into()),
        ("id", maker.id("imm")),
        ("meta", meta(&updated, &[], Label::None)),
        (
            "status",
            if is_done { "completed" } else { "not-done" }.into(),
        ),
    ])
    .with_some("statusReason", reason)
    .with("vaccineCode", concept(CVX, code, display))
    .with("patient", maker.patient())
    .with("occurrenceDateTime", given.into())
    .with("primarySource", Json::raw("true"))
}
