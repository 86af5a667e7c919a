//! Hashes that nobody without the key can repeat.

use std::fmt;

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::KeyRing;

/// HMAC-SHA-256 (RFC 2104) for one purpose: names in stores and logs that must not tell whom they
/// stand for. Always under the oldest key of the ring, so that adding a key changes no name.
pub struct KeyedHash {
    key: Key,
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyedHash(****)")
    }
}

impl KeyedHash {
    /// The hash of a purpose. Purposes never share a name, so the same person has another one in
    /// each.
    pub fn new(ring: &KeyRing, purpose: &'static str) -> Self {
        let secret = ring
            .derive(0, purpose, "")
            .expect("a ring holds a key, and HKDF-SHA256 gives 32 bytes of it");
        Self {
            key: Key::new(HMAC_SHA256, secret.as_slice()),
        }
    }

    /// The hash of a list of parts; no two lists are the same input.
    pub fn of(&self, parts: &[&str]) -> [u8; 32] {
        let mut context = Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// Half of the hash, 128 bits, as 22 letters of base64url.
    pub fn text(&self, parts: &[&str]) -> String {
        let hash = self.of(parts);
        let (half, _) = hash.split_at(16);
        URL_SAFE_NO_PAD.encode(half)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::{TEXT, day};
    use super::*;

    #[test]
    fn a_hash_depends_on_purpose_and_on_where_parts_end() {
        let ring = KeyRing::parse(TEXT, day("2026-02-01")).expect("valid");
        let keys = KeyedHash::new(&ring, "redis-key");
        let logs = KeyedHash::new(&ring, "log-id");
        assert_eq!(keys.of(&["a", "b"]), keys.of(&["a", "b"]));
        assert_ne!(keys.of(&["a", "b"]), keys.of(&["ab", ""]));
        assert_ne!(keys.of(&["a", "b"]), logs.of(&["a", "b"]));
        assert_eq!(keys.text(&["a"]).len(), 22);
    }

    #[test]
    fn a_newer_key_changes_no_name() {
        let (old, _) = TEXT.split_once(',').expect("two keys");
        let before = KeyRing::parse(old, day("2026-02-01")).expect("valid");
        let after = KeyRing::parse(TEXT, day("2026-02-01")).expect("valid");
        let name = |ring: &KeyRing| KeyedHash::new(ring, "log-id").text(&["a"]);
        assert_eq!(name(&before), name(&after));
    }
}
