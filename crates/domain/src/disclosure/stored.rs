//! An owned set at rest, as the cache keeps it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use portal_fhir::{Header, Record};

use crate::id::{PatientId, TenantId};
use crate::release::{Floor, ReleaseRules};
use crate::sensitivity::{CodeLists, LabelMode, SensitivityClass, classify};
use crate::source::RecordSet;

use super::Room;

/// One whole owned set, with whom it belongs to. What a cache gives back is only believed again
/// by [`super::Owned::reopen`].
pub struct StoredSet {
    /// The tenant it was fetched for.
    pub tenant: TenantId,
    /// The patient whose it is.
    pub patient: PatientId,
    /// The id that the source knew the patient by.
    pub at_source: PatientId,
    /// Which set.
    pub set: RecordSet,
    /// The records with their addresses here, in default order.
    pub records: Vec<Record>,
    /// When the source was asked.
    pub as_of: Timestamp,
    /// Whether something was cut or dropped.
    pub incomplete: bool,
    /// What its bytes take of the budget of memory. Never stored.
    pub room: Room,
    /// What is derived of it, at most once.
    pub memo: Memo,
}

/// What was derived of a set for as long as it stays in memory. Never stored.
#[derive(Default)]
pub struct Memo {
    classes: OnceLock<(Arc<CodeLists>, LabelMode, Arc<[SensitivityClass]>)>,
    floors: OnceLock<(ReleaseRules, Arc<[Floor]>)>,
    namesakes: OnceLock<Box<[Box<[u32]>]>>,
    vital_signs: OnceLock<Box<[bool]>>,
}

impl StoredSet {
    /// The sensitivity class of each record, by lists that a tenant seldom changes: kept for those
    /// it was asked for first, computed for others.
    pub(crate) fn classes(
        &self,
        mode: LabelMode,
        lists: &Arc<CodeLists>,
    ) -> Arc<[SensitivityClass]> {
        let classify = || {
            let headers = self.records.iter().map(|record| &record.header);
            headers
                .map(|header| classify(header, mode, lists))
                .collect()
        };
        let (known_lists, known_mode, known) = self
            .memo
            .classes
            .get_or_init(|| (Arc::clone(lists), mode, classify()));
        if *known_mode == mode && Arc::ptr_eq(known_lists, lists) {
            Arc::clone(known)
        } else {
            classify()
        }
    }

    /// The floor of each record, by the rules of its source, which do not change while the service
    /// runs.
    pub(crate) fn floors(&self, rules: &ReleaseRules) -> Arc<[Floor]> {
        let judge = || {
            let headers = self.records.iter().map(|record| &record.header);
            headers.map(|header| Floor::of(header, rules)).collect()
        };
        let (known_rules, known) = self.memo.floors.get_or_init(|| (rules.clone(), judge()));
        if known_rules == rules {
            Arc::clone(known)
        } else {
            judge()
        }
    }

    /// Of each record whether it is a vital sign, by its category.
    pub(super) fn vital_signs(&self) -> &[bool] {
        let headers = || self.records.iter().map(|record| &record.header);
        let derive = || headers().map(is_vital_sign).collect();
        self.memo.vital_signs.get_or_init(derive)
    }

    /// The records that have all their business identifiers in common with another one, by their
    /// places, group by group.
    pub(super) fn namesakes(&self) -> &[Box<[u32]>] {
        self.memo.namesakes.get_or_init(|| namesakes(&self.records))
    }
}

fn is_vital_sign(header: &Header) -> bool {
    let mut categories = header.categories.iter();
    categories.any(|category| category.code.as_deref() == Some("vital-signs"))
}

/// Business identifiers, system and value of each.
type Identity<'a> = Vec<(&'a str, &'a str)>;

fn namesakes(records: &[Record]) -> Box<[Box<[u32]>]> {
    let mut places: BTreeMap<Identity<'_>, Vec<u32>> = BTreeMap::new();
    for (place, record) in (0u32..).zip(records) {
        if let Some(identity) = identity(&record.header) {
            places.entry(identity).or_default().push(place);
        }
    }
    let groups = places.into_values().filter(|places| places.len() > 1);
    groups.map(Vec::into_boxed_slice).collect()
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

impl std::fmt::Debug for StoredSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSet")
            .field("set", &self.set)
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}
