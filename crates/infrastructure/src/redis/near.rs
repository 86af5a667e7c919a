//! Opened copies in the process, in front of Redis. A copy answers only while Redis says that its
//! generation is the present one, so it saves the bytes and the opening, not the question.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use portal_application::ports::{Clock, Generation};
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::StoredSet;
use portal_domain::source::RecordSet;
use portal_fhir::Record;

use super::encoding;

/// Nothing opened stays in memory longer than any set is of use.
const KEPT_FOR: Duration = Duration::from_mins(1);
/// What a header takes in memory, roughly, beside its resource.
const HEADER_BYTES: usize = 1_024;
const REFERENCE_BYTES: usize = 128;
const CONTAINED_BYTES: usize = 512;

/// One opened set, with the key of the generation that it is good for.
pub(super) struct NearSet {
    pub(super) generation_key: String,
    pub(super) generation: Generation,
    pub(super) stored: Arc<StoredSet>,
}

type Key = (RecordTarget, RecordSet);

/// The copies of this process, bounded by their weight in bytes.
pub(super) struct NearSets {
    sets: Cache<Key, Arc<NearSet>>,
    clock: Arc<dyn Clock>,
}

impl NearSets {
    pub(super) fn new(bytes: u64, clock: Arc<dyn Clock>) -> Self {
        let sets = Cache::builder()
            .max_capacity(bytes)
            .weigher(weight)
            .time_to_live(KEPT_FOR)
            .build();
        Self { sets, clock }
    }

    /// The copy of a set, while it counts as fresh: beyond that Redis is asked, where another pod
    /// may have stored a newer one.
    pub(super) fn get(&self, target: &RecordTarget, set: RecordSet) -> Option<Arc<NearSet>> {
        let near = self.sets.get(&(target.clone(), set))?;
        let age = self.clock.now().duration_since(near.stored.as_of);
        (age <= set.fresh_for()).then_some(near)
    }

    pub(super) fn keep(&self, target: &RecordTarget, near: NearSet) {
        let key = (target.clone(), near.stored.set);
        self.sets.insert(key, Arc::new(near));
    }
}

fn weight(_: &Key, near: &Arc<NearSet>) -> u32 {
    let header = |record: &Record| {
        let header = &record.header;
        let references = header.references.len() + header.links.len();
        HEADER_BYTES + references * REFERENCE_BYTES + header.contained.len() * CONTAINED_BYTES
    };
    let headers: usize = near.stored.records.iter().map(header).sum();
    u32::try_from(encoding::resource_bytes(&near.stored) + headers).unwrap_or(u32::MAX)
}
