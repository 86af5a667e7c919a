//! What patient-chart holds: an encounter, problems, allergies, vital signs.

use jiff::civil::Date;

use super::Maker;
use super::json::Json;
use super::resource::{
    LOINC, Label, SNOMED, concept, decimal, meta, quantity, status, terminology,
};

/// System, code, display, and the label that such a problem carries.
pub(super) type Problem = (&'static str, &'static str, &'static str, Label);

/// Code and display in SNOMED CT, and the label.
const PROBLEMS: [(&str, &str, Label); 7] = [
    ("38341003", "Hypertensive disorder", Label::None),
    ("44054006", "Type 2 diabetes mellitus", Label::None),
    ("195967001", "Asthma", Label::None),
    ("35489007", "Depressive disorder", Label::Psychiatry),
    (
        "86406008",
        "Human immunodeficiency virus infection",
        Label::Hiv,
    ),
    ("444814009", "Viral sinusitis", Label::None),
    ("271737000", "Anaemia", Label::Restricted),
];

const ALLERGENS: [(&str, &str, &str); 5] = [
    ("91936005", "Allergy to penicillin", "medication"),
    ("91935009", "Allergy to peanut", "food"),
    ("232347008", "Allergy to animal dander", "environment"),
    ("418689008", "Allergy to grass pollen", "environment"),
    ("300913006", "Allergy to shellfish", "food"),
];

/// Adds the chart, and gives the id of its encounter.
pub(super) fn chart(maker: &mut Maker<'_>, resources: &mut Vec<Json>) -> String {
    let encounter = maker.ids.next("enc", maker.random);
    resources.push(visit(maker, &encounter));
    let first = maker.between(0, 6) as usize;
    // The third problem was entered in error, for everybody.
    let states = [
        ("active", "confirmed"),
        ("resolved", "confirmed"),
        ("active", "entered-in-error"),
    ];
    for (offset, (clinical, verification)) in states.into_iter().enumerate() {
        let (code, display, label) = PROBLEMS[(first + offset) % PROBLEMS.len()];
        resources.push(condition(
            maker,
            (SNOMED, code, display, label),
            clinical,
            verification,
            &encounter,
        ));
    }
    let allergies = maker.between(0, 4) as usize;
    for allergen in ALLERGENS.iter().take(allergies) {
        resources.push(allergy(maker, *allergen));
    }
    for _ in 0..maker.between(4, 8) {
        vital_signs(maker, resources);
    }
    encounter
}

fn visit(maker: &mut Maker<'_>, id: &str) -> Json {
    let day = maker.day();
    let start = maker.instant(day);
    Json::object([
        ("resourceType", "Encounter".into()),
        ("id", id.into()),
        ("meta", meta(&start, &[], Label::None)),
        ("status", "finished".into()),
        (
            "class",
            Json::object([
                ("system", terminology("v3-ActCode")),
                ("code", "AMB".into()),
            ]),
        ),
        ("subject", maker.patient()),
        ("period", Json::object([("start", start.into())])),
    ])
}

pub(super) fn condition(
    maker: &mut Maker<'_>,
    (system, code, display, label): Problem,
    clinical: &str,
    verification: &str,
    encounter: &str,
) -> Json {
    let day = maker.day();
    let onset = maker.maybe_partial(day);
    let recorded = maker.instant(day);
    // A condition that was entered in error has no clinical status (FHIR R4
    // 9.2.3, con-5).
    let clinical =
        (verification != "entered-in-error").then(|| status("condition-clinical", clinical));
    Json::object([
        ("resourceType", "Condition".into()),
        ("id", maker.id("cond")),
        ("meta", meta(&recorded, &[], label)),
    ])
    .with_some("clinicalStatus", clinical)
    .with(
        "verificationStatus",
        status("condition-ver-status", verification),
    )
    .with(
        "category",
        Json::list([status("condition-category", "problem-list-item")]),
    )
    .with("code", concept(system, code, display))
    .with("subject", maker.patient())
    .with(
        "encounter",
        super::resource::reference("Encounter", encounter),
    )
    .with("onsetDateTime", onset.into())
    .with("recordedDate", recorded.into())
}

fn allergy(maker: &mut Maker<'_>, (code, display, category): (&str, &str, &str)) -> Json {
    let day = maker.day();
    let recorded = maker.instant(day);
    let clinical = if maker.chance(80) {
        "active"
    } else {
        "resolved"
    };
    let criticality = maker.pick(&["low", "high", "unable-to-assess"]);
    Json::object([
        ("resourceType", "AllergyIntolerance".into()),
        ("id", maker.id("alg")),
        ("meta", meta(&recorded, &[], Label::None)),
        (
            "clinicalStatus",
            status("allergyintolerance-clinical", clinical),
        ),
        (
            "verificationStatus",
            status("allergyintolerance-verification", "confirmed"),
        ),
        ("type", "allergy".into()),
        ("category", Json::list([category.into()])),
        ("criticality", criticality.into()),
        ("code", concept(SNOMED, code, display)),
        ("patient", maker.patient()),
        ("recordedDate", recorded.into()),
    ])
}

/// Blood pressure, heart rate, weight and height of one visit.
fn vital_signs(maker: &mut Maker<'_>, resources: &mut Vec<Json>) {
    let day = maker.day();
    let pressure = vital_sign(maker, day, "85354-9", "Blood pressure panel");
    let (systolic, diastolic) = (maker.between(95, 165), maker.between(55, 100));
    resources.push(pressure.with(
        "component",
        Json::list([
            component("8480-6", "Systolic blood pressure", systolic),
            component("8462-4", "Diastolic blood pressure", diastolic),
        ]),
    ));
    let rate = decimal(maker.between(50, 110) * 100, 0);
    let weight = decimal(maker.between(150, 1100) * 10, 2);
    let height = decimal(maker.between(1000, 1950) * 10, 1);
    for (code, display, value, unit) in [
        ("8867-4", "Heart rate", rate, "/min"),
        ("29463-7", "Body weight", weight, "kg"),
        ("8302-2", "Body height", height, "cm"),
    ] {
        let observation = vital_sign(maker, day, code, display);
        resources.push(observation.with("valueQuantity", quantity(&value, unit)));
    }
}

fn vital_sign(maker: &mut Maker<'_>, day: Date, code: &str, display: &str) -> Json {
    let issued = maker.instant(day);
    let effective = maker.maybe_partial(day);
    let category = concept(
        terminology("observation-category"),
        "vital-signs",
        "Vital Signs",
    );
    Json::object([
        ("resourceType", "Observation".into()),
        ("id", maker.id("obs")),
        ("meta", meta(&issued, &[], Label::None)),
        ("status", "final".into()),
        ("category", Json::list([category])),
        ("code", concept(LOINC, code, display)),
        ("subject", maker.patient()),
        ("effectiveDateTime", effective.into()),
        ("issued", issued.into()),
    ])
}

fn component(code: &str, display: &str, value: u32) -> Json {
    Json::object([
        ("code", concept(LOINC, code, display)),
        ("valueQuantity", quantity(&value.to_string(), "mm[Hg]")),
    ])
}
