//! What is proven to be this patient's.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use portal_fhir::{
    AddressBook, Header, Ownership, PatientAddress, Record, Sort, ownership, sort_key,
    strip_restricted, without_other_patients,
};

use crate::access::RecordTarget;
use crate::source::RecordSet;

use super::{Drops, Fetched, Memo, Room, StoredSet};

/// Where an answer came from, so that its addresses can be read and rewritten.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// All bases and their codes.
    pub book: &'a AddressBook,
    /// The answering base's index in the book.
    pub base: usize,
    /// The answering base's URL, without a slash at its end.
    pub base_url: &'a str,
    /// Our own URL, for links.
    pub public_url: &'a str,
    /// The tenant's zone, for the order of partial dates.
    pub zone: &'a TimeZone,
}

/// How an owned set was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// Fetched for this request.
    Fresh,
    /// From the cache, within its time.
    Cached,
    /// From the cache, past its time, because the source is down.
    Stale,
    /// Not at all: its source does not know the patient.
    NotLinked,
}

/// A set whose every record is this patient's, from the authority for it, under our addresses.
#[derive(Debug, Clone)]
pub struct Owned {
    set: Arc<StoredSet>,
    freshness: Freshness,
}

impl Owned {
    /// Keeps of an answer what is this patient's, of the authority's own kind and addressable,
    /// once each; says how much was dropped and why.
    pub fn claim(
        target: &RecordTarget,
        set: RecordSet,
        fetched: Fetched,
        origin: &Origin<'_>,
    ) -> (Self, Drops) {
        let mut drops = Drops {
            unreadable: fetched.unreadable,
            ..Drops::default()
        };
        let patient = PatientAddress {
            upstream: target.at_source().as_str(),
            canonical: target.patient().as_str(),
        };
        let mut records = Vec::with_capacity(fetched.records.len());
        for record in fetched.records {
            if let Some(record) = claim_one(record, set, &patient, origin, &mut drops) {
                records.push(record);
            }
        }
        let mut records = without_duplicates(records, origin.zone, &mut drops);
        records.sort_by_cached_key(|record| sort_key(&record.header, Sort::default(), origin.zone));
        let incomplete =
            fetched.capped || drops.unreadable + drops.foreign + drops.unaddressable > 0;
        let stored = StoredSet {
            tenant: target.tenant().clone(),
            patient: target.patient().clone(),
            at_source: target.at_source().clone(),
            set,
            records,
            as_of: fetched.as_of,
            incomplete,
            room: fetched.room,
            memo: Memo::default(),
        };
        (
            Self {
                set: Arc::new(stored),
                freshness: Freshness::Fresh,
            },
            drops,
        )
    }

    /// What the portal itself holds of a patient, under our addresses from the start. `here` is the
    /// patient's id in them, `base` what stands before absolute ones. Whatever does not name this
    /// patient is left out and makes the set incomplete.
    pub fn of_portal(
        target: &RecordTarget,
        set: RecordSet,
        held: Fetched,
        (here, base): (&str, &str),
        zone: &TimeZone,
    ) -> Self {
        let is_own = |record: &Record| {
            set.is_of_portal()
                && record.header.resource_type == set.resource_type()
                && ownership(&record.header, here, base) == Ownership::Own
        };
        let count = held.records.len();
        let mut records: Vec<Record> = held.records.into_iter().filter(is_own).collect();
        records.sort_by_cached_key(|record| sort_key(&record.header, Sort::default(), zone));
        let incomplete = held.capped || held.unreadable > 0 || records.len() < count;
        let stored = StoredSet {
            tenant: target.tenant().clone(),
            patient: target.patient().clone(),
            at_source: target.patient().clone(),
            set,
            records,
            as_of: held.as_of,
            incomplete,
            room: held.room,
            memo: Memo::default(),
        };
        Self {
            set: Arc::new(stored),
            freshness: Freshness::Fresh,
        }
    }

    /// The empty set of a patient whom its source does not know.
    pub fn not_linked(target: &RecordTarget, set: RecordSet, as_of: Timestamp) -> Self {
        let stored = StoredSet {
            tenant: target.tenant().clone(),
            patient: target.patient().clone(),
            at_source: target.at_source().clone(),
            set,
            records: Vec::new(),
            as_of,
            incomplete: false,
            room: Room::default(),
            memo: Memo::default(),
        };
        Self {
            set: Arc::new(stored),
            freshness: Freshness::NotLinked,
        }
    }

