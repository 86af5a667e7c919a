//! Statements of account as views.

use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::values::DateView;

use super::element::{self, MoneyView, PeriodView};

/// What a patient owes, and what was paid of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementView {
    /// The statement's id.
    id: String,
    /// What claims-service prints on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_on: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<PeriodView>,
    totals: StatementTotals,
    payments: Vec<StatementPayment>,
    /// What it is for, line by line; of one statement only.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<StatementLine>>,
}

/// The sums of a statement.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementTotals {
    /// Of all lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<MoneyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insurance_paid: Option<MoneyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_paid: Option<MoneyView>,
    /// What is still owed.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<MoneyView>,
}

/// What was paid.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementPayment {
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_on: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyView>,
}

/// What one line is for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serviced_on: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyView>,
}

/// One of a list.
pub(crate) fn statement(record: Disclosed<'_>) -> Option<StatementView> {
    element::viewed(record.bytes(), |root| {
        Some(view(record, root.get("statement")?))
    })
    .flatten()
}

/// One with its lines.
pub(crate) fn itemised_statement(record: Disclosed<'_>) -> Option<StatementView> {
    element::viewed(record.bytes(), |root| {
        let said = root.get("statement")?;
        Some(StatementView {
            lines: Some(element::each(said, "lines").map(line).collect()),
            ..view(record, said)
        })
    })
    .flatten()
}

fn view(record: Disclosed<'_>, said: Value<'_>) -> StatementView {
    let period = PeriodView::new(
        element::date(said, "periodStart"),
        element::date(said, "periodEnd"),
    );
    StatementView {
        id: record.header().id.to_string(),
        number: element::text(said, "number"),
        status: element::text(said, "status"),
        issued_on: element::date(said, "issuedOn"),
        due_on: element::date(said, "dueOn"),
        period,
        totals: StatementTotals {
            total: element::decimal_money(said, "total"),
            insurance_paid: element::decimal_money(said, "insurancePaid"),
            patient_paid: element::decimal_money(said, "patientPaid"),
            balance: element::decimal_money(said, "balance"),
        },
        payments: element::each(said, "payments").map(payment).collect(),
        lines: None,
    }
}

fn payment(payment: Value<'_>) -> StatementPayment {
    StatementPayment {
        paid_on: element::date(payment, "paidOn"),
        method: element::text(payment, "method"),
        status: element::text(payment, "status"),
        amount: element::decimal_money(payment, "amount"),
    }
}

fn line(line: Value<'_>) -> StatementLine {
    StatementLine {
        description: element::text(line, "description"),
        serviced_on: element::date(line, "servicedOn"),
        amount: element::decimal_money(line, "amount"),
    }
}
