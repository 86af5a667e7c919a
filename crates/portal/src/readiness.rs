//! Whether requests should be sent here.

use std::time::{Duration, Instant};

/// How long PostgreSQL may be away before the pod stops being ready. All pods lose it together, and
/// a fleet that vanished could not even say 503.
const PATIENCE: Duration = Duration::from_secs(30);

/// Latches once everything that is needed was seen; only a long absence of PostgreSQL opens it.
#[derive(Debug, Default)]
pub struct Readiness {
    latched: bool,
    lost_since: Option<Instant>,
}

/// What was seen at one look.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// PostgreSQL answers, with the right logins and schema.
    pub database: bool,
    /// There are keys to verify tokens with.
    pub keys: bool,
    /// The list of revoked tokens was read whole.
    pub revocations: bool,
}

impl Readiness {
    /// Takes a look into account and tells whether the pod is ready.
    pub fn observe(&mut self, now: Instant, seen: Seen) -> bool {
        self.latched |= seen.database && seen.keys && seen.revocations;
        if seen.database {
            self.lost_since = None;
        } else {
            self.lost_since.get_or_insert(now);
        }
        let given_up = self
            .lost_since
            .is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE);
        self.latched && !given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Seen = Seen {
        database: true,
        keys: true,
        revocations: true,
    };
    const NO_DATABASE: Seen = Seen {
        database: false,
        ..ALL
    };
    const NO_KEYS: Seen = Seen { keys: false, ..ALL };
    const NO_LIST: Seen = Seen {
        revocations: false,
        ..ALL
    };

    #[test]
    fn everything_must_be_seen_once() {
        let (mut readiness, now) = (Readiness::default(), Instant::now());
        assert!(!readiness.observe(now, NO_KEYS));
        assert!(!readiness.observe(now, NO_DATABASE));
        assert!(!readiness.observe(now, NO_LIST));
        assert!(readiness.observe(now, ALL));
        assert!(readiness.observe(now, NO_KEYS));
        assert!(readiness.observe(now, NO_LIST));
    }

    #[test]
    fn a_loss_of_the_database_counts_after_thirty_seconds() {
        let (mut readiness, start) = (Readiness::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(readiness.observe(start, ALL));
        assert!(readiness.observe(after(1), NO_DATABASE));
        assert!(readiness.observe(after(30), NO_DATABASE));
        assert!(!readiness.observe(after(31), NO_DATABASE));
        assert!(readiness.observe(after(32), ALL));
        assert!(readiness.observe(after(33), NO_DATABASE));
    }
}
