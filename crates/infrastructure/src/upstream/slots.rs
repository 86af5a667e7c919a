//! Open times at scheduling: `Slot?schedule.actor=…&start=…` with the Schedules that they are of,
//! without which nobody can tell whose time it is.

use std::collections::HashMap;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use metrics::counter;
use portal_application::ports::{FoundSlot, FoundSlots, SlotActor, SlotQuery, SourceError};
use portal_domain::source::Source;
use portal_fhir::json::{Tree, Value};
use portal_fhir::reference::{LiteralReference, is_id};
use portal_fhir::values::{Concept, concept};
use portal_fhir::{Date, Precision, SearchMode};
use url::Url;

use super::addresses::TenantBase;
use super::fetch::Pages;
use super::page::{LIMITS, MAX_ENTRIES, PageOf, searchset};

/// How many entries a page is asked for.
const COUNT: &str = "500";
/// Nobody's name is longer.
const MAX_DISPLAY: usize = 200;

/// An entry of an answer.
pub(super) enum Entry {
    Slot(Slot),
    Schedule(Schedule),
}

pub(super) struct Slot {
    id: String,
    schedule: String,
    start: Timestamp,
    end: Timestamp,
    specialties: Vec<Concept>,
}

pub(super) struct Schedule {
    id: String,
    active: bool,
    practitioners: Vec<SlotActor>,
    locations: Vec<SlotActor>,
    specialties: Vec<Concept>,
}

/// The search that answers a query; none for ids that no source is asked for.
pub(super) fn address(base: &TenantBase, query: &SlotQuery) -> Option<Url> {
    let mut url = base.below(&["Slot"])?;
    let actors = [
        ("Practitioner", &query.practitioner),
        ("Location", &query.location),
    ];
    let mut pairs = url.query_pairs_mut();
    for (kind, id) in actors {
        let Some(id) = id else { continue };
        if !is_id(id) {
            return None;
        }
        pairs.append_pair("schedule.actor", &format!("{kind}/{id}"));
    }
    pairs
        .append_pair("start", &format!("ge{}", query.from))
        .append_pair("start", &format!("lt{}", query.to))
        .append_pair("status", "free")
        .append_pair("_include", "Slot:schedule")
        .append_pair("_count", COUNT);
    drop(pairs);
    Some(url)
}

/// The entries of a page. One that cannot be read is dropped alone.
pub(super) fn entries(body: &Bytes) -> Result<PageOf<Entry>, SourceError> {
    let page = searchset(body)?;
    let mut read = PageOf {
        items: Vec::new(),
        unreadable: page.dropped,
        cut: page.entries.len() > MAX_ENTRIES,
        next: page.next,
    };
    for entry in page.entries.into_iter().take(MAX_ENTRIES) {
        if entry.mode == SearchMode::Outcome {
            continue;
        }
        match self::entry(&entry.resource) {
            Some(entry) => read.items.push(entry),
            None => read.unreadable += 1,
        }
    }
    Ok(read)
}

fn entry(resource: &[u8]) -> Option<Entry> {
    let tree = Tree::parse(resource, LIMITS.max_depth).ok()?;
    let root = tree.root();
    match text(root, "resourceType")?.as_str() {
        "Slot" => slot(root),
        "Schedule" => Some(Entry::Schedule(schedule(root)?)),
        _ => None,
    }
}

/// A Slot that says that it is free.
fn slot(root: Value<'_>) -> Option<Entry> {
    let (start, end) = (instant(root, "start")?, instant(root, "end")?);
    let schedule = text(root.get("schedule")?, "reference")?;
    let is_free = text(root, "status").as_deref() == Some("free");
    (is_free && start < end).then_some(())?;
    Some(Entry::Slot(Slot {
        id: text(root, "id").filter(|id| is_id(id))?,
        schedule: named(&schedule, "Schedule")?,
        start,
        end,
        specialties: concepts(root, "specialty"),
    }))
}

