//! What policy lets this caller see.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use portal_fhir::{Header, Record, mask_references, project, retain_targets};

use crate::access::ReadPermit;
use crate::release::{Masks, Verdicts};
use crate::source::RecordSet;

use super::owned::last_updated;
use super::{Freshness, Owned, StoredSet};

/// The visible part of one owned set. Its bytes stay closed until a [`super::Disclosure`].
#[derive(Debug)]
pub struct Released {
    owned: Owned,
    visible: Vec<u32>,
    // Of records that are shown in part: empty for nearly every answer.
    reduced: HashMap<u32, Arc<Record>>,
}

/// One visible record on its way out. Gives its header for filters and order, not its bytes.
#[derive(Clone)]
pub struct ReleasedRecord {
    set: Arc<StoredSet>,
    index: u32,
    // The record as it is shown, when that is not as it is kept.
    edited: Option<Arc<Record>>,
}

impl Released {
    /// Filters an owned set by its verdicts. `None` where permit, set and verdicts are not of the
    /// same kind, patient, viewer and moment.
    pub fn filter(permit: &ReadPermit<'_>, owned: Owned, verdicts: &Verdicts) -> Option<Self> {
        let same_kind = permit.resource_type() == owned.set().resource_type()
            && verdicts.set() == owned.set()
            && verdicts.judged_for() == permit.judged_for()
            && permit.target().patient() == &owned.stored().patient
            && permit.target().tenant() == &owned.stored().tenant;
        if !same_kind {
            return None;
        }
        let mut visible = visible(&owned, verdicts, &permit.tenant().time_zone);
        // Behind the choice among duplicates: an answer under granular scopes is the whole answer,
        // filtered.
        if !permit.covers_all(owned.set()) {
            let covers =
                |index: &u32| permit.covers(owned.set(), &owned.records()[*index as usize].header);
            visible.retain(covers);
        }
        let mut released = Self {
            owned,
            visible,
            reduced: HashMap::new(),
        };
        if let Some(members) = permit.patient_members() {
            released.reduce(members);
        }
        Some(released)
    }

    /// Leaves only these members of each record, for filters as for the answer; one of which that
    /// cannot be done is not shown.
    fn reduce(&mut self, members: &[&str]) {
        let records = self.owned.records();
        let reduced = self.visible.iter().filter_map(|index| {
            let record = project(&records[*index as usize], members)?;
            Some((*index, Arc::new(record)))
        });
        self.reduced = reduced.collect();
        let shown = &self.reduced;
        self.visible.retain(|index| shown.contains_key(index));
    }

    /// Which set.
    pub fn set(&self) -> RecordSet {
        self.owned.set()
    }

    /// How it was come by.
    pub const fn freshness(&self) -> Freshness {
        self.owned.freshness()
    }

    /// How many records are visible.
    pub const fn len(&self) -> usize {
        self.visible.len()
    }

    /// Whether none is.
    pub const fn is_empty(&self) -> bool {
        self.visible.is_empty()
    }

    /// The visible records, in default order.
    pub fn records(&self) -> impl Iterator<Item = ReleasedRecord> + '_ {
        self.visible.iter().map(|index| self.record(*index))
    }

    /// The visible record at a place among them.
    pub fn at(&self, place: usize) -> Option<ReleasedRecord> {
        let index = *self.visible.get(place)?;
        Some(self.record(index))
    }

    fn record(&self, index: u32) -> ReleasedRecord {
        ReleasedRecord {
            set: Arc::clone(self.owned.stored()),
            index,
            edited: self.reduced.get(&index).cloned(),
        }
    }

    /// The header of the visible record at a place among them.
    pub fn header(&self, place: usize) -> Option<&Header> {
        self.visible.get(place).map(|index| self.header_of(*index))
    }

    /// The headers of the visible records, in default order.
    pub fn headers(&self) -> impl Iterator<Item = &Header> {
        self.visible.iter().map(|index| self.header_of(*index))
    }

    /// Leaves what a filter lets through.
    pub fn retain(&mut self, matches: impl Fn(&Header) -> bool) {
        let (owned, reduced) = (&self.owned, &self.reduced);
        self.visible
            .retain(|index| matches(header_of(owned, reduced, *index)));
    }

    /// Leaves what is of the category `vital-signs`. Of a long record most headers are far away in
    /// memory: this reads none of them.
    pub fn retain_vital_signs(&mut self) {
        let signs = self.owned.stored().vital_signs();
        let is_sign = |index: &u32| signs.get(*index as usize).copied().unwrap_or_default();
        self.visible.retain(is_sign);
    }

    fn header_of(&self, index: u32) -> &Header {
        header_of(&self.owned, &self.reduced, index)
    }
}

