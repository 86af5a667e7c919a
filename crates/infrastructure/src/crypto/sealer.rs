//! Sealed bytes: `version · key id length · key id · nonce · ciphertext · tag`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use bytes::Bytes;
use jiff::Timestamp;

use super::KeyRing;

const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;
/// Beyond this many tenants the keys are derived again rather than kept.
const MAX_SCOPES: usize = 10_000;

type Keys = HashMap<Box<str>, Arc<LessSafeKey>>;

/// The bytes are not sealed by this ring, for this purpose, scope and context. Says no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not hold")]
pub struct SealError;

/// Seals and opens bytes of one purpose with AES-256-GCM (NIST SP 800-38D) under a random 96-bit
/// nonce. A scope, such as a tenant, has keys of its own.
pub struct Sealer {
    ring: Arc<KeyRing>,
    purpose: &'static str,
    keys: Vec<RwLock<Keys>>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealer({})", self.purpose)
    }
}

impl Sealer {
    /// A sealer of a purpose.
    pub fn new(ring: Arc<KeyRing>, purpose: &'static str) -> Self {
        let keys = (0..ring.len()).map(|_| RwLock::default()).collect();
        Self {
            ring,
            purpose,
            keys,
        }
    }

    /// Seals what `write` appends, behind the bytes that `sealed` already holds. `context` must be
    /// the same when it is opened.
    pub fn seal_into(
        &self,
        sealed: &mut Vec<u8>,
        scope: &str,
        context: &[u8],
        now: Timestamp,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), SealError> {
        let position = self.ring.sealing(now);
        let key = self.key(position, scope)?;
        let id = self.ring.id(position).ok_or(SealError)?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| SealError)?;
        sealed.push(VERSION);
        sealed.push(u8::try_from(id.len()).map_err(|_| SealError)?);
        sealed.extend_from_slice(id.as_bytes());
        sealed.extend_from_slice(&nonce);
        let begin = sealed.len();
        write(sealed);
        let plain = sealed.get_mut(begin..).ok_or(SealError)?;
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                self.context(id.as_bytes(), context),
                plain,
            )
            .map_err(|_| SealError)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens, in place, what was sealed behind the first `skipped` bytes.
    pub fn open(
        &self,
        mut sealed: Vec<u8>,
        skipped: usize,
        scope: &str,
        context: &[u8],
    ) -> Result<Bytes, SealError> {
        let envelope = Envelope::read(sealed.get(skipped..).ok_or(SealError)?).ok_or(SealError)?;
        let position = self.ring.position(envelope.id).ok_or(SealError)?;
        let aad = self.context(envelope.id, context);
        let nonce = Nonce::try_assume_unique_for_key(envelope.nonce).map_err(|_| SealError)?;
        let begin = skipped + envelope.length;
        let key = self.key(position, scope)?;
        let plain = sealed.get_mut(begin..).ok_or(SealError)?;
        let length = key
            .open_in_place(nonce, aad, plain)
            .map_err(|_| SealError)?
            .len();
        Ok(Bytes::from(sealed).slice(begin..begin + length))
    }

    fn context(&self, id: &[u8], context: &[u8]) -> Aad<Vec<u8>> {
        Aad::from(super::joined([
            [VERSION].as_slice(),
            self.purpose.as_bytes(),
            id,
            context,
        ]))
    }

    fn key(&self, position: usize, scope: &str) -> Result<Arc<LessSafeKey>, SealError> {
        let keys = self.keys.get(position).ok_or(SealError)?;
        let known = keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(scope) {
            return Ok(Arc::clone(key));
        }
        drop(known);
        let secret = self
            .ring
            .derive(position, self.purpose, scope)
            .ok_or(SealError)?;
        let unbound = UnboundKey::new(&AES_256_GCM, secret.as_slice()).map_err(|_| SealError)?;
        let key = Arc::new(LessSafeKey::new(unbound));
        let mut known = keys.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_SCOPES {
            known.clear();
        }
        known.insert(scope.into(), Arc::clone(&key));
        Ok(key)
    }
}

/// What stands before the ciphertext.
struct Envelope<'a> {
    id: &'a [u8],
    nonce: &'a [u8],
    length: usize,
}

impl<'a> Envelope<'a> {
    fn read(sealed: &'a [u8]) -> Option<Self> {
        let (&[version, id_length], rest) = sealed.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(usize::from(id_length))?;
        let (nonce, rest) = rest.split_at_checked(NONCE_LEN)?;
        (version == VERSION && rest.len() >= TAG_LENGTH).then_some(Self {
            id,
            nonce,
            length: sealed.len() - rest.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::{TEXT, day};
    use super::*;
    use proptest::prelude::*;

    fn sealer(text: &str) -> Sealer {
        let ring = KeyRing::parse(text, day("2026-02-01")).expect("valid");
        Sealer::new(Arc::new(ring), "test")
    }

    fn seal(sealer: &Sealer, plain: &[u8], now: &str) -> Vec<u8> {
        let mut bytes = b"before".to_vec();
        sealer
            .seal_into(&mut bytes, "kabul", b"context", day(now), |bytes| {
                bytes.extend_from_slice(plain);
            })
            .expect("sealed");
        bytes
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_to_itself_and_shows_nothing(plain in prop::collection::vec(any::<u8>(), 8..200)) {
            let sealer = sealer(TEXT);
            let sealed = seal(&sealer, &plain, "2026-02-01");
            prop_assert!(!sealed.windows(plain.len()).any(|window| window == plain));
            prop_assert_eq!(sealer.open(sealed, 6, "kabul", b"context"), Ok(Bytes::from(plain)));
        }

        #[test]
        fn a_changed_byte_breaks_the_seal(position in 6usize..60, bit in 0u8..8) {
            let sealer = sealer(TEXT);
            let mut sealed = seal(&sealer, &[7; 40], "2026-02-01");
            sealed[position] ^= 1 << bit;
            prop_assert_eq!(sealer.open(sealed, 6, "kabul", b"context"), Err(SealError));
        }

        #[test]
        fn no_bytes_make_opening_panic(sealed in prop::collection::vec(any::<u8>(), 0..64), skipped in 0usize..70) {
            prop_assert!(sealer(TEXT).open(sealed, skipped, "kabul", b"").is_err());
        }
    }

    #[test]
    fn another_scope_context_or_purpose_does_not_open() {
        let ours = sealer(TEXT);
        let sealed = seal(&ours, b"a value", "2026-02-01");
        let other = Sealer::new(Arc::clone(&ours.ring), "other");
        assert!(ours.open(sealed.clone(), 6, "herat", b"context").is_err());
        assert!(ours.open(sealed.clone(), 6, "kabul", b"contex").is_err());
        assert!(other.open(sealed.clone(), 6, "kabul", b"context").is_err());
        assert!(ours.open(sealed, 6, "kabul", b"context").is_ok());
    }

    #[test]
    fn an_older_key_still_opens_and_a_removed_one_does_not() {
        let both = sealer(TEXT);
        let (old, new) = TEXT.split_once(',').expect("two keys");
        let sealed = seal(&both, b"a value", "2025-06-01");
        assert!(both.open(sealed.clone(), 6, "kabul", b"context").is_ok());
        assert!(
            sealer(old)
                .open(sealed.clone(), 6, "kabul", b"context")
                .is_ok()
        );
        assert!(
            sealer(new.trim())
                .open(sealed, 6, "kabul", b"context")
                .is_err()
        );
    }
}
