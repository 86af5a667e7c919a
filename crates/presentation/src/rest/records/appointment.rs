//! Appointments as views.

use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::CodeView;

use super::element::{self, NamedReference};

/// An appointment. Its instants are those of the source, offsets and all.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppointmentView {
    /// The Appointment's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// When it begins (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// When it ends (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes_duration: Option<u32>,
    /// The IANA zone in which its clock stands: its Location's, where that says one, else the
    /// health system's.
    time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_type: Option<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    appointment_type: Option<CodeView>,
    reasons: Vec<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_instruction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelation_reason: Option<CodeView>,
    /// Everybody and everything that takes part, the patient apart.
    participants: Vec<NamedReference>,
}

/// A view; `zone` is where its clock stands.
pub(crate) fn appointment(
    record: Disclosed<'_>,
    zone: &str,
    language: Language,
) -> Option<AppointmentView> {
    let header = record.header();
    element::viewed(record.bytes(), |root| AppointmentView {
        id: header.id.to_string(),
        status: header.status.as_deref().map(str::to_owned),
        start: element::text(root, "start"),
        end: element::text(root, "end"),
        minutes_duration: element::whole(root, "minutesDuration"),
        time_zone: zone.to_owned(),
        service_type: element::code(root, "serviceType", language),
        appointment_type: element::code(root, "appointmentType", language),
        reasons: element::codes(root, "reasonCode", language).collect(),
        description: element::text(root, "description"),
        patient_instruction: element::text(root, "patientInstruction"),
        cancelation_reason: element::code(root, "cancelationReason", language),
        participants: participants(root),
    })
}

fn participants(root: Value<'_>) -> Vec<NamedReference> {
    let actors = element::each(root, "participant").filter_map(|one| one.get("actor"));
    let others = actors.filter(|actor| {
        let target = element::text(*actor, "reference");
        !target.is_some_and(|target| target.starts_with("Patient/"))
    });
    others.filter_map(element::reference).collect()
}
