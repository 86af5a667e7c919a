//! Laboratory results, as a laboratory has them: released or not, critical or
//! not, right or corrected.

use jiff::civil::Date;

use super::Maker;
use super::json::Json;
use super::resource::{
    LOINC, Label, concept, decimal, meta, quantity, reference, status, terminology,
};

/// What is measured: values and limits in hundredths of the unit.
#[derive(Clone, Copy)]
struct Analyte {
    code: &'static str,
    display: &'static str,
    unit: &'static str,
    low: u32,
    high: u32,
    digits: usize,
}

const fn analyte(
    code: &'static str,
    display: &'static str,
    unit: &'static str,
    (low, high): (u32, u32),
    digits: usize,
) -> Analyte {
    Analyte {
        code,
        display,
        unit,
        low,
        high,
        digits,
    }
}

const BLOOD_COUNT: [Analyte; 4] = [
    analyte(
        "718-7",
        "Hemoglobin [Mass/volume] in Blood",
        "g/dL",
        (1200, 1600),
        1,
    ),
    analyte(
        "6690-2",
        "Leukocytes [#/volume] in Blood",
        "10*3/uL",
        (400, 1100),
        1,
    ),
    analyte(
        "777-3",
        "Platelets [#/volume] in Blood",
        "10*3/uL",
        (15_000, 40_000),
        0,
    ),
    analyte(
        "704-7",
        "Basophils [#/volume] in Blood",
        "10*3/uL",
        (0, 20),
        2,
    ),
];
const LIPIDS: [Analyte; 4] = [
    analyte(
        "2093-3",
        "Cholesterol [Mass/volume] in Serum",
        "mg/dL",
        (10_000, 20_000),
        0,
    ),
    analyte(
        "2085-9",
        "HDL Cholesterol [Mass/volume] in Serum",
        "mg/dL",
        (4000, 6000),
        0,
    ),
    analyte(
        "2089-1",
        "LDL Cholesterol [Mass/volume] in Serum",
        "mg/dL",
        (5000, 13_000),
        0,
    ),
    analyte(
        "2571-8",
        "Triglyceride [Mass/volume] in Serum",
        "mg/dL",
        (5000, 15_000),
        0,
    ),
];
const METABOLIC: [Analyte; 4] = [
    analyte(
        "2345-7",
        "Glucose [Mass/volume] in Serum",
        "mg/dL",
        (7000, 9900),
        0,
    ),
    analyte(
        "2160-0",
        "Creatinine [Mass/volume] in Serum",
        "mg/dL",
        (60, 130),
        2,
    ),
    analyte(
        "2823-3",
        "Potassium [Moles/volume] in Serum",
        "mmol/L",
        (350, 510),
        1,
    ),
    analyte(
        "2951-2",
        "Sodium [Moles/volume] in Serum",
        "mmol/L",
        (13_500, 14_500),
        0,
    ),
];
const THYROID: [Analyte; 2] = [
    analyte(
        "11580-8",
        "Thyrotropin [Units/volume] in Serum",
        "m[IU]/L",
        (40, 400),
        2,
    ),
    analyte(
        "3024-7",
        "Thyroxine (T4) free [Mass/volume] in Serum",
        "ng/dL",
        (80, 180),
        2,
    ),
];

/// Code, name and analytes of what is ordered together.
const PANELS: [(&str, &str, &[Analyte]); 4] = [
    ("11580-8", "Thyroid panel", &THYROID),
    (
        "58410-2",
        "CBC panel - Blood by Automated count",
        &BLOOD_COUNT,
    ),
    ("57698-3", "Lipid panel with direct LDL - Serum", &LIPIDS),
    ("51990-0", "Basic metabolic panel - Blood", &METABOLIC),
];

const STATUSES: [&str; 6] = [
    "final",
    "amended",
    "corrected",
    "preliminary",
    "cancelled",
    "entered-in-error",
];
const MARKS: [&[&str]; 5] = [
    &["released"],
    &[],
    &["critical"],
    &["critical", "released"],
    &["critical", "critical-acknowledged", "released"],
];
const FLAGS: [&str; 3] = ["N", "HH", "LL"];
const LABELS: [Label; 3] = [Label::None, Label::Restricted, Label::Hiv];

/// How far a result has come, and how it is flagged.
#[derive(Clone, Copy)]
struct State {
    status: &'static str,
    marks: &'static [&'static str],
    flag: &'static str,
    label: Label,
}

const RELEASED: State = State {
    status: "final",
    marks: MARKS[0],
    flag: "N",
    label: Label::None,
};

