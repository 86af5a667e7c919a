//! The ring of keys that everything else is derived from.

use std::collections::HashSet;
use std::fmt;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use zeroize::Zeroizing;

use crate::fault::{Fault, read_all};

const SETTING: &str = "KEY_RING";
const SALT: &[u8] = b"patient-portal-service key ring 1";

/// Bytes of a ring key and of every key derived from one.
pub(super) const KEY_LENGTH: usize = 32;
/// The longest id of a ring key.
pub(super) const MAX_ID_LENGTH: usize = 16;

pub(super) type Secret = Zeroizing<[u8; KEY_LENGTH]>;

/// Keys with an id and a day of first use, oldest first. The newest one whose day has come seals,
/// all of them open. Never printed.
pub struct KeyRing {
    keys: Vec<RingKey>,
}

struct RingKey {
    id: Box<str>,
    not_before: Timestamp,
    secret: Secret,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyRing(****)")
    }
}

impl KeyRing {
    /// Reads `id:YYYY-MM-DD:key,…`: ids `[a-z0-9]{1,16}`, each once; days in UTC; keys of 32 bytes
    /// as base64url without padding (RFC 4648 section 5). At least one day must have come.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, Vec<Fault>> {
        let mut ids = HashSet::new();
        let mut keys = read_all(SETTING, text.split(','), |entry| {
            let key = read_key(entry)?;
            if !ids.insert(key.id.clone()) {
                return Err("expected an id that no earlier entry has");
            }
            Ok(key)
        })?;
        keys.sort_by_key(|key| key.not_before);
        if keys.first().is_none_or(|oldest| oldest.not_before > now) {
            let message = "expected a key whose first day has come";
            return Err(vec![Fault::new(SETTING, message)]);
        }
        Ok(Self { keys })
    }

    /// Which key seals at a time. A clock that was set back before every key is answered with the
    /// oldest.
    pub(super) fn sealing(&self, now: Timestamp) -> usize {
        self.keys
            .iter()
            .rposition(|key| key.not_before <= now)
            .unwrap_or_default()
    }

    pub(super) fn position(&self, id: &[u8]) -> Option<usize> {
        self.keys.iter().position(|key| key.id.as_bytes() == id)
    }

    pub(super) fn id(&self, position: usize) -> Option<&str> {
        self.keys.get(position).map(|key| &*key.id)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key of a purpose and scope under one ring key. The length before the purpose keeps
    /// apart what would otherwise read the same.
    pub(super) fn derive(&self, position: usize, purpose: &str, scope: &str) -> Option<Secret> {
        let secret = &self.keys.get(position)?.secret;
        let length = u8::try_from(purpose.len()).ok()?;
        let mut derived = Secret::default();
        Salt::new(HKDF_SHA256, SALT)
            .extract(secret.as_slice())
            .expand(
                &[&[length], purpose.as_bytes(), scope.as_bytes()],
                HKDF_SHA256,
            )
            .and_then(|output| output.fill(derived.as_mut_slice()))
            .ok()?;
        Some(derived)
    }
}

fn read_key(entry: &str) -> Result<RingKey, &'static str> {
    let mut parts = entry.split(':');
    let (Some(id), Some(day), Some(key), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("expected id:YYYY-MM-DD:key");
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !(1..=MAX_ID_LENGTH).contains(&id.len()) || !id.bytes().all(plain) {
        return Err("expected an id of [a-z0-9]{1,16}");
    }
    let not_before = day
        .parse::<Date>()
        .and_then(|day| day.to_zoned(TimeZone::UTC))
        .map_err(|_| "expected a day as YYYY-MM-DD")?
        .timestamp();
    let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(key).unwrap_or_default());
    let secret = <[u8; KEY_LENGTH]>::try_from(decoded.as_slice())
        .map_err(|_| "expected a key of 32 bytes as base64url without padding")?;
    Ok(RingKey {
        id: id.into(),
        not_before,
        secret: Zeroizing::new(secret),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const TEXT: &str = "old:2024-01-01:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,\
         new:2026-01-01:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    pub(crate) fn day(text: &str) -> Timestamp {
        format!("{text}T12:00:00Z").parse().expect("a day")
    }

    #[test]
    fn the_newest_key_whose_day_has_come_seals() {
        let ring = KeyRing::parse(TEXT, day("2025-06-01")).expect("valid");
        assert_eq!(ring.id(ring.sealing(day("2025-06-01"))), Some("old"));
        assert_eq!(ring.id(ring.sealing(day("2026-01-01"))), Some("new"));
        assert_eq!(ring.id(ring.sealing(day("2020-01-01"))), Some("old"));
    }

    #[test]
    fn a_ring_without_a_usable_key_is_refused() {
        let faults = KeyRing::parse(TEXT, day("2023-01-01")).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(KeyRing::parse("", day("2026-01-01")).is_err());
    }

    #[test]
    fn every_fault_is_listed_without_the_key() {
        let text = "a:2024-01-01:short,B:2024-01-01:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,\
             c:soon:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,d";
        let faults = KeyRing::parse(text, day("2026-01-01")).unwrap_err();
        assert_eq!(faults.len(), 4);
        let said = format!("{faults:?}");
        assert!(!said.contains("short") && !said.contains("AAAA"));
    }

    #[test]
    fn keys_differ_by_ring_key_purpose_and_scope() {
        let ring = KeyRing::parse(TEXT, day("2026-01-01")).expect("valid");
        let keys = [
            ring.derive(0, "cache", "kabul"),
            ring.derive(1, "cache", "kabul"),
            ring.derive(0, "cache", "herat"),
            ring.derive(0, "cursor", "kabul"),
            ring.derive(0, "cach", "ekabul"),
        ];
        let distinct: HashSet<_> = keys.iter().flatten().map(|key| **key).collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
