//! Explanations of benefit as views.

use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::{CodeView, DateView};

use super::element::{self, MoneyView, NamedReference, PeriodView};

/// What was claimed, and what came of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BenefitView {
    /// The ExplanationOfBenefit's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<CodeView>,
    /// `claim`, `preauthorization` or `predetermination`.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#use: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billable_period: Option<PeriodView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insurer: Option<NamedReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<NamedReference>,
    /// The totals, one a category.
    totals: Vec<AmountView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentView>,
    /// What was claimed, line by line; of one explanation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<BenefitItem>>,
}

/// An amount of a category.
#[derive(Serialize, ToSchema)]
pub(crate) struct AmountView {
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyView>,
}

/// What was paid.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentView {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyView>,
}

/// One line of what was claimed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BenefitItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serviced_date: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serviced_period: Option<PeriodView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    net: Option<MoneyView>,
    adjudication: Vec<AmountView>,
}

/// One of a list.
pub(crate) fn benefit(record: Disclosed<'_>, language: Language) -> Option<BenefitView> {
    element::viewed(record.bytes(), |root| view(record, root, language))
}

/// One with its lines.
pub(crate) fn itemised(record: Disclosed<'_>, language: Language) -> Option<BenefitView> {
    element::viewed(record.bytes(), |root| BenefitView {
        items: Some(items(root, language)),
        ..view(record, root, language)
    })
}

fn view(record: Disclosed<'_>, root: Value<'_>, language: Language) -> BenefitView {
    let header = record.header();
    let one = |name| root.get(name).and_then(element::reference);
    BenefitView {
        id: header.id.to_string(),
        status: header.status.as_deref().map(str::to_owned),
        r#type: element::code(root, "type", language),
        r#use: element::text(root, "use"),
        outcome: element::text(root, "outcome"),
        created: element::date(root, "created"),
        billable_period: element::period(root, "billablePeriod"),
        insurer: one("insurer"),
        provider: one("provider"),
        totals: amounts(root, "total", language),
        payment: root.get("payment").map(|payment| PaymentView {
            r#type: element::code(payment, "type", language),
            date: element::date(payment, "date"),
            amount: element::money(payment, "amount"),
        }),
        items: None,
    }
}

fn items(root: Value<'_>, language: Language) -> Vec<BenefitItem> {
    element::each(root, "item")
        .map(|item| BenefitItem {
            sequence: element::whole(item, "sequence"),
            service: element::code(item, "productOrService", language),
            serviced_date: element::date(item, "servicedDate"),
            serviced_period: element::period(item, "servicedPeriod"),
            net: element::money(item, "net"),
            adjudication: amounts(item, "adjudication", language),
        })
        .collect()
}

fn amounts(holder: Value<'_>, name: &str, language: Language) -> Vec<AmountView> {
    element::each(holder, name)
        .map(|amount| AmountView {
            category: element::code(amount, "category", language),
            amount: element::money(amount, "amount"),
        })
        .collect()
}
