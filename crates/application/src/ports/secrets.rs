//! Codes that nobody can guess, and hashes that nobody without the key can repeat.

/// A keyed hash.
pub type Hash = [u8; 32];

/// What a hash stands for: equal texts of two purposes have different hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashPurpose {
    /// The code of an invitation or the token of a link.
    Code,
    /// Issuer and subject.
    Identity,
    /// What registrations are limited by.
    Attempt,
    /// A request that may come again: who, what and the key.
    IdempotencyKey,
    /// The payload of such a request.
    Payload,
}

/// A new secret. Never printed.
pub struct SecretCode(String);

impl SecretCode {
    /// Keeps the text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for whom it is made.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretCode(****)")
    }
}

/// Makes secrets and hashes.
pub trait Secrets: Send + Sync {
    /// 128 random bits as 26 letters and digits that people can type.
    fn code(&self) -> SecretCode;

    /// The hash of a list of parts for a purpose; no two lists are the same input.
    fn hash(&self, purpose: HashPurpose, parts: &[&str]) -> Hash;
}
