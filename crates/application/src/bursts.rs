//! Many words about the same records within a moment are one change: a source is not to be asked
//! anew for each of them.

use std::time::{Duration, Instant};

use moka::ops::compute::Op;
use moka::sync::Cache;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::Source;

/// How far two invalidations of the same records are apart, in one pod.
const APART: Duration = Duration::from_secs(1);
const REMEMBERED: u64 = 20_000;

/// Which records, and the stream that says so; of what comes in none, an empty name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Changed {
    pub(crate) stream: String,
    pub(crate) tenant: TenantId,
    pub(crate) patient: PatientId,
    pub(crate) source: Source,
}

/// When records were last invalidated, and the message that will have it done once more.
#[derive(Debug, Clone, Copy)]
struct Last {
    at: Instant,
    waiting: Option<u64>,
}

/// What is to be done about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Invalidate now.
    Now,
    /// Nothing: another message waits, and what it will do is later than this one.
    Covered,
    /// Come back, not so soon after the last time.
    Later(Duration),
}

/// What this pod has invalidated in the last moment. Instants are arguments.
pub(crate) struct Bursts {
    invalidated: Cache<Changed, Last>,
}

impl Bursts {
    pub(crate) fn new() -> Self {
        Self {
            invalidated: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(APART * 2)
                .build(),
        }
    }

    /// The turn of a message, by its number in its stream. The first goes at once. Of those that
    /// come soon after it one comes back, and stands for the others: it is not done before the time
    /// is over, here or at another pod, so what they say is older.
    pub(crate) fn turn(&self, changed: &Changed, message: u64, now: Instant) -> Turn {
        let mut turn = Turn::Now;
        let entry = self.invalidated.entry_by_ref(changed);
        entry.and_compute_with(|last| {
            let last = last.map(moka::Entry::into_value);
            let next = match last.filter(|last| now < last.at + APART) {
                None => Last {
                    at: now,
                    waiting: None,
                },
                Some(last) if last.waiting.is_some_and(|waiting| waiting != message) => {
                    turn = Turn::Covered;
                    return Op::Nop;
                }
                Some(last) => {
                    turn = Turn::Later(last.at + APART - now);
                    Last {
                        waiting: Some(message),
                        ..last
                    }
                }
            };
            Op::Put(next)
        });
        turn
    }
}

#[cfg(test)]
#[path = "bursts_tests.rs"]
mod tests;
