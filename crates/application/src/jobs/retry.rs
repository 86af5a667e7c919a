//! How long what failed waits before it is tried again.

use jiff::SignedDuration;
use ulid::Ulid;

const LONGEST_WAIT_MS: u64 = 300_000;

/// Twice as long each time, up to five minutes; of that the second half by chance, so that what
/// failed together does not come back together.
pub(super) fn wait(attempts: u32, chance: Ulid) -> SignedDuration {
    let whole = 1_000_u64 << attempts.min(9);
    let half = whole.min(LONGEST_WAIT_MS) / 2;
    let extra = chance.random() % u128::from(half + 1);
    let extra = u64::try_from(extra).expect("it is less than half");
    SignedDuration::from_millis((half + extra).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes_and_is_half_chance() {
        for (attempts, seconds) in [(0, 1), (3, 8), (9, 300), (u32::MAX, 300)] {
            let whole = SignedDuration::from_secs(seconds);
            let [least, most] = [0, u128::MAX].map(|bits| wait(attempts, Ulid(bits)));
            assert_eq!(least, whole / 2, "{attempts}");
            assert!(most > least && most <= whole, "{attempts}");
        }
    }
}
