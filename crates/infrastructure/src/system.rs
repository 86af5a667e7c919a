//! The clock and the randomness of the machine.

use aws_lc_rs::rand;
use jiff::Timestamp;
use portal_application::ports::{Clock, Ids};
use ulid::Ulid;

/// The machine's civil clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// ULIDs whose 80 random bits come from the operating system's generator, so that none can be
/// guessed from another.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn ulid(&self, now: Timestamp) -> Ulid {
        let mut random = [0; 16];
        rand::fill(&mut random).expect("the system's generator does not fail once it is seeded");
        let millisecond = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Ulid::from_parts(millisecond, u128::from_be_bytes(random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn an_id_carries_its_time_and_never_comes_twice() {
        let now = Timestamp::from_millisecond(1_700_000_000_123).expect("in range");
        let ids: HashSet<Ulid> = (0..1_000).map(|_| SystemIds.ulid(now)).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.timestamp_ms() == 1_700_000_000_123));
    }
}
