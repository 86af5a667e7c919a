//! `Slot` searches, which look at the Schedules behind the Slots.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded;

use super::answer::{Answer, Call, Entry, Page};
use crate::record::Record;
use crate::search::{InvalidSearch, Search};
use crate::world::World;

/// What of a query is about the time and whose it is.
#[derive(Default)]
struct Wanted {
    actors: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    includes_schedules: bool,
}

impl Wanted {
    fn read(query: &str) -> Self {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let moment = |prefix| value.strip_prefix(prefix)?.parse().ok();
            match &*name {
                "schedule.actor" => wanted.actors.push(value.into_owned()),
                "start" => {
                    wanted.from = moment("ge").or(wanted.from);
                    wanted.to = moment("lt").or(wanted.to);
                }
                "_include" => wanted.includes_schedules |= value == "Slot:schedule",
                _ => {}
            }
        }
        wanted
    }

    fn holds(&self, slot: &Value, schedule: Option<&Value>) -> bool {
        let start = slot["start"].as_str().and_then(|text| text.parse().ok());
        let within = self.from.is_none_or(|from| start >= Some(from))
            && self
                .to
                .is_none_or(|to| start.is_some_and(|start: Timestamp| start < to));
        let actors = schedule.and_then(|it| it["actor"].as_array());
        let is_of = |wanted: &String| {
            let mut actors = actors.into_iter().flatten();
            actors.any(|actor| actor["reference"] == **wanted)
        };
        within && self.actors.iter().all(is_of)
    }
}

/// The page of a search, the Schedules of its Slots behind them.
pub(super) fn search(world: &World, call: &Call) -> Result<Answer, InvalidSearch> {
    let search = Search::parse(&call.query)?;
    let query = search.first_query();
    let wanted = Wanted::read(query);
    let store = world.store();
    let tenant = call.tenant.as_deref();
    let schedules: HashMap<String, (Arc<Record>, Value)> = store
        .of_type(tenant, call.source, "Schedule")
        .into_iter()
        .map(|record| {
            let read = serde_json::from_slice(&record.bytes).unwrap_or_default();
            (format!("Schedule/{}", record.id), (record, read))
        })
        .collect();
    let slots = store.search(tenant, call.source, "Slot", &search);
    let behind = |slot: &Value| schedules.get(slot["schedule"]["reference"].as_str()?);
    let found: Vec<(Arc<Record>, Value)> = slots
        .into_iter()
        .map(|slot| {
            let read = serde_json::from_slice(&slot.bytes).unwrap_or_default();
            (slot, read)
        })
        .filter(|(_, slot)| wanted.holds(slot, behind(slot).map(|(_, schedule)| schedule)))
        .collect();
    let base_url = world.base_url(call.source);
    let end = search.offset.saturating_add(search.count);
    let shown = || found.iter().skip(search.offset).take(search.count);
    let mut entries: Vec<Entry> = shown()
        .map(|(slot, _)| Entry::of(slot, &base_url))
        .collect();
    if wanted.includes_schedules {
        let mut brought: Vec<&Arc<Record>> = shown()
            .filter_map(|(_, slot)| Some(&behind(slot)?.0))
            .collect();
        brought.sort_by(|one, other| one.id.cmp(&other.id));
        brought.dedup_by(|one, other| one.id == other.id);
        let brought = brought.into_iter().map(|it| Entry::of(it, &base_url));
        entries.extend(brought.map(Entry::included));
    }
    let url = |query: &str| format!("{base_url}/Slot?{query}");
    Ok(Answer::Page(Page {
        total: found.len(),
        own_url: url(&search.own_query()),
        next_url: (end < found.len()).then(|| url(&search.page_from(end))),
        entries,
    }))
}
