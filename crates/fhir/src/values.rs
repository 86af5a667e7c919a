//! Values of results for views: read from the bytes, decimals exactly as they were sent.

use crate::bundle::Limits;
use crate::header::{Coding, HeaderError};
use crate::json::{Kind, Tree, Value};
use crate::privacy::hidden_debug;

/// A `CodeableConcept` with what it is called.
#[derive(Clone, PartialEq, Eq)]
pub struct Concept {
    /// `CodeableConcept.text`.
    pub text: Option<String>,
    /// Its codings in their order.
    pub codings: Vec<NamedCoding>,
}

/// A Coding with its display.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedCoding {
    /// System and code.
    pub coding: Coding,
    /// `Coding.display`.
    pub display: Option<String>,
}

/// A Quantity. `value` is the number's text as sent: `1.50` stays `1.50`.
#[derive(Clone, PartialEq, Eq)]
pub struct Quantity {
    /// The decimal.
    pub value: Option<String>,
    /// `<`, `<=`, `>=` or `>`.
    pub comparator: Option<String>,
    /// The unit for people.
    pub unit: Option<String>,
    /// The system of `code`, such as UCUM.
    pub system: Option<String>,
    /// The unit for machines.
    pub code: Option<String>,
}

/// A `value[x]` of an Observation or one of its components.
#[derive(Clone, PartialEq, Eq)]
pub enum ResultValue {
    /// `valueQuantity`.
    Quantity(Quantity),
    /// `valueCodeableConcept`.
    Concept(Concept),
    /// `valueString`.
    Text(String),
    /// `valueInteger` or `valueBoolean`, as written.
    Literal(String),
    /// `valueDateTime` or `valueTime`, as written.
    Moment(String),
    /// `valueRange`.
    Range {
        /// The lower bound.
        low: Option<Quantity>,
        /// The upper bound.
        high: Option<Quantity>,
    },
    /// `valueRatio`.
    Ratio {
        /// Above the line.
        numerator: Option<Quantity>,
        /// Below the line.
        denominator: Option<Quantity>,
    },
    /// Something that views have no form for: `valuePeriod`, `valueSampledData`.
    Other,
}

/// `Observation.referenceRange`.
#[derive(Clone, PartialEq, Eq)]
pub struct ReferenceRange {
    /// The lower bound.
    pub low: Option<Quantity>,
    /// The upper bound.
    pub high: Option<Quantity>,
    /// The range in words.
    pub text: Option<String>,
    /// What kind of range it is.
    pub kind: Option<Concept>,
}

/// What an Observation, or one component of it, says.
#[derive(Clone, PartialEq, Eq)]
pub struct Measurement {
    /// What was observed.
    pub code: Concept,
    /// The value.
    pub value: Option<ResultValue>,
    /// Why there is none.
    pub absent_reason: Option<Concept>,
    /// How it is to be understood: high, low, …
    pub interpretation: Vec<Concept>,
    /// What is usual.
    pub reference_ranges: Vec<ReferenceRange>,
}

/// An Observation as a view shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ObservationValues {
    /// The Observation's own.
    pub measurement: Measurement,
    /// Its components in their order.
    pub components: Vec<Measurement>,
    /// The texts of its notes.
    pub notes: Vec<String>,
}

hidden_debug!(
    Concept,
    NamedCoding,
    Quantity,
    ResultValue,
    ReferenceRange,
    Measurement,
    ObservationValues,
);

/// Reads the values of an Observation. What is not of the form that FHIR gives it reads as absent.
pub fn read_observation(
    resource: &[u8],
    limits: &Limits,
) -> Result<ObservationValues, HeaderError> {
    let tree = Tree::parse(resource, limits.max_depth)?;
    let root = tree.root();
    Ok(ObservationValues {
        measurement: measurement(root),
        components: items(root, "component").map(measurement).collect(),
        notes: items(root, "note")
            .filter_map(|note| text(note, "text"))
            .collect(),
    })
}

/// Reads the `CodeableConcept` (the first, of a list) at a top-level element such as `code`.
pub fn read_concept(
    resource: &[u8],
    element: &str,
    limits: &Limits,
) -> Result<Option<Concept>, HeaderError> {
    let tree = Tree::parse(resource, limits.max_depth)?;
    let value = tree.root().get(element);
    Ok(value
        .and_then(|value| value.items().next().or(Some(value)))
        .and_then(concept))
}

fn measurement(value: Value<'_>) -> Measurement {
    let code = value.get("code").and_then(concept);
    Measurement {
        code: code.unwrap_or(Concept {
            text: None,
            codings: Vec::new(),
        }),
        value: result_value(value),
        absent_reason: value.get("dataAbsentReason").and_then(concept),
        interpretation: items(value, "interpretation").filter_map(concept).collect(),
        reference_ranges: items(value, "referenceRange")
            .map(reference_range)
            .collect(),
    }
}

fn result_value(value: Value<'_>) -> Option<ResultValue> {
    let name = |member: &Value<'_>| member.name().is_some_and(|name| is_value_choice(&name));
    let member = value.children().find(name)?;
    let said = || member.text().map(std::borrow::Cow::into_owned);
    Some(match &*member.name()? {
        "valueQuantity" => ResultValue::Quantity(quantity(member)?),
        "valueCodeableConcept" => ResultValue::Concept(concept(member)?),
        "valueString" => ResultValue::Text(said()?),
        "valueInteger" | "valueBoolean" => ResultValue::Literal(member.raw().to_owned()),
        "valueDateTime" | "valueTime" => ResultValue::Moment(said()?),
        "valueRange" => ResultValue::Range {
            low: member.get("low").and_then(quantity),
            high: member.get("high").and_then(quantity),
        },
        "valueRatio" => ResultValue::Ratio {
            numerator: member.get("numerator").and_then(quantity),
            denominator: member.get("denominator").and_then(quantity),
        },
        _ => ResultValue::Other,
    })
}

fn is_value_choice(name: &str) -> bool {
    name.strip_prefix("value")
        .is_some_and(|kind| kind.starts_with(|it: char| it.is_uppercase()))
}

fn quantity(value: Value<'_>) -> Option<Quantity> {
    let number = value
        .get("value")
        .filter(|number| number.kind() == Kind::Number);
    (value.kind() == Kind::Object).then(|| Quantity {
        value: number.map(|number| number.raw().to_owned()),
        comparator: text(value, "comparator"),
        unit: text(value, "unit"),
        system: text(value, "system"),
        code: text(value, "code"),
    })
}

/// Reads a `CodeableConcept`.
pub fn concept(value: Value<'_>) -> Option<Concept> {
    let boxed = |coding: Value<'_>, name| text(coding, name).map(String::into_boxed_str);
    let coding = |coding: Value<'_>| NamedCoding {
        coding: Coding {
            system: boxed(coding, "system"),
            code: boxed(coding, "code"),
        },
        display: text(coding, "display"),
    };
    (value.kind() == Kind::Object).then(|| Concept {
        text: text(value, "text"),
        codings: items(value, "coding").map(coding).collect(),
    })
}

fn reference_range(value: Value<'_>) -> ReferenceRange {
    ReferenceRange {
        low: value.get("low").and_then(quantity),
        high: value.get("high").and_then(quantity),
        text: text(value, "text"),
        kind: value.get("type").and_then(concept),
    }
}

fn items<'t>(value: Value<'t>, name: &str) -> impl Iterator<Item = Value<'t>> {
    value.get(name).into_iter().flat_map(Value::items)
}

fn text(value: Value<'_>, name: &str) -> Option<String> {
    value.get(name)?.text().map(std::borrow::Cow::into_owned)
}