impl State {
    /// One of all combinations; they repeat after 270.
    fn nth(index: usize) -> Self {
        let (index, status) = (index / STATUSES.len(), STATUSES[index % STATUSES.len()]);
        let (index, marks) = (index / MARKS.len(), MARKS[index % MARKS.len()]);
        let (index, flag) = (index / FLAGS.len(), FLAGS[index % FLAGS.len()]);
        Self {
            status,
            marks,
            flag,
            label: LABELS[index % LABELS.len()],
        }
    }
}

/// Every panel once or twice; the first is released whole and holds `1.50`,
/// the others hold a result in any state now and then.
pub(super) fn panels(maker: &mut Maker<'_>, resources: &mut Vec<Json>) {
    for (index, panel) in PANELS.into_iter().enumerate() {
        for _ in 0..maker.between(1, 2) {
            report(maker, panel, index > 0, resources);
        }
    }
}

fn report(
    maker: &mut Maker<'_>,
    (code, display, analytes): (&str, &str, &[Analyte]),
    is_mixed: bool,
    resources: &mut Vec<Json>,
) {
    let day = maker.day();
    let whole = if is_mixed && maker.chance(15) {
        any_state(maker)
    } else {
        RELEASED
    };
    let mut results = Vec::new();
    for (index, analyte) in analytes.iter().enumerate() {
        let state = if is_mixed && maker.chance(15) {
            any_state(maker)
        } else {
            whole
        };
        // The first value of the first panel is 1.50, the last of the second 0.10.
        let value = match (is_mixed, index, analyte.code) {
            (false, 0, _) => 150,
            (_, _, "704-7") => 10,
            _ => value(maker, *analyte, state.flag),
        };
        let id = maker.ids.next("obs", maker.random);
        results.push(reference("Observation", &id));
        resources.push(result(maker, *analyte, id, day, value, state));
    }
    let issued = maker.instant(day);
    resources.push(Json::object([
        ("resourceType", "DiagnosticReport".into()),
        ("id", maker.id("rep")),
        ("meta", meta(&issued, whole.marks, whole.label)),
        ("status", whole.status.into()),
        (
            "category",
            Json::list([concept(terminology("v2-0074"), "LAB", "Laboratory")]),
        ),
        ("code", concept(LOINC, code, display)),
        ("subject", maker.patient()),
        ("effectiveDateTime", day.to_string().into()),
        ("issued", issued.into()),
        ("result", Json::List(results)),
        ("conclusion", "See the single results.".into()),
    ]));
}

fn any_state(maker: &mut Maker<'_>) -> State {
    State::nth(maker.between(0, 269) as usize)
}

/// As many single results as asked, which take turns through all states.
pub(super) fn every_combination(maker: &mut Maker<'_>, count: usize, resources: &mut Vec<Json>) {
    for index in 0..count {
        let state = State::nth(index);
        let (_, _, analytes) = maker.pick(&PANELS);
        let analyte = maker.pick(analytes);
        let value = value(maker, analyte, state.flag);
        let day = maker.day();
        let id = maker.ids.next("obs", maker.random);
        resources.push(result(maker, analyte, id, day, value, state));
    }
}

/// A value that fits the flag.
fn value(maker: &mut Maker<'_>, analyte: Analyte, flag: &str) -> u32 {
    match flag {
        "HH" => analyte.high * 2,
        "LL" => analyte.low / 2,
        _ => maker.between(analyte.low, analyte.high),
    }
}

fn result(
    maker: &mut Maker<'_>,
    analyte: Analyte,
    id: String,
    day: Date,
    value: u32,
    state: State,
) -> Json {
    let issued = maker.instant(day);
    let effective = maker.maybe_partial(day);
    let category = concept(
        terminology("observation-category"),
        "laboratory",
        "Laboratory",
    );
    let is_measured = state.status != "cancelled";
    let absent = (!is_measured).then(|| status("data-absent-reason", "not-performed"));
    let flag = status("v3-ObservationInterpretation", state.flag);
    let number = |hundredths| quantity(&decimal(hundredths, analyte.digits), analyte.unit);
    let range = Json::object([("low", number(analyte.low)), ("high", number(analyte.high))]);
    Json::object([
        ("resourceType", "Observation".into()),
        ("id", id.into()),
        ("meta", meta(&issued, state.marks, state.label)),
        ("status", state.status.into()),
        ("category", Json::list([category])),
        ("code", concept(LOINC, analyte.code, analyte.display)),
        ("subject", maker.patient()),
        ("effectiveDateTime", effective.into()),
        ("issued", issued.into()),
        (
            "performer",
            Json::list([Json::object([("display", "Example Laboratory".into())])]),
        ),
    ])
    .with_some("valueQuantity", is_measured.then(|| number(value)))
    .with_some("dataAbsentReason", absent)
    .with_some("interpretation", is_measured.then(|| Json::list([flag])))
    .with("referenceRange", Json::list([range]))
}
