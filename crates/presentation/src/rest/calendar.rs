//! Appointments for calendars.

use axum::extract::State;
use axum::response::Response;
use portal_domain::access::Surface;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::fhir::RecordId;
use crate::problem::Problem;
use crate::router::Faces;

/// One appointment for a calendar
#[utoipa::path(
    get,
    path = "/v1/portal/appointments/{id}/calendar",
    operation_id = "getAppointmentCalendar",
    tag = "record",
    security(("bearer" = ["patient/Appointment.read"])),
    params(("id" = String, Path, description = "Its id, as the list of appointments has it")),
    responses(
        (status = 200, description = "An iCalendar object (RFC 5545) that says when, and nothing else of the appointment", body = String, content_type = "text/calendar"),
        (status = 304, description = "Unchanged"),
        (status = 409, description = "`STATE_CONFLICT`: the appointment has no time yet, or none that can be told", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_appointment_calendar(
    State(faces): State<Faces>,
    RecordId(id): RecordId,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let answer = faces
        .portal
        .appointment_calendar(&asked.caller, &id, &asked.parameters)
        .await;
    let answer = answer.map_err(Fault::on(Surface::Portal))?;
    disclosure::calendar(&answer, &faces.settings.public_url, &asked.exchange)
}
