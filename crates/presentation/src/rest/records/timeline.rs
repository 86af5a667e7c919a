//! One entry of the timeline.

use portal_domain::disclosure::Disclosed;
use portal_domain::source::RecordSet;
use portal_fhir::ResourceType;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::messages::noun;
use crate::rest::values::{DateView, listed_date};

use super::element;

/// One record of any type, as far as a list shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TimelineEntry {
    /// Its FHIR type.
    r#type: &'static str,
    /// Its id, also on `/fhir/R4`.
    id: String,
    /// When it was true or done; of a period its start, else its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<DateView>,
    /// What it is called, else what its type is called.
    title: String,
    /// The source that holds it.
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

pub(crate) fn entry(record: Disclosed<'_>, language: Language) -> Option<TimelineEntry> {
    let header = record.header();
    let resource_type = header.resource_type;
    let mut sets = RecordSet::of_type(resource_type);
    let source = sets.find(|set| set.is_authority_for(header))?.source();
    let title = element::viewed(record.bytes(), |root| title(resource_type, root)).flatten();
    Some(TimelineEntry {
        r#type: resource_type.as_str(),
        id: header.id.to_string(),
        date: listed_date(header),
        title: title.unwrap_or_else(|| noun(resource_type).in_language(language).to_owned()),
        source: source.as_str(),
        status: header.status.as_deref().map(str::to_owned),
    })
}

/// The first of the type's own elements that has a name for people.
fn title(resource_type: ResourceType, root: Value<'_>) -> Option<String> {
    let elements: &[&str] = match resource_type {
        ResourceType::Immunization => &["vaccineCode"],
        ResourceType::MedicationRequest | ResourceType::MedicationDispense => {
            &["medicationCodeableConcept"]
        }
        ResourceType::ImagingStudy => &["description", "procedureCode"],
        ResourceType::Appointment => &["description", "serviceType", "appointmentType"],
        ResourceType::Communication => &["topic", "category"],
        ResourceType::DocumentReference => &["description", "type", "category"],
        ResourceType::CarePlan => &["title", "category"],
        ResourceType::CareTeam => &["name", "category"],
        ResourceType::Goal => &["description"],
        _ => &["code", "type"],
    };
    let mut values = elements.iter().flat_map(|name| element::each(root, name));
    values.find_map(element::called)
}