    /// Believes a stored set again, if it is of the tenant, patient and kind that are asked for.
    pub fn reopen(
        target: &RecordTarget,
        set: RecordSet,
        stored: Arc<StoredSet>,
        freshness: Freshness,
    ) -> Option<Self> {
        let same = stored.tenant == *target.tenant()
            && stored.patient == *target.patient()
            && stored.at_source == *target.at_source()
            && stored.set == set
            && set.resource_type() == target.resource_type();
        same.then_some(Self {
            set: stored,
            freshness,
        })
    }

    /// The set as the cache keeps it.
    pub const fn stored(&self) -> &Arc<StoredSet> {
        &self.set
    }

    /// Which set.
    pub fn set(&self) -> RecordSet {
        self.set.set
    }

    /// How it was come by.
    pub const fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// When the source was asked.
    pub fn as_of(&self) -> Timestamp {
        self.set.as_of
    }

    /// Whether something was cut or dropped.
    pub fn is_incomplete(&self) -> bool {
        self.set.incomplete
    }

    /// The headers, in default order.
    pub fn headers(&self) -> impl Iterator<Item = &Header> {
        self.set.records.iter().map(|record| &record.header)
    }

    pub(crate) fn records(&self) -> &[Record] {
        &self.set.records
    }
}

fn claim_one(
    record: Record,
    set: RecordSet,
    patient: &PatientAddress<'_>,
    origin: &Origin<'_>,
    drops: &mut Drops,
) -> Option<Record> {
    if let Ownership::Foreign(_) = ownership(&record.header, patient.upstream, origin.base_url) {
        drops.foreign += 1;
        return None;
    }
    if !set.is_authority_for(&record.header) {
        // What cannot be told apart from the authority's own record leaves a hole in the set.
        if record.header.category_unreadable {
            drops.unreadable += 1;
        } else {
            drops.copies += 1;
        }
        return None;
    }
    let Ok(record) = without_other_patients(record, patient.upstream, origin.base_url) else {
        drops.unreadable += 1;
        return None;
    };
    let rewritten = origin
        .book
        .rewrite(record, origin.base, patient, origin.public_url);
    drops.unaddressable += usize::from(rewritten.is_err());
    let stripped = without_restricted(rewritten.ok()?);
    drops.unreadable += usize::from(stripped.is_none());
    stripped
}

/// Takes restricted extensions out, which nobody sees. What they said of sensitivity and
/// readability still counts for what is left.
fn without_restricted(record: Record) -> Option<Record> {
    let codings = record.header.other_codings.clone();
    let unreadable = (
        record.header.labels_unreadable,
        record.header.codes_unreadable,
        record.header.other_codings_unreadable,
    );
    let mut record = strip_restricted(record).ok()?;
    record.header.other_codings = codings;
    record.header.labels_unreadable |= unreadable.0;
    record.header.codes_unreadable |= unreadable.1;
    record.header.other_codings_unreadable |= unreadable.2;
    Some(record)
}

/// One record for each id; the newest `meta.lastUpdated` stays. Records that share a business
/// identifier all stay here: which of them counts is decided among those that are visible.
fn without_duplicates(records: Vec<Record>, zone: &TimeZone, drops: &mut Drops) -> Vec<Record> {
    let before = records.len();
    let mut newest: HashMap<Box<str>, (Option<Timestamp>, usize)> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        let updated = last_updated(&record.header, zone);
        let best = newest
            .entry(record.header.id.clone())
            .or_insert((updated, index));
        if updated > best.0 {
            *best = (updated, index);
        }
    }
    let mut index = 0..;
    let mut records = records;
    records.retain(|record| newest.get(&record.header.id).map(|best| best.1) == index.next());
    drops.duplicates += before - records.len();
    records
}

pub(super) fn last_updated(header: &Header, zone: &TimeZone) -> Option<Timestamp> {
    header
        .last_updated
        .as_ref()
        .and_then(|date| date.interval(zone).start)
}

#[cfg(test)]
#[path = "owned_tests.rs"]
mod tests;
