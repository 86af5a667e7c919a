//! An owned set at rest, as the cache keeps it.

use jiff::Timestamp;
use portal_fhir::Record;

use crate::id::{PatientId, TenantId};
use crate::source::RecordSet;

/// One whole owned set, with whom it belongs to. What a cache gives back is only believed again
/// by [`super::Owned::reopen`].
pub struct StoredSet {
    /// The tenant it was fetched for.
    pub tenant: TenantId,
    /// The patient whose it is.
    pub patient: PatientId,
    /// Which set.
    pub set: RecordSet,
    /// The records with their addresses here, in default order.
    pub records: Vec<Record>,
    /// When the source was asked.
    pub as_of: Timestamp,
    /// Whether something was cut or dropped.
    pub incomplete: bool,
}

impl std::fmt::Debug for StoredSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSet")
            .field("set", &self.set)
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}
