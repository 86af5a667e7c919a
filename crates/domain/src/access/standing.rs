//! Whether a token that was good when it was issued still is.

use super::Denial;

/// What a token can be revoked by, as keyed hashes: its session, its own id, its subject, and its
/// subject with its client. Absent where the token has no such claim.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct RevocationKeys {
    /// Of `sid`.
    pub session: Option<[u8; 32]>,
    /// Of `jti`.
    pub token: Option<[u8; 32]>,
    /// Of `sub`.
    pub subject: Option<[u8; 32]>,
    /// Of `sub` with the client.
    pub subject_and_client: Option<[u8; 32]>,
}

impl std::fmt::Debug for RevocationKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RevocationKeys(****)")
    }
}

/// What the identity provider says of a token (RFC 7662).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Introspection {
    /// It was not asked.
    #[default]
    NotAsked,
    /// It is active, as of at most five seconds ago.
    Active,
    /// It is not.
    Inactive,
    /// Nobody answers.
    Unavailable,
}

/// What is known of a token's revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenStanding {
    /// Whether the list of revocations has it.
    pub revoked: bool,
    /// Whether that list is at most five seconds old.
    pub list_is_fresh: bool,
    /// What the provider says.
    pub introspection: Introspection,
}

impl TokenStanding {
    /// The rule: a listed token is refused; those whose standing must be certain (third parties,
    /// and actions that need a fresh second factor) also need a fresh list and the provider's word.
    pub(super) fn check(self, must_be_certain: bool) -> Result<(), Denial> {
        if self.revoked || self.introspection == Introspection::Inactive {
            return Err(Denial::TokenRevoked);
        }
        match self.introspection {
            Introspection::Unavailable => Err(Denial::TokenUnconfirmed),
            Introspection::NotAsked if must_be_certain => Err(Denial::TokenUnconfirmed),
            _ if must_be_certain && !self.list_is_fresh => Err(Denial::TokenUnconfirmed),
            _ => Ok(()),
        }
    }
}
