//! Codes and hashes of the use cases.

use aws_lc_rs::rand;
use portal_application::ports::{Hash, HashPurpose, SecretCode, Secrets};
use ulid::Ulid;

use super::{KeyRing, KeyedHash};

/// Secrets under a key ring.
#[derive(Debug)]
pub struct RingSecrets {
    codes: KeyedHash,
    identities: KeyedHash,
    attempts: KeyedHash,
    idempotency_keys: KeyedHash,
    payloads: KeyedHash,
}

impl RingSecrets {
    /// Over a ring.
    pub fn new(ring: &KeyRing) -> Self {
        Self {
            codes: KeyedHash::new(ring, "code"),
            identities: KeyedHash::new(ring, "identity"),
            attempts: KeyedHash::new(ring, "registration-attempt"),
            idempotency_keys: KeyedHash::new(ring, "idempotency-key"),
            payloads: KeyedHash::new(ring, "idempotency-payload"),
        }
    }
}

impl Secrets for RingSecrets {
    // The letters of a ULID (Crockford's base 32) are those that people do not mistake for others.
    fn code(&self) -> SecretCode {
        let mut bits = [0; 16];
        rand::fill(&mut bits).expect("the system gives random bytes");
        SecretCode::new(Ulid::from(u128::from_be_bytes(bits)).to_string())
    }

    fn hash(&self, purpose: HashPurpose, parts: &[&str]) -> Hash {
        let keyed = match purpose {
            HashPurpose::Code => &self.codes,
            HashPurpose::Identity => &self.identities,
            HashPurpose::Attempt => &self.attempts,
            HashPurpose::IdempotencyKey => &self.idempotency_keys,
            HashPurpose::Payload => &self.payloads,
        };
        keyed.of(parts)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::ring::tests::{TEXT, day};
    use super::*;

    fn secrets() -> RingSecrets {
        RingSecrets::new(&KeyRing::parse(TEXT, day("2026-02-01")).expect("valid"))
    }

    #[test]
    fn codes_never_repeat_and_can_be_typed() {
        let secrets = secrets();
        let codes: HashSet<String> = (0..1_000)
            .map(|_| secrets.code().expose().to_owned())
            .collect();
        assert_eq!(codes.len(), 1_000);
        let plain = |code: &String| {
            code.len() == 26
                && code
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        };
        assert!(codes.iter().all(plain));
    }

    #[test]
    fn equal_texts_of_two_purposes_are_told_apart() {
        let secrets = secrets();
        let purposes = [
            HashPurpose::Code,
            HashPurpose::Identity,
            HashPurpose::Attempt,
            HashPurpose::IdempotencyKey,
            HashPurpose::Payload,
        ];
        let hashes: HashSet<Hash> = purposes
            .into_iter()
            .map(|purpose| secrets.hash(purpose, &["x"]))
            .collect();
        assert_eq!(hashes.len(), purposes.len());
    }
}
