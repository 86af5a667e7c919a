//! One result and one report as views.

use portal_fhir::values::{ObservationValues, read_concept, read_observation};
use portal_fhir::{Header, Limits};
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::messages::ViewText;
use crate::rest::values::{
    CodeView, ComponentView, DateView, ReferenceRangeView, ValueView, component, interpretation,
    listed_date, reference_ranges, value,
};

/// A laboratory result.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LabResult {
    /// The Observation's id, also on `/fhir/R4`.
    pub(crate) id: String,
    /// What was measured.
    pub(crate) code: CodeView,
    /// `final`, `amended` or `corrected`.
    status: String,
    /// When it was true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) date: Option<DateView>,
    /// When it became available (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
    /// What came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<ResultValueView>,
    /// What is usual.
    reference_range: Vec<ReferenceRangeView>,
    /// How it is to be understood: high, low, …
    interpretation: Vec<CodeView>,
    /// The report that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    panel: Option<Reference>,
}

/// A value, or several.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResultValueView {
    #[serde(flatten)]
    pub(crate) own: ValueView,
    /// The parts of a result that has several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    components: Vec<ComponentView>,
}

/// A reference to another record of the same patient.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Reference {
    /// Its id.
    id: String,
    /// Its FHIR type.
    r#type: &'static str,
    /// What it is called.
    display: String,
}

/// A laboratory report.
#[derive(Serialize, ToSchema)]
pub(crate) struct Panel {
    #[serde(flatten)]
    reference: Reference,
    /// Its status.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// When it was issued (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<String>,
}

impl ResultValueView {
    /// Whether anything was measured.
    pub(crate) fn has_value(&self) -> bool {
        self.own.has_value() || self.components.iter().any(ComponentView::has_value)
    }
}

impl Panel {
    pub(crate) fn is(&self, id: &str) -> bool {
        self.reference.id == id
    }

    pub(crate) fn reference(&self) -> Reference {
        self.reference.clone()
    }
}

/// A result. One whose values cannot be read says so in place of a value.
pub(crate) fn result(
    header: &Header,
    resource: &[u8],
    panel: Option<Reference>,
    language: Language,
) -> LabResult {
    let read = read_observation(resource, &Limits::default()).ok();
    let measured = read.as_ref().map(|read| &read.measurement);
    LabResult {
        id: header.id.to_string(),
        code: measured.map_or_else(
            || CodeView::text(ViewText::Unnamed, language),
            |measured| CodeView::of(&measured.code, language),
        ),
        status: header.status.as_deref().unwrap_or_default().to_owned(),
        date: listed_date(header),
        issued: header.issued.as_ref().map(|date| date.text().to_owned()),
        value: read.as_ref().map_or_else(
            || Some(unreadable(language)),
            |read| result_value(read, language),
        ),
        reference_range: measured
            .map_or_else(Vec::new, |measured| reference_ranges(measured, language)),
        interpretation: measured
            .map_or_else(Vec::new, |measured| interpretation(measured, language)),
        panel,
    }
}

/// A report, named by its code.
pub(crate) fn panel(header: &Header, resource: &[u8], language: Language) -> Panel {
    let code = read_concept(resource, "code", &Limits::default())
        .ok()
        .flatten();
    let code = code.map_or_else(
        || CodeView::text(ViewText::Unnamed, language),
        |code| CodeView::of(&code, language),
    );
    Panel {
        reference: Reference {
            id: header.id.to_string(),
            r#type: header.resource_type.as_str(),
            display: code.text,
        },
        status: header.status.as_deref().map(str::to_owned),
        issued: header.issued.as_ref().map(|date| date.text().to_owned()),
    }
}

fn result_value(read: &ObservationValues, language: Language) -> Option<ResultValueView> {
    let own = value(&read.measurement, language);
    let parts = read.components.iter();
    let components: Vec<_> = parts.map(|part| component(part, language)).collect();
    let silent = own.is_none() && components.is_empty();
    (!silent).then(|| ResultValueView {
        own: own.unwrap_or_default(),
        components,
    })
}

fn unreadable(language: Language) -> ResultValueView {
    ResultValueView {
        own: ValueView::absent(CodeView::text(ViewText::NotShown, language)),
        components: Vec::new(),
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
