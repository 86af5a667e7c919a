//! An owned set at rest, as the cache keeps it.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use portal_fhir::Record;

use crate::id::{PatientId, TenantId};
use crate::sensitivity::{CodeLists, LabelMode, SensitivityClass, classify};
use crate::source::RecordSet;

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
    /// What is derived of it, at most once.
    pub memo: Memo,
}

/// What was derived of a set for as long as it stays in memory. Never stored.
#[derive(Default)]
pub struct Memo {
    classes: OnceLock<(Arc<CodeLists>, LabelMode, Arc<[SensitivityClass]>)>,
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
}

impl std::fmt::Debug for StoredSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSet")
            .field("set", &self.set)
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}
