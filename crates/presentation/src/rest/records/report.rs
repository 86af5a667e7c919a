//! Radiology reports as views.

use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::{CodeView, DateView};

use super::element::{self, NamedReference, PeriodView};

/// A signed radiology report.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RadiologyReportView {
    /// The DiagnosticReport's id, also on `/fhir/R4`.
    id: String,
    /// `final`, `amended`, `corrected` or `appended`.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// What was examined.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<CodeView>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<DateView>,
    /// When it was done, where that took a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<PeriodView>,
    /// When it became available (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<String>,
    conclusion_codes: Vec<CodeView>,
    /// Who signed it.
    performers: Vec<NamedReference>,
    imaging_studies: Vec<NamedReference>,
    /// The report as files.
    presented_forms: Vec<FormView>,
}

/// A report as a file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormView {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Where it is on `/fhir/R4`; absent for one that stands in the report itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

pub(crate) fn radiology_report(
    record: Disclosed<'_>,
    language: Language,
) -> Option<RadiologyReportView> {
    let header = record.header();
    element::viewed(record.bytes(), |root| RadiologyReportView {
        id: header.id.to_string(),
        status: header.status.as_deref().map(str::to_owned),
        code: element::code(root, "code", language),
        date: element::date(root, "effectiveDateTime"),
        period: element::period(root, "effectivePeriod"),
        issued: element::text(root, "issued"),
        conclusion: element::text(root, "conclusion"),
        conclusion_codes: element::codes(root, "conclusionCode", language).collect(),
        performers: element::references(root, "performer"),
        imaging_studies: element::references(root, "imagingStudy"),
        presented_forms: forms(root),
    })
}

fn forms(root: Value<'_>) -> Vec<FormView> {
    element::each(root, "presentedForm")
        .map(|form| FormView {
            content_type: element::text(form, "contentType"),
            title: element::text(form, "title"),
            url: element::text(form, "url"),
        })
        .collect()
}
