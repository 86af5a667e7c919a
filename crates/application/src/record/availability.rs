//! When appointments can be had.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Released};
use portal_domain::source::{RecordSet, Source};

use crate::answer::{Completeness, OpenTime, Place, SourceReport, SourceStatus};
use crate::caller::Caller;
use crate::error::{AccessError, InputError};
use crate::input::{Parameters, invalid};
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{FoundSlot, FoundSlots, SlotActor, SlotQuery};

use super::Reading;
use super::directory::{is_in_use, names, place_name};
use super::load::LoadContext;
use super::paging::{Page, binding, page};
use super::places::{PlaceZone, zone};

/// The longest window.
const MAX_DAYS: i32 = 31;

/// `GET /v1/portal/appointments/availability`
pub(crate) struct Availability<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// A page of open times.
pub(crate) struct AvailabilityAbout {
    pub(crate) times: Vec<OpenTime>,
    pub(crate) next: Option<String>,
    pub(crate) completeness: Completeness,
}

/// When it begins, and its id.
type TimeKey = (Timestamp, Box<str>);

#[async_trait]
impl Look for Availability<'_> {
    type About = AvailabilityAbout;

    fn action(&self) -> Action {
        operation::LIST_AVAILABILITY
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<AvailabilityAbout>, AccessError> {
        let known = [
            "practitionerId",
            "locationId",
            "specialty",
            "from",
            "to",
            "limit",
            "cursor",
        ];
        let parameters = Parameters::read(self.raw, &known)?;
        let limit = parameters.limit()?;
        let query = query(&parameters, portal, grant)?;
        let specialty = parameters.text("specialty")?;
        let binding = binding(grant, &parameters.fingerprint());
        let after: Option<TimeKey> = portal.unseal(&binding, parameters.get("cursor"))?;

        let now = grant.decided_at();
        let context = LoadContext::new(grant.tenant(), caller);
        let loader = &portal.loader;
        let (found, status) = if query.to <= now {
            (Arc::new(nothing(now)), SourceStatus::Fresh)
        } else {
            portal.calendars.of(&query, loader, &context, now).await?
        };
        let open = found.slots.iter().filter(|slot| slot.start > now);
        let open = open.filter(|slot| specialty.is_none_or(|code| names(&slot.specialties, code)));
        let key = |slot: &&FoundSlot| (slot.start, slot.id.clone());
        let Page { items, next } = page(open.collect(), after.as_ref(), limit, key);

        let mut reading = Reading::new(loader, grant, caller);
        let mut completeness = completeness(&found, status);
        let places = places(&mut reading, &items).await;
        if places.is_some() {
            completeness.merge(reading.completeness(&[RecordSet::Locations]));
        }
        let times = items
            .iter()
            .filter_map(|slot| open_time(portal, slot, places.as_ref()));
        Ok(Seen {
            answer: Answer::default(),
            about: AvailabilityAbout {
                times: times.collect(),
                next: next.map(|key| portal.seal(&binding, &key)),
                completeness,
            },
        })
    }
}

fn nothing(now: Timestamp) -> FoundSlots {
    FoundSlots {
        slots: Vec::new(),
        incomplete: false,
        as_of: now,
    }
}

/// Reads whose time is asked for, and when: a window of at most 31 days of the tenant's calendar.
fn query(
    parameters: &Parameters<'_>,
    portal: &Inner,
    grant: &PatientGrant,
) -> Result<SlotQuery, InputError> {
    let zone = &grant.tenant().time_zone;
    let (from, to) = parameters.range(zone)?.bounds();
    let from = from.ok_or_else(|| invalid("from"))?;
    let to = to.ok_or_else(|| invalid("to"))?;
    let latest = latest(from, zone).ok_or_else(|| invalid("from"))?;
    if to > latest {
        return Err(invalid("to"));
    }
    let rules = portal.loader.rules();
    let at_directory = |id| rules.id_at(Source::ProviderDirectory, id).map(Box::from);
    let actor = |name: &'static str| {
        let id = parameters.get(name);
        id.map(|id| at_directory(id).ok_or_else(|| invalid(name)))
            .transpose()
    };
    Ok(SlotQuery {
        tenant: grant.tenant().id.clone(),
        practitioner: actor("practitionerId")?,
        location: actor("locationId")?,
        from,
        to,
    })
}

fn latest(from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let from = from.to_zoned(zone.clone());
    let latest = from.checked_add(Span::new().days(MAX_DAYS)).ok()?;
    Some(latest.timestamp())
}

fn completeness(found: &FoundSlots, status: SourceStatus) -> Completeness {
    Completeness {
        sources: vec![SourceReport {
            source: Source::Scheduling,
            status,
            as_of: Some(found.as_of),
            retry_after: None,
        }],
        incomplete: found.incomplete,
    }
}

/// The places of open times that may be shown, by their ids at the directory; none when no time
/// names any. While the directory is down there is none that may be.
async fn places(
    reading: &mut Reading<'_>,
    times: &[&FoundSlot],
) -> Option<HashMap<Box<str>, Place>> {
    let set = RecordSet::Locations;
    let mut ids: Vec<Box<str>> = times
        .iter()
        .flat_map(|slot| &slot.locations)
        .map(|actor| actor.id.clone())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return None;
    }
    reading.load_reached(set, ids).await;
    let released = reading.released(set);
    let records = released.iter().flat_map(Released::records);
    let in_use = records.filter(is_in_use);
    let places = in_use.filter_map(|place| {
        let (_, id) = reading.rules().addresses().inward(&place.header().id)?;
        let zone = match zone(&place) {
            Some(PlaceZone::Said(zone)) => zone.iana_name().map(str::to_owned),
            Some(PlaceZone::Unusable) | None => None,
        };
        let shown = Place {
            id: place.header().id.to_string(),
            name: place_name(&place),
            time_zone: zone,
        };
        Some((id.into(), shown))
    });
    Some(places.collect())
}

/// A time as it is shown; none for one whose id cannot be said here.
fn open_time(
    portal: &Inner,
    slot: &FoundSlot,
    places: Option<&HashMap<Box<str>, Place>>,
) -> Option<OpenTime> {
    let rules = portal.loader.rules();
    let id = rules
        .addresses()
        .outward(rules.base(Source::Scheduling)?, &slot.id)?;
    let practitioner = |actor: &SlotActor| {
        let base = rules.base(Source::ProviderDirectory)?;
        let id = rules.addresses().outward(base, &actor.id)?;
        Some((id, actor.display.clone()))
    };
    let place = |actor: &SlotActor| places?.get(&actor.id).cloned();
    Some(OpenTime {
        id,
        start: slot.start,
        end: slot.end,
        practitioners: slot.practitioners.iter().filter_map(practitioner).collect(),
        places: slot.locations.iter().filter_map(place).collect(),
        specialties: slot.specialties.clone(),
    })
}
