//! One appointment as an entry of a calendar.

use async_trait::async_trait;
use jiff::tz::TimeZone;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Group, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Precision, When};

use crate::answer::Completeness;
use crate::caller::Caller;
use crate::error::{AccessError, Refusal};
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::list::{RECORDS, by_id};
use super::places::{PlaceZone, zones};

/// `GET /v1/portal/appointments/{id}/calendar`
pub(crate) struct AppointmentCalendar<'a> {
    pub(crate) id: &'a str,
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about the entry.
pub(crate) struct CalendarAbout {
    pub(crate) zone: TimeZone,
    pub(crate) tenant: String,
    pub(crate) completeness: Completeness,
}

#[async_trait]
impl Look for AppointmentCalendar<'_> {
    type About = CalendarAbout;

    fn action(&self) -> Action {
        operation::GET_APPOINTMENT_CALENDAR
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<CalendarAbout>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let mut sets = vec![RecordSet::Appointments];
        let appointment = by_id(&mut reading, &sets, self.id).await?;
        let (places, asked) = zones(&mut reading, std::slice::from_ref(&appointment)).await;
        sets.extend(asked);
        let place = places.of(&appointment.header().id);
        let zone = clock(&appointment, place, &grant.tenant().time_zone)?;
        let completeness = reading.completeness(&sets);
        let records = vec![appointment];
        let group = Group {
            name: RECORDS,
            records,
        };
        Ok(Seen {
            answer: Answer::new(vec![group]),
            about: CalendarAbout {
                zone,
                tenant: grant.tenant().id.to_string(),
                completeness,
            },
        })
    }
}

/// The zone in which the start is one moment. An appointment that has no time yet, or whose time
/// nobody can tell, is no entry of a calendar.
fn clock(
    appointment: &ReleasedRecord,
    place: Option<&PlaceZone>,
    tenant: &TimeZone,
) -> Result<TimeZone, AccessError> {
    let start = match &appointment.header().date {
        Some(When::Date(date)) if date.precision() == Precision::Time => date,
        _ => return Err(Refusal::StateConflict.into()),
    };
    match place {
        Some(PlaceZone::Said(zone)) => Ok(zone.clone()),
        Some(PlaceZone::Unusable) if !start.has_offset() => Err(Refusal::StateConflict.into()),
        Some(PlaceZone::Unusable) | None => Ok(tenant.clone()),
    }
}
