//! Ids: UUIDs, or the platform's `obs_01J…`.

use rand::Rng as _;
use rand::rngs::StdRng;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes the ids of one person's resources, in one form or in turn.
pub(super) struct Ids {
    is_platform: bool,
}

impl Ids {
    /// `starts_with_platform` decides the form of the first id; the forms
    /// then take turns.
    pub(super) fn new(starts_with_platform: bool) -> Self {
        Self {
            is_platform: starts_with_platform,
        }
    }

    /// The next id; `prefix` is that of the platform's form.
    pub(super) fn next(&mut self, prefix: &str, random: &mut StdRng) -> String {
        let is_platform = self.is_platform;
        self.is_platform = !is_platform;
        if is_platform {
            platform(prefix, random)
        } else {
            uuid(random)
        }
    }
}

/// A prefix, an underscore and a ULID of the years 2023 to 2025.
fn platform(prefix: &str, random: &mut StdRng) -> String {
    let ulid = (0..23).map(|_| char::from(CROCKFORD[random.random_range(0..CROCKFORD.len())]));
    format!("{prefix}_01J{}", ulid.collect::<String>())
}

/// A random UUID (RFC 9562, 5.4).
fn uuid(random: &mut StdRng) -> String {
    let bits: u128 = random.random();
    let bits = bits & !(0xf000_u128 << 64) | (0x4000_u128 << 64);
    let bits = bits & !(0xc000_u128 << 48) | (0x8000_u128 << 48);
    let hex = format!("{bits:032x}");
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}