/// The header as it is shown.
fn header_of<'a>(
    owned: &'a Owned,
    reduced: &'a HashMap<u32, Arc<Record>>,
    index: u32,
) -> &'a Header {
    match reduced.get(&index) {
        Some(reduced) => &reduced.header,
        None => &owned.records()[index as usize].header,
    }
}

/// The records that policy shows, each business identifier once.
pub(super) fn visible(owned: &Owned, verdicts: &Verdicts, zone: &TimeZone) -> Vec<u32> {
    let mut visible = Vec::with_capacity(owned.records().len());
    for shown in verdicts.shown() {
        visible.extend(shown);
    }
    let superseded = superseded(&visible, owned, zone);
    if !superseded.is_empty() {
        visible.retain(|place| !superseded.contains(place));
    }
    visible
}

/// Of visible records with the same business identifiers (system and value), the newest
/// `meta.lastUpdated` stays. All of them have to be the same: that of a group, which all bills of a
/// batch share, makes nothing of them one. Decided here and not when a set is claimed: a newer
/// record that is withheld must not take a visible one along, for its absence would tell of it.
fn superseded(visible: &[u32], owned: &Owned, zone: &TimeZone) -> HashSet<u32> {
    let records = owned.records();
    let updated = |place: u32| last_updated(&records[place as usize].header, zone);
    let mut superseded = HashSet::new();
    for group in owned.stored().namesakes() {
        let mut seen = group
            .iter()
            .filter(|place| visible.binary_search(place).is_ok());
        let Some(mut newest) = seen.next() else {
            continue;
        };
        for place in seen {
            let newer = updated(*place) > updated(*newest);
            superseded.insert(*if newer {
                std::mem::replace(&mut newest, place)
            } else {
                place
            });
        }
    }
    superseded
}

impl ReleasedRecord {
    /// The header, for filters and order.
    pub fn header(&self) -> &Header {
        &self.record().header
    }

    /// Masks the references to what is withheld.
    #[must_use]
    pub fn masked(mut self, masks: &Masks) -> Self {
        if let Some(masked) = mask_references(self.record(), |target| masks.hides(target)) {
            self.edited = Some(Arc::new(masked));
        }
        self
    }

    /// Leaves a Provenance only the targets that are shown; `None` when none is left.
    #[must_use]
    pub fn about(mut self, shown: impl Fn(&str) -> bool) -> Option<Self> {
        let retained = retain_targets(self.record(), shown).ok()??;
        self.edited = Some(Arc::new(retained));
        Some(self)
    }

    /// The resource of a directory, which is nobody's record and so no secret of a receipt.
    pub fn directory(&self) -> Option<&[u8]> {
        let record = self.record();
        let is_directory = record.header.resource_type.is_directory();
        is_directory.then_some(&*record.bytes)
    }

    pub(super) fn record(&self) -> &Record {
        match &self.edited {
            Some(edited) => edited,
            None => &self.set.records[self.index as usize],
        }
    }
}

impl std::fmt::Debug for ReleasedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReleasedRecord({:?}, ****)", self.set.set)
    }
}

#[cfg(test)]
#[path = "released_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "proxies_tests.rs"]
mod proxies_tests;
