//! Parts that many resources have.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::Rng as _;

use super::Maker;
use super::json::Json;
use crate::splice::RELEASE_SYSTEM;

pub(super) const LOINC: &str = "http://loinc.org";
pub(super) const SNOMED: &str = "http://snomed.info/sct";
pub(super) const ICD_10: &str = "http://hl7.org/fhir/sid/icd-10";
pub(super) const UCUM: &str = "http://unitsofmeasure.org";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";

/// The day on which the records end: fixed, so that a seed gives the same
/// bytes whenever it is used.
pub(super) const LAST_DAY: Date = jiff::civil::date(2026, 6, 1);

/// A sensitive label, or none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    None,
    /// Restricted (v3-Confidentiality `R`).
    Restricted,
    /// HIV (v3-ActCode `HIV`).
    Hiv,
    /// Psychiatry (v3-ActCode `PSY`).
    Psychiatry,
    /// Substance use (v3-ActCode `ETH`).
    SubstanceUse,
}

impl Label {
    fn coding(self) -> Option<Json> {
        let (system, code) = match self {
            Self::None => return None,
            Self::Restricted => ("v3-Confidentiality", "R"),
            Self::Hiv => ("v3-ActCode", "HIV"),
            Self::Psychiatry => ("v3-ActCode", "PSY"),
            Self::SubstanceUse => ("v3-ActCode", "ETH"),
        };
        Some(Json::object([
            ("system", terminology(system)),
            ("code", code.into()),
        ]))
    }
}

/// The URL of an HL7 code system.
pub(super) fn terminology(name: &str) -> Json {
    Json::text(format!("{TERMINOLOGY}/{name}"))
}

/// `meta` with a version, release marks and a label.
pub(super) fn meta(last_updated: &str, marks: &[&str], label: Label) -> Json {
    let mark =
        |code: &&str| Json::object([("system", RELEASE_SYSTEM.into()), ("code", (*code).into())]);
    let tags = (!marks.is_empty()).then(|| Json::list(marks.iter().map(mark)));
    Json::object([
        ("versionId", "1".into()),
        ("lastUpdated", last_updated.into()),
    ])
    .with_some(
        "security",
        label.coding().map(|coding| Json::list([coding])),
    )
    .with_some("tag", tags)
}

/// A `CodeableConcept` with one coding.
pub(super) fn concept(system: impl Into<Json>, code: &str, display: &str) -> Json {
    let coding = Json::object([
        ("system", system.into()),
        ("code", code.into()),
        ("display", display.into()),
    ]);
    Json::object([("coding", Json::list([coding])), ("text", display.into())])
}

/// A `CodeableConcept` of an HL7 code system, without displays.
pub(super) fn status(system: &str, code: &str) -> Json {
    let coding = Json::object([("system", terminology(system)), ("code", code.into())]);
    Json::object([("coding", Json::list([coding]))])
}

/// A Quantity in UCUM; the value's digits stay as they are.
pub(super) fn quantity(value: &str, unit: &str) -> Json {
    Json::object([
        ("value", Json::raw(value)),
        ("unit", unit.into()),
        ("system", UCUM.into()),
        ("code", unit.into()),
    ])
}

/// Hundredths as a decimal with `digits` behind the point: (150, 2) is `1.50`.
pub(super) fn decimal(hundredths: u32, digits: usize) -> String {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match digits {
        0 => whole.to_string(),
        1 => format!("{whole}.{}", part / 10),
        _ => format!("{whole}.{part:02}"),
    }
}

impl Maker<'_> {
    pub(super) fn id(&mut self, prefix: &str) -> Json {
        Json::Text(self.ids.next(prefix, self.random))
    }

    /// The reference to the person whose record this is.
    pub(super) fn patient(&self) -> Json {
        reference("Patient", &self.patient_id)
    }

    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        self.random.random_range(low..=high)
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.random_range(0..of.len())]
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.between(1, 100) <= percent
    }

    /// A day of the ten years before the records end.
    pub(super) fn day(&mut self) -> Date {
        let back = i64::from(self.between(1, 3650));
        LAST_DAY
            .checked_sub(back.days())
            .expect("ten years back is within the calendar")
    }

    /// A time of that day, as an instant.
    pub(super) fn instant(&mut self, day: Date) -> String {
        let (hour, minute) = (self.between(7, 18), self.between(0, 59));
        format!("{day}T{hour:02}:{minute:02}:00+00:00")
    }

    /// A day as a full date, or now and then only its month or year.
    pub(super) fn maybe_partial(&mut self, day: Date) -> String {
        match self.between(1, 10) {
            1 => format!("{:04}", day.year()),
            2 => format!("{:04}-{:02}", day.year(), day.month()),
            _ => day.to_string(),
        }
    }
}

/// A relative literal Reference (FHIR R4 2.3.0.1).
pub(super) fn reference(resource_type: &str, id: &str) -> Json {
    Json::object([("reference", Json::text(format!("{resource_type}/{id}")))])
}
