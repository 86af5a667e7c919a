//! How often a refusal is written down: enough to see it, not enough to flood the journal.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Refusals journaled one by one for each caller, code and minute; further ones are counted.
const EACH_MINUTE: u32 = 10;
const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// Callers told apart at once; beyond, refusals are journaled without counting.
const MAX_KEYS: usize = 10_000;

/// Who was refused, and why: a keyed or opaque text and the reason's code.
pub(crate) type DenialKey = (String, &'static str);

struct Tally {
    since: Timestamp,
    written: u32,
    suppressed: u32,
}

/// The tallies of this pod.
#[derive(Default)]
pub(crate) struct Denials {
    tallies: Mutex<HashMap<DenialKey, Tally>>,
}

impl Denials {
    /// How many refusals the journal's next line stands for; none if this one is only counted.
    /// The first line after a full minute also stands for those that were counted before it.
    pub(crate) fn admit(&self, key: DenialKey, now: Timestamp) -> Option<u32> {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if tallies.len() >= MAX_KEYS {
            tallies.retain(|_, tally| now.duration_since(tally.since) < WINDOW);
            if tallies.len() >= MAX_KEYS {
                return Some(1);
            }
        }
        let tally = tallies.entry(key).or_insert(Tally {
            since: now,
            written: 0,
            suppressed: 0,
        });
        if now.duration_since(tally.since) >= WINDOW {
            let stands_for = tally.suppressed.saturating_add(1);
            *tally = Tally {
                since: now,
                written: 1,
                suppressed: 0,
            };
            return Some(stands_for);
        }
        if tally.written < EACH_MINUTE {
            tally.written += 1;
            return Some(1);
        }
        tally.suppressed = tally.suppressed.saturating_add(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn ten_a_minute_are_written_and_the_rest_is_counted() {
        let denials = Denials::default();
        let key = || ("caller".to_owned(), "insufficient-scope");
        let written = (0..25)
            .filter_map(|_| denials.admit(key(), at(0)))
            .sum::<u32>();
        assert_eq!(written, 10);
        assert_eq!(denials.admit(key(), at(60)), Some(16));
        assert_eq!(
            denials.admit(("other".to_owned(), "insufficient-scope"), at(60)),
            Some(1)
        );
    }
}
