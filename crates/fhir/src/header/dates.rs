//! The dates of a resource: the one that its type is searched and sorted by, and those that policy
//! asks for.

use super::date::{Date, Period, Precision, When};
use crate::json::{Kind, Value};
use crate::resource_type::ResourceType;

pub(super) struct Dates {
    pub(super) main: Option<When>,
    pub(super) recorded: Option<Date>,
    pub(super) issued: Option<Date>,
    pub(super) issued_unreadable: bool,
}

impl Dates {
    pub(super) fn read(resource_type: ResourceType, resource: Value<'_>) -> Self {
        let issued = date(resource.get("issued")).filter(|it| it.precision() == Precision::Time);
        Self {
            main: main(resource_type, resource),
            recorded: date(
                resource
                    .get("recordedDate")
                    .or_else(|| resource.get("recorded")),
            ),
            issued_unreadable: issued.is_none() && resource.get("issued").is_some(),
            issued,
        }
    }
}

/// What the type is searched and sorted by.
fn main(resource_type: ResourceType, resource: Value<'_>) -> Option<When> {
    let names: &[&str] = match resource_type {
        ResourceType::Patient
        | ResourceType::Device
        | ResourceType::Medication
        | ResourceType::Binary
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole
        | ResourceType::Organization
        | ResourceType::Location => &[],
        ResourceType::AllergyIntolerance => &["recordedDate", "onsetDateTime", "onsetPeriod"],
        ResourceType::Condition => &["onsetDateTime", "onsetPeriod"],
        ResourceType::Observation | ResourceType::DiagnosticReport => {
            &["effectiveDateTime", "effectivePeriod", "effectiveInstant"]
        }
        ResourceType::ImagingStudy => &["started"],
        ResourceType::MedicationRequest | ResourceType::ServiceRequest => &["authoredOn"],
        ResourceType::MedicationDispense => &["whenHandedOver", "whenPrepared"],
        ResourceType::Immunization => &["occurrenceDateTime"],
        ResourceType::Appointment => &["start"],
        ResourceType::Coverage
        | ResourceType::Encounter
        | ResourceType::CarePlan
        | ResourceType::CareTeam
        | ResourceType::RelatedPerson => &["period"],
        ResourceType::ExplanationOfBenefit => &["created"],
        ResourceType::Communication => &["sent", "received"],
        ResourceType::DocumentReference => &["date"],
        ResourceType::Provenance | ResourceType::AuditEvent => &["recorded"],
        ResourceType::Consent => &["dateTime"],
        ResourceType::Procedure => &["performedDateTime", "performedPeriod"],
        ResourceType::Goal => &["startDate"],
        ResourceType::Specimen => {
            return when(
                resource.get("collection")?,
                &["collectedDateTime", "collectedPeriod"],
            );
        }
        ResourceType::QuestionnaireResponse => &["authored"],
    };
    when(resource, names)
}

/// The first of the named elements that is there: a Period by its kind, else a date.
fn when(resource: Value<'_>, names: &[&str]) -> Option<When> {
    let element = names.iter().find_map(|name| resource.get(name))?;
    let read = match element.kind() {
        Kind::Object => period(element).map(When::Period),
        _ => date(Some(element)).map(When::Date),
    };
    Some(read.unwrap_or(When::Unreadable))
}

/// A Period with at least one end, all of which can be read.
pub(super) fn period(value: Value<'_>) -> Option<Period> {
    let (start, end) = (value.get("start"), value.get("end"));
    let period = Period {
        start: date(start),
        end: date(end),
    };
    let unread = (start.is_some() && period.start.is_none())
        || (end.is_some() && period.end.is_none())
        || (start.is_none() && end.is_none());
    (!unread).then_some(period)
}

/// A date that is there and can be read.
pub(super) fn date(value: Option<Value<'_>>) -> Option<Date> {
    Date::parse(&value?.text()?)
}
