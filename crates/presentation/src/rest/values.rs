//! Values of results as the portal's clients show them. Decimals are texts, exactly as sent.

use portal_fhir::values::{Concept, Measurement, Quantity, ReferenceRange, ResultValue};
use portal_fhir::{Date, Header, Precision, When};
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::messages::ViewText;

const UCUM: &str = "http://unitsofmeasure.org";

/// A code with a text for people, never a bare code.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct CodeView {
    /// The concept's text, else a display, else a text that says it has none.
    pub(crate) text: String,
    /// The system of `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    /// The first code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// A quantity.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuantityView {
    /// The decimal, exactly as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    /// `<`, `<=`, `>=` or `>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    comparator: Option<String>,
    /// The unit for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    /// The UCUM code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ucum: Option<String>,
}

/// A range of quantities.
#[derive(Serialize, ToSchema)]
pub(crate) struct RangeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<QuantityView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<QuantityView>,
}

/// A ratio of quantities.
#[derive(Serialize, ToSchema)]
pub(crate) struct RatioView {
    #[serde(skip_serializing_if = "Option::is_none")]
    numerator: Option<QuantityView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denominator: Option<QuantityView>,
}

/// What was measured: one of these, or why there is nothing.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quantity: Option<QuantityView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<RangeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<RatioView>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    absent_reason: Option<CodeView>,
}

/// One component of a result.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ComponentView {
    code: CodeView,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<ValueView>,
    reference_range: Vec<ReferenceRangeView>,
    interpretation: Vec<CodeView>,
}

/// What is usual.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReferenceRangeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<QuantityView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<QuantityView>,
    /// The range in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What kind of range it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<CodeView>,
}

/// A date as precise as it was sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct DateView {
    /// As sent.
    value: String,
    /// `year`, `month`, `day` or `time`.
    precision: &'static str,
}

impl CodeView {
    pub(crate) fn of(concept: &Concept, language: Language) -> Self {
        let said = |text: &&String| !text.trim().is_empty();
        let display = || {
            let mut displays = concept.codings.iter().filter_map(|it| it.display.as_ref());
            displays.find(said)
        };
        let text = concept.text.as_ref().filter(said).or_else(display);
        let first = concept.codings.iter().map(|it| &it.coding);
        let first = first.clone().find(|coding| coding.code.is_some());
        Self {
            text: text.map_or_else(
                || ViewText::Unnamed.in_language(language).to_owned(),
                Clone::clone,
            ),
            system: first.and_then(|coding| coding.system.as_deref().map(str::to_owned)),
            code: first.and_then(|coding| coding.code.as_deref().map(str::to_owned)),
        }
    }

    /// A text of the portal's own.
    pub(crate) fn text(text: ViewText, language: Language) -> Self {
        Self {
            text: text.in_language(language).to_owned(),
            system: None,
            code: None,
        }
    }
}

impl ValueView {
    /// No value, for this reason.
    pub(crate) fn absent(reason: CodeView) -> Self {
        Self {
            absent_reason: Some(reason),
            ..Self::default()
        }
    }

    /// Whether there is a value, and not only a reason for none.
    pub(crate) fn has_value(&self) -> bool {
        let measured = self.quantity.as_ref().is_some_and(|it| it.value.is_some());
        measured
            || self.code.is_some()
            || self.text.is_some()
            || self.range.is_some()
            || self.ratio.is_some()
    }
}

impl ComponentView {
    /// Whether it has a value.
    pub(crate) fn has_value(&self) -> bool {
        self.value.as_ref().is_some_and(ValueView::has_value)
    }
}

impl From<&Quantity> for QuantityView {
    fn from(quantity: &Quantity) -> Self {
        let is_ucum = quantity.system.as_deref() == Some(UCUM);
        Self {
            value: quantity.value.clone(),
            comparator: quantity.comparator.clone(),
            unit: quantity.unit.clone().or_else(|| quantity.code.clone()),
            ucum: quantity.code.clone().filter(|_| is_ucum),
        }
    }
}

impl From<&Date> for DateView {
    fn from(date: &Date) -> Self {
        Self {
            value: date.text().to_owned(),
            precision: match date.precision() {
                Precision::Year => "year",
                Precision::Month => "month",
                Precision::Day => "day",
                Precision::Time => "time",
            },
        }
    }
}

/// The date that a record is listed by, as sent; of a period its start, else its end.
pub(crate) fn listed_date(header: &Header) -> Option<DateView> {
    match header.date.as_ref()? {
        When::Date(date) => Some(date.into()),
        When::Period(period) => {
            let date = period.start.as_ref().or(period.end.as_ref());
            date.map(DateView::from)
        }
        When::Unreadable => None,
    }
}

/// The value of a measurement; none where nothing is said of it.
pub(crate) fn value(measured: &Measurement, language: Language) -> Option<ValueView> {
    let code = |concept| CodeView::of(concept, language);
    let mut view = measured
        .value
        .as_ref()
        .map_or_else(ValueView::default, |value| known(value, language));
    view.absent_reason = view
        .absent_reason
        .or_else(|| measured.absent_reason.as_ref().map(code));
    let silent = measured.value.is_none() && view.absent_reason.is_none();
    (!silent).then_some(view)
}

fn known(value: &ResultValue, language: Language) -> ValueView {
    let mut view = ValueView::default();
    let quantity = |quantity: &Option<Quantity>| quantity.as_ref().map(QuantityView::from);
    match value {
        ResultValue::Quantity(it) => view.quantity = Some(it.into()),
        ResultValue::Concept(it) => view.code = Some(CodeView::of(it, language)),
        ResultValue::Text(it) | ResultValue::Literal(it) | ResultValue::Moment(it) => {
            view.text = Some(it.clone());
        }
        ResultValue::Range { low, high } => {
            view.range = Some(RangeView {
                low: quantity(low),
                high: quantity(high),
            });
        }
        ResultValue::Ratio {
            numerator,
            denominator,
        } => {
            view.ratio = Some(RatioView {
                numerator: quantity(numerator),
                denominator: quantity(denominator),
            });
        }
        // A view that showed nothing would read as if nothing had been measured.
        ResultValue::Other => {
            return ValueView::absent(CodeView::text(ViewText::NotShown, language));
        }
    }
    view
}

pub(crate) fn component(measured: &Measurement, language: Language) -> ComponentView {
    ComponentView {
        code: CodeView::of(&measured.code, language),
        value: value(measured, language),
        reference_range: reference_ranges(measured, language),
        interpretation: interpretation(measured, language),
    }
}

pub(crate) fn interpretation(measured: &Measurement, language: Language) -> Vec<CodeView> {
    let code = |concept| CodeView::of(concept, language);
    measured.interpretation.iter().map(code).collect()
}

pub(crate) fn reference_ranges(
    measured: &Measurement,
    language: Language,
) -> Vec<ReferenceRangeView> {
    let range = |range: &ReferenceRange| ReferenceRangeView {
        low: range.low.as_ref().map(QuantityView::from),
        high: range.high.as_ref().map(QuantityView::from),
        text: range.text.clone(),
        r#type: range.kind.as_ref().map(|kind| CodeView::of(kind, language)),
    };
    measured.reference_ranges.iter().map(range).collect()
}
