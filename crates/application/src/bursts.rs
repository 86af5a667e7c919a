//! Many events about the same records within a moment are one change: a source is not to be asked
//! anew for each of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use moka::ops::compute::Op;
use moka::sync::Cache;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::Source;

/// How far two invalidations of the same records are apart, in one pod.
const APART: Duration = Duration::from_secs(1);
/// Events that were put off are back by then.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
const REMEMBERED: u64 = 20_000;

/// Which records, and the stream that says so; of what comes in none, an empty name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Changed {
    pub(crate) stream: String,
    pub(crate) tenant: TenantId,
    pub(crate) patient: PatientId,
    pub(crate) source: Source,
}

/// When records were last invalidated, and the place in the stream up to which that holds.
#[derive(Debug, Clone, Copy)]
struct Invalidated {
    at: Instant,
    covers: u64,
}

/// What is to be done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Invalidate now; it will hold for events up to this place.
    Now(u64),
    /// It was invalidated after this event came.
    Covered,
    /// Not so soon after the last time.
    Later(Duration),
}

/// What this pod has invalidated in the last moment. Instants are arguments.
pub(crate) struct Bursts {
    /// The last place that was seen of each stream. What stands before it was said before, so an
    /// invalidation that begins now holds for it too, whoever has it in hand.
    seen: Mutex<HashMap<String, u64>>,
    invalidated: Cache<Changed, Invalidated>,
}

impl Bursts {
    pub(crate) fn new() -> Self {
        Self {
            seen: Mutex::default(),
            invalidated: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REMEMBERED_FOR)
                .build(),
        }
    }

    /// Whose turn it is: the event's at this place of its stream, or nobody's.
    pub(crate) fn turn(&self, changed: &Changed, sequence: u64, now: Instant) -> Turn {
        let seen = self.see(&changed.stream, sequence);
        let mut turn = Turn::Now(seen);
        let entry = self.invalidated.entry_by_ref(changed);
        entry.and_compute_with(|last| {
            let last = last.map(moka::Entry::into_value);
            turn = match last {
                Some(last) if sequence <= last.covers => Turn::Covered,
                Some(last) if now < last.at + APART => Turn::Later(last.at + APART - now),
                Some(_) | None => Turn::Now(seen),
            };
            match turn {
                Turn::Now(_) => Op::Put(Invalidated {
                    at: now,
                    covers: last.map_or(0, |last| last.covers),
                }),
                Turn::Covered | Turn::Later(_) => Op::Nop,
            }
        });
        turn
    }

    /// Notes that an invalidation is done that began when places up to `covers` had been seen.
    pub(crate) fn done(&self, changed: &Changed, covers: u64) {
        let entry = self.invalidated.entry_by_ref(changed);
        entry.and_compute_with(|last| match last.map(moka::Entry::into_value) {
            Some(last) => Op::Put(Invalidated {
                covers: last.covers.max(covers),
                ..last
            }),
            None => Op::Nop,
        });
    }

    fn see(&self, stream: &str, sequence: u64) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = seen.get_mut(stream) {
            *last = sequence.max(*last);
            return *last;
        }
        seen.insert(stream.to_owned(), sequence);
        sequence
    }
}

#[cfg(test)]
#[path = "bursts_tests.rs"]
mod tests;
