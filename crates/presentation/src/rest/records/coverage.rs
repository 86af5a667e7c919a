//! Cover as a view.

use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::CodeView;

use super::element::{self, NamedReference, PeriodView};

/// An insurance or another way of paying.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CoverageView {
    /// The Coverage's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriber_id: Option<String>,
    /// What the patient is to the subscriber.
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<PeriodView>,
    /// Who pays.
    payors: Vec<NamedReference>,
    /// Group, plan and whatever else the insurer tells cover apart by.
    classes: Vec<CoverageClass>,
}

/// One of the insurer's own classes.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoverageClass {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

pub(crate) fn coverage(record: Disclosed<'_>, language: Language) -> Option<CoverageView> {
    let header = record.header();
    element::viewed(record.bytes(), |root| CoverageView {
        id: header.id.to_string(),
        status: header.status.as_deref().map(str::to_owned),
        r#type: element::code(root, "type", language),
        subscriber_id: element::text(root, "subscriberId"),
        relationship: element::code(root, "relationship", language),
        period: element::period(root, "period"),
        payors: element::references(root, "payor"),
        classes: classes(root, language),
    })
}

fn classes(root: Value<'_>, language: Language) -> Vec<CoverageClass> {
    element::each(root, "class")
        .map(|class| CoverageClass {
            r#type: element::code(class, "type", language),
            value: element::text(class, "value"),
            name: element::text(class, "name"),
        })
        .collect()
}
