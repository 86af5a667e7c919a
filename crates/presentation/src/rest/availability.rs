//! When appointments can be had.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use portal_application::{OpenTime, Place};
use portal_domain::access::Surface;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::language::Language;
use crate::problem::Problem;
use crate::router::Faces;

use super::meta::{Meta, WithMeta};
use super::records::{AboutPage, Data};
use super::values::CodeView;

/// A time that can be booked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenTimeView {
    /// The Slot's id, by which it is booked.
    slot_id: String,
    /// When it begins (RFC 3339 UTC).
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// When it ends (RFC 3339 UTC).
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// With whom.
    practitioners: Vec<OpenTimePractitioner>,
    /// Where.
    locations: Vec<OpenTimeLocation>,
    specialties: Vec<CodeView>,
}

/// Somebody whose time it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenTimePractitioner {
    /// The Practitioner's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
}

/// Where it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenTimeLocation {
    /// The Location's id, also on `/fhir/R4`.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The IANA zone in which its clock stands, where it says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
}

/// Times that can be booked
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailabilityPage {
    data: Vec<OpenTimeView>,
    /// The `cursor` of the next page; null on the last.
    next_cursor: Option<String>,
    meta: Meta,
}

/// Times that can be booked
#[utoipa::path(
    get,
    path = "/v1/portal/appointments/availability",
    operation_id = "listAvailability",
    tag = "booking",
    security(("bearer" = ["patient/Appointment.read"])),
    params(
        ("practitionerId" = Option<String>, Query, description = "With whom"),
        ("locationId" = Option<String>, Query, description = "Where"),
        ("specialty" = Option<String>, Query, description = "`code` or `system|code` of a specialty"),
        ("from" = String, Query, description = "FHIR date or instant; not before"),
        ("to" = String, Query, description = "FHIR date or instant; not after. At most 31 days from `from`"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page, the first times first. Up to five minutes old", body = AvailabilityPage, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_availability(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let answer = faces.portal.availability(&asked.caller, &asked.parameters);
    let answer = answer.await.map_err(Fault::on(Surface::Portal))?;
    let language = asked.exchange.language();
    let about = AboutPage {
        next_cursor: answer.next.as_deref(),
        meta: WithMeta::of(&answer.completeness),
    };
    disclosure::view(
        (&answer.disclosure, &answer.completeness),
        (&asked.exchange, language),
        |_| {
            let views = answer.times.iter().map(|time| view(time, language));
            Some(Data {
                data: views.collect(),
            })
        },
        &about,
    )
}

fn view(time: &OpenTime, language: Language) -> OpenTimeView {
    let practitioner = |(id, display): &(String, Option<String>)| OpenTimePractitioner {
        id: id.clone(),
        display: display.clone(),
    };
    let location = |place: &Place| OpenTimeLocation {
        id: place.id.clone(),
        name: place.name.clone(),
        time_zone: place.time_zone.clone(),
    };
    let specialties = time.specialties.iter();
    OpenTimeView {
        slot_id: time.id.clone(),
        start: time.start,
        end: time.end,
        practitioners: time.practitioners.iter().map(practitioner).collect(),
        locations: time.places.iter().map(location).collect(),
        specialties: specialties.map(|it| CodeView::of(it, language)).collect(),
    }
}
