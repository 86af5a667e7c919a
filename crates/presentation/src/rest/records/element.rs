//! Elements of a record as views take them: what is not of the form that FHIR gives it is absent.

use portal_fhir::json::{Kind, Tree, Value};
use portal_fhir::values::{self, Concept};
use portal_fhir::{Date, Limits, ResourceType};
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::{CodeView, DateView};

/// A stretch of time.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeriodView {
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<DateView>,
}

impl PeriodView {
    /// From one day to another; none without either.
    pub(crate) fn new(start: Option<DateView>, end: Option<DateView>) -> Option<Self> {
        let is_said = start.is_some() || end.is_some();
        is_said.then_some(Self { start, end })
    }
}

/// An amount of money.
#[derive(Serialize, ToSchema)]
pub(crate) struct MoneyView {
    /// The decimal, exactly as sent.
    value: String,
    /// ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

/// Another record or somebody, by address, by name, or both.
#[derive(Serialize, ToSchema)]
pub(crate) struct NamedReference {
    /// Its id here.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Its FHIR type.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
}

/// Builds a view of a record; none for bytes that are no resource.
pub(crate) fn viewed<T>(resource: &[u8], build: impl FnOnce(Value<'_>) -> T) -> Option<T> {
    let tree = Tree::parse(resource, Limits::default().max_depth).ok()?;
    Some(build(tree.root()))
}

/// The items of a list, or the one thing that stands in its place.
pub(crate) fn each<'t>(holder: Value<'t>, name: &str) -> impl Iterator<Item = Value<'t>> + use<'t> {
    let value = holder.get(name);
    let single = value.filter(|value| value.kind() != Kind::Array);
    single
        .into_iter()
        .chain(value.into_iter().flat_map(Value::items))
}

/// A text that says something.
pub(crate) fn text(holder: Value<'_>, name: &str) -> Option<String> {
    let text = holder.get(name)?.text()?;
    (!text.trim().is_empty()).then(|| text.into_owned())
}

/// A number as it was written.
pub(crate) fn number(holder: Value<'_>, name: &str) -> Option<String> {
    let number = holder.get(name)?;
    (number.kind() == Kind::Number).then(|| number.raw().to_owned())
}

/// A whole number.
pub(crate) fn whole(holder: Value<'_>, name: &str) -> Option<u32> {
    number(holder, name)?.parse().ok()
}

/// A `CodeableConcept`, the first of a list.
pub(crate) fn code(holder: Value<'_>, name: &str, language: Language) -> Option<CodeView> {
    codes(holder, name, language).next()
}

/// All of them.
pub(crate) fn codes<'t>(
    holder: Value<'t>,
    name: &str,
    language: Language,
) -> impl Iterator<Item = CodeView> + use<'t> {
    each(holder, name)
        .filter_map(values::concept)
        .map(move |concept| CodeView::of(&concept, language))
}

/// What a `CodeableConcept` or a plain text is called; none where it has only codes.
pub(crate) fn called(value: Value<'_>) -> Option<String> {
    let said = |text: &String| !text.trim().is_empty();
    if let Some(text) = value.text() {
        return Some(text.into_owned()).filter(said);
    }
    let Concept { text, codings } = values::concept(value)?;
    let displays = codings.into_iter().filter_map(|coding| coding.display);
    text.into_iter().chain(displays).find(said)
}

/// A date that can be read.
pub(crate) fn date(holder: Value<'_>, name: &str) -> Option<DateView> {
    Some(DateView::from(&Date::parse(&holder.get(name)?.text()?)?))
}

/// A Period.
pub(crate) fn period(holder: Value<'_>, name: &str) -> Option<PeriodView> {
    let period = holder.get(name)?;
    Some(PeriodView {
        start: date(period, "start"),
        end: date(period, "end"),
    })
}

/// Money.
pub(crate) fn money(holder: Value<'_>, name: &str) -> Option<MoneyView> {
    let money = holder.get(name)?;
    Some(MoneyView {
        value: number(money, "value")?,
        currency: text(money, "currency"),
    })
}

/// Money of a service that writes decimals as texts.
pub(crate) fn decimal_money(holder: Value<'_>, name: &str) -> Option<MoneyView> {
    let money = holder.get(name)?;
    Some(MoneyView {
        value: text(money, "value")?,
        currency: text(money, "currency"),
    })
}

/// A Reference that names something, by address or by name.
pub(crate) fn reference(reference: Value<'_>) -> Option<NamedReference> {
    let target = text(reference, "reference");
    let address = target.as_deref().and_then(|target| target.split_once('/'));
    let address =
        address.and_then(|(name, id)| Some((ResourceType::parse(name)?.as_str(), id.to_owned())));
    let display = text(reference, "display");
    let (r#type, id) = address.unzip();
    let names_something = id.is_some() || display.is_some();
    names_something.then_some(NamedReference {
        id,
        r#type,
        display,
    })
}

/// The References of an element.
pub(crate) fn references(holder: Value<'_>, name: &str) -> Vec<NamedReference> {
    each(holder, name).filter_map(reference).collect()
}
