//! What tokens can be revoked by, as hashes that nobody without the key ring can repeat.

use portal_domain::access::RevocationKeys;
use portal_domain::id::{ClientId, Issuer, Subject};

use super::{KeyRing, KeyedHash};

/// What of a token an entry of the revocation list names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationKind {
    /// A session at the provider (`sid`).
    Session,
    /// One token (`jti`).
    Token,
    /// A person (`sub`).
    Subject,
    /// What one client may do for a person (`sub` with the client).
    SubjectAndClient,
}

impl RevocationKind {
    const ALL: [Self; 4] = [
        Self::Session,
        Self::Token,
        Self::Subject,
        Self::SubjectAndClient,
    ];

    /// Its word in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Subject => "subject",
            Self::SubjectAndClient => "subject_client",
        }
    }

    /// The kind of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What an entry of the revocation list is found by. Tells nobody whom it is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RevocationKey {
    /// What it names.
    pub kind: RevocationKind,
    /// The keyed hash of kind, issuer and name.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for RevocationKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RevocationKey(****)")
    }
}

impl RevocationKey {
    /// The keys of a token, in no order that matters.
    pub fn of_token(keys: &RevocationKeys) -> impl Iterator<Item = Self> {
        [
            (RevocationKind::Session, keys.session),
            (RevocationKind::Token, keys.token),
            (RevocationKind::Subject, keys.subject),
            (RevocationKind::SubjectAndClient, keys.subject_and_client),
        ]
        .into_iter()
        .filter_map(|(kind, hash)| hash.map(|hash| Self { kind, hash }))
    }
}

/// Hashes what tokens can be revoked by, always together with their issuer: nobody's session or
/// subject is the same as another issuer's. Under the oldest key of the ring, so that adding a key
/// lets no revoked token back in.
#[derive(Debug)]
pub struct RevocationHashes {
    hash: KeyedHash,
}

impl RevocationHashes {
    /// The hashes of a ring.
    pub fn new(ring: &KeyRing) -> Self {
        Self {
            hash: KeyedHash::new(ring, "revocation"),
        }
    }

    /// The key of a session (`sid`).
    pub fn of_session(&self, issuer: &Issuer, session: &str) -> RevocationKey {
        self.key(RevocationKind::Session, issuer, &[session])
    }

    /// The key of one token (`jti`).
    pub fn of_token(&self, issuer: &Issuer, token: &str) -> RevocationKey {
        self.key(RevocationKind::Token, issuer, &[token])
    }

    /// The key of a person.
    pub fn of_subject(&self, issuer: &Issuer, subject: &Subject) -> RevocationKey {
        self.key(RevocationKind::Subject, issuer, &[subject.as_str()])
    }

    /// The key of what one client may do for a person.
    pub fn of_subject_and_client(
        &self,
        issuer: &Issuer,
        subject: &Subject,
        client: &ClientId,
    ) -> RevocationKey {
        let names = [subject.as_str(), client.as_str()];
        self.key(RevocationKind::SubjectAndClient, issuer, &names)
    }

    fn key(&self, kind: RevocationKind, issuer: &Issuer, names: &[&str]) -> RevocationKey {
        let mut parts = vec![kind.as_str(), issuer.as_str()];
        parts.extend(names);
        RevocationKey {
            kind,
            hash: self.hash.of(&parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::ring::tests::{TEXT, day};
    use super::*;

    fn hashes(ring: &str) -> RevocationHashes {
        RevocationHashes::new(&KeyRing::parse(ring, day("2026-02-01")).expect("valid"))
    }

    #[test]
    fn kinds_issuers_and_names_never_share_a_key() {
        let hashes = hashes(TEXT);
        let [one, other] = ["https://a.example", "https://b.example"]
            .map(|issuer| Issuer::parse(issuer).expect("valid"));
        let subject = Subject::parse("x").expect("valid");
        let client = ClientId::parse("x").expect("valid");
        let keys: HashSet<RevocationKey> = [&one, &other]
            .into_iter()
            .flat_map(|issuer| {
                [
                    hashes.of_session(issuer, "x"),
                    hashes.of_token(issuer, "x"),
                    hashes.of_subject(issuer, &subject),
                    hashes.of_subject_and_client(issuer, &subject, &client),
                ]
            })
            .collect();
        assert_eq!(keys.len(), 8);
        assert_eq!(
            keys.iter()
                .map(|key| key.hash)
                .collect::<HashSet<_>>()
                .len(),
            8
        );
    }

    #[test]
    fn a_newer_key_lets_no_revoked_token_back_in() {
        let (old, _) = TEXT.split_once(',').expect("two keys");
        let issuer = Issuer::parse("https://a.example").expect("valid");
        let key = |ring| hashes(ring).of_session(&issuer, "session");
        assert_eq!(key(old), key(TEXT));
    }

    #[test]
    fn every_kind_is_known_by_its_word() {
        for kind in RevocationKind::ALL {
            assert_eq!(RevocationKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(RevocationKind::parse("sub"), None);
    }
}
