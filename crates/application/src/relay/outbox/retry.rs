//! When a message that the bus did not take is tried again, and when it is given up.

use std::time::Duration;

use portal_domain::id::OutboxEventId;

use crate::ports::{OutboxMessage, PublishOutcome};

/// Failures after which a message is a dead letter.
const MOST_FAILURES: u32 = 20;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// What becomes of a message that failed once more.
pub(super) fn after_failure(message: &OutboxMessage, cause: &'static str) -> PublishOutcome {
    let failures = message.attempts.saturating_add(1);
    if failures >= MOST_FAILURES {
        PublishOutcome::Dead(cause)
    } else {
        PublishOutcome::Retry(wait(message.event_id, failures))
    }
}

/// Twice as long after each failure, and between half and all of that, so that what failed
/// together does not come back together. The jitter needs no source of its own: an id ends in
/// random bits.
fn wait(id: OutboxEventId, failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let bits = id.ulid().random() >> (failures % 16 * 4);
    let jitter = u32::try_from(bits & 0xff).unwrap_or_default();
    longest / 2 + longest / 2 * jitter / 0xff
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn waits(random: u128) -> Vec<Duration> {
        let id = OutboxEventId::new(Ulid::from_parts(0, random));
        (1..MOST_FAILURES)
            .map(|failures| wait(id, failures))
            .collect()
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        let longest = waits(u128::MAX);
        assert_eq!(longest[..3], [0.5, 1.0, 2.0].map(Duration::from_secs_f64));
        assert_eq!(longest[18], LONGEST_WAIT);
        let shortest = waits(0);
        for (longest, shortest) in longest.into_iter().zip(shortest) {
            assert_eq!(shortest, longest / 2);
        }
    }

    #[test]
    fn messages_that_failed_together_come_back_apart() {
        let first = |n: u128| waits(n)[0];
        let mut distinct: Vec<_> = (0..100).map(|n| first(n << 4)).collect();
        distinct.dedup();
        assert_eq!(distinct.len(), 100);
    }
}
