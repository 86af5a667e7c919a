//! What policy lets this caller see.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
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
        visible
            .retain(|index| permit.covers(owned.set(), &owned.records()[*index as usize].header));
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

    /// The visible records, in default order.
    pub fn records(&self) -> impl Iterator<Item = ReleasedRecord> + '_ {
        self.visible.iter().map(|index| ReleasedRecord {
            set: Arc::clone(self.owned.stored()),
            index: *index,
            edited: self.reduced.get(index).cloned(),
        })
    }

    /// The headers of the visible records, in default order.
    pub fn headers(&self) -> impl Iterator<Item = &Header> {
        let records = self.owned.records();
        self.visible
            .iter()
            .map(|index| match self.reduced.get(index) {
                Some(reduced) => &reduced.header,
                None => &records[*index as usize].header,
            })
    }
}

/// The records that policy shows, each business identifier once.
pub(super) fn visible(owned: &Owned, verdicts: &Verdicts, zone: &TimeZone) -> Vec<u32> {
    let visible = (0u32..)
        .zip(owned.records())
        .map(|(index, _)| index)
        .filter(|index| verdicts.at(*index as usize).is_none())
        .collect();
    without_superseded(visible, owned.records(), zone)
}

/// Business identifiers, system and value of each.
type Identity<'a> = Vec<(&'a str, &'a str)>;

/// Of visible records with the same business identifiers (system and value), the newest
/// `meta.lastUpdated` stays. All of them have to be the same: that of a group, which all bills of a
/// batch share, makes nothing of them one. Decided here and not when a set is claimed: a newer
/// record that is withheld must not take a visible one along, for its absence would tell of it.
fn without_superseded(mut visible: Vec<u32>, records: &[Record], zone: &TimeZone) -> Vec<u32> {
    let mut newest: HashMap<Identity<'_>, (Option<Timestamp>, u32)> = HashMap::new();
    let mut superseded = HashSet::new();
    for index in &visible {
        let header = &records[*index as usize].header;
        let Some(identity) = identity(header) else {
            continue;
        };
        let this = (last_updated(header, zone), *index);
        let best = newest.entry(identity).or_insert(this);
        if this.1 != best.1 {
            let older = if this.0 > best.0 {
                std::mem::replace(best, this)
            } else {
                this
            };
            superseded.insert(older.1);
        }
    }
    visible.retain(|index| !superseded.contains(index));
    visible
}

/// The identifiers that have a system, in order; none without any.
fn identity(header: &Header) -> Option<Identity<'_>> {
    let known = header.identifiers.iter().filter_map(|identifier| {
        Some((identifier.system.as_deref()?, identifier.value.as_deref()?))
    });
    let mut known: Vec<_> = known.collect();
    known.sort_unstable();
    (!known.is_empty()).then_some(known)
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