fn schedule(root: Value<'_>) -> Option<Schedule> {
    let actors = |kind| {
        let actors = root.get("actor").into_iter().flat_map(Value::items);
        actors.filter_map(move |it| actor(it, kind)).collect()
    };
    Some(Schedule {
        id: text(root, "id").filter(|id| is_id(id))?,
        active: root.get("active").is_none_or(|it| it.raw() == "true"),
        practitioners: actors("Practitioner"),
        locations: actors("Location"),
        specialties: concepts(root, "specialty"),
    })
}

fn actor(reference: Value<'_>, kind: &str) -> Option<SlotActor> {
    let id = named(&text(reference, "reference")?, kind)?;
    let display = text(reference, "display");
    let display = display.filter(|it| !it.trim().is_empty() && it.len() <= MAX_DISPLAY);
    Some(SlotActor {
        id: id.into(),
        display,
    })
}

/// The id of a relative reference to a type.
fn named(reference: &str, kind: &str) -> Option<String> {
    let reference = LiteralReference::relative(reference)?;
    (reference.type_name == kind).then(|| reference.id.to_owned())
}

/// The free times of an answer that are what was asked for: begun within the window, and of a
/// calendar that is in use and is said to be theirs whom it was asked for.
pub(super) fn found(query: &SlotQuery, pages: Pages<Entry>, as_of: Timestamp) -> FoundSlots {
    let (mut slots, mut schedules) = (Vec::new(), HashMap::new());
    for entry in pages.items {
        match entry {
            Entry::Slot(slot) => slots.push(slot),
            Entry::Schedule(schedule) => {
                schedules.insert(schedule.id.clone(), schedule);
            }
        }
    }
    let sent = slots.len();
    let within = |slot: &Slot| query.from <= slot.start && slot.start < query.to;
    let mut slots: Vec<FoundSlot> = slots
        .into_iter()
        .filter(within)
        .filter_map(|slot| of_schedule(slot, &schedules, query))
        .collect();
    slots.sort_by(|one, other| (one.start, &one.id).cmp(&(other.start, &other.id)));
    slots.dedup_by(|one, other| one.id == other.id);
    count_dropped("unasked", sent - slots.len());
    count_dropped("unreadable", pages.unreadable);
    FoundSlots {
        slots,
        incomplete: pages.capped || pages.unreadable > 0,
        as_of,
    }
}

fn of_schedule(
    slot: Slot,
    schedules: &HashMap<String, Schedule>,
    query: &SlotQuery,
) -> Option<FoundSlot> {
    let schedule = schedules.get(&slot.schedule).filter(|it| it.active)?;
    let is_of = |actors: &[SlotActor], wanted: &Option<Box<str>>| {
        let mut ids = actors.iter().map(|actor| &actor.id);
        wanted
            .as_ref()
            .is_none_or(|wanted| ids.any(|id| id == wanted))
    };
    let asked = is_of(&schedule.practitioners, &query.practitioner)
        && is_of(&schedule.locations, &query.location);
    let mut specialties = slot.specialties;
    specialties.extend(schedule.specialties.iter().cloned());
    asked.then(|| FoundSlot {
        id: slot.id.into(),
        start: slot.start,
        end: slot.end,
        practitioners: schedule.practitioners.clone(),
        locations: schedule.locations.clone(),
        specialties,
    })
}

fn count_dropped(reason: &'static str, dropped: usize) {
    if dropped > 0 {
        let upstream = Source::Scheduling.as_str();
        counter!("portal_dropped_entries_total", "upstream" => upstream, "reason" => reason)
            .increment(dropped as u64);
    }
}

/// An instant, which says where its clock stands.
fn instant(holder: Value<'_>, name: &str) -> Option<Timestamp> {
    let date = Date::parse(&text(holder, name)?)?;
    let is_instant = date.precision() == Precision::Time && date.has_offset();
    is_instant.then(|| date.interval(&TimeZone::UTC).start)?
}

fn concepts(holder: Value<'_>, name: &str) -> Vec<Concept> {
    let concepts = holder.get(name).into_iter().flat_map(Value::items);
    concepts.filter_map(concept).collect()
}

fn text(holder: Value<'_>, name: &str) -> Option<String> {
    holder.get(name)?.text().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
