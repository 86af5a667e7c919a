//! What somebody may want to keep to themselves: by a label, by the code
//! alone, or by both.

use super::Maker;
use super::chart::{Problem, condition};
use super::json::Json;
use super::resource::{ICD_10, LOINC, Label, SNOMED, concept, meta, terminology};

/// The first two show by nothing but their code what they are.
const PROBLEMS: [Problem; 6] = [
    (ICD_10, "F32.1", "Moderate depressive episode", Label::None),
    (SNOMED, "35489007", "Depressive disorder", Label::None),
    (SNOMED, "35489007", "Depressive disorder", Label::Psychiatry),
    (
        SNOMED,
        "86406008",
        "Human immunodeficiency virus infection",
        Label::Hiv,
    ),
    (SNOMED, "7200002", "Alcoholism", Label::SubstanceUse),
    (SNOMED, "84757009", "Epilepsy", Label::Restricted),
];

/// Code and display in LOINC, and the label.
const RESULTS: [(&str, &str, Label); 3] = [
    ("7918-6", "HIV 1+2 Ab [Presence] in Serum", Label::Hiv),
    ("7918-6", "HIV 1+2 Ab [Presence] in Serum", Label::None),
    (
        "5643-2",
        "Ethanol [Mass/volume] in Serum or Plasma",
        Label::SubstanceUse,
    ),
];

pub(super) fn sensitive(maker: &mut Maker<'_>, encounter: &str, resources: &mut Vec<Json>) {
    for problem in PROBLEMS {
        resources.push(condition(maker, problem, "active", "confirmed", encounter));
    }
    for test in RESULTS {
        resources.push(result(maker, test));
    }
}

/// A released result in words.
fn result(maker: &mut Maker<'_>, (code, display, label): (&str, &str, Label)) -> Json {
    let day = maker.day();
    let issued = maker.instant(day);
    let category = concept(
        terminology("observation-category"),
        "laboratory",
        "Laboratory",
    );
    Json::object([
        ("resourceType", "Observation".into()),
        ("id", maker.id("obs")),
        ("meta", meta(&issued, &["released"], label)),
        ("status", "final".into()),
        ("category", Json::list([category])),
        ("code", concept(LOINC, code, display)),
        ("subject", maker.patient()),
        ("effectiveDateTime", day.to_string().into()),
        ("issued", issued.into()),
        (
            "valueCodeableConcept",
            concept(SNOMED, "260385009", "Negative"),
        ),
    ])
}
