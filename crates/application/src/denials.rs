//! How often a refusal is written down: enough to see it, not enough to flood the journal.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use portal_domain::audit::AccessEvent;

/// Refusals journaled one by one for each caller, code and minute; further ones are counted.
const EACH_MINUTE: u32 = 10;
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// Callers told apart at once; beyond, refusals are journaled without counting.
const MAX_KEYS: usize = 10_000;

/// Who was refused, and why: an opaque text and the reason's code.
pub(crate) type DenialKey = (String, &'static str);

struct Tally {
    since: Timestamp,
    written: u32,
    suppressed: u32,
    last: Option<AccessEvent>,
}

/// The tallies of this pod.
#[derive(Default)]
pub(crate) struct Denials {
    tallies: Mutex<HashMap<DenialKey, Tally>>,
}

impl Denials {
    /// The refusal's event, if it is one to be written; otherwise it is counted, and
    /// [`Denials::due`] gives one event for all of its minute.
    pub(crate) fn admit(
        &self,
        key: DenialKey,
        now: Timestamp,
        event: AccessEvent,
    ) -> Option<AccessEvent> {
        let mut tallies = self.lock();
        if tallies.len() >= MAX_KEYS && !tallies.contains_key(&key) {
            return Some(event);
        }
        let tally = tallies.entry(key).or_insert(Tally {
            since: now,
            written: 0,
            suppressed: 0,
            last: None,
        });
        if tally.written < EACH_MINUTE {
            tally.written += 1;
            return Some(event);
        }
        tally.suppressed = tally.suppressed.saturating_add(1);
        tally.last = Some(event);
        None
    }

    /// One event for each caller and code whose minute is over, with the number of refusals that
    /// it stands for; with `all`, also of those whose minute is not over.
    pub(crate) fn due(&self, now: Timestamp, all: bool) -> Vec<AccessEvent> {
        let over = |tally: &Tally| all || now.duration_since(tally.since) >= WINDOW;
        let ended = self
            .lock()
            .extract_if(|_, tally| over(tally))
            .collect::<Vec<_>>();
        ended
            .into_iter()
            .filter_map(|(_, tally)| {
                let mut event = tally.last?;
                event.resource_count = tally.suppressed;
                Some(event)
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DenialKey, Tally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
