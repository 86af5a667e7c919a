//! Ids, each of its own kind. What the portal owns is a prefix and a ULID; what others own is
//! opaque text that was checked once, at the edge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The text is not an id of the wanted kind. Carries no input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(pub &'static str);

macro_rules! portal_id {
    ($(#[$meta:meta])* $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// The kind, as it stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id of a ULID; clock and randomness come from the caller.
            pub const fn new(ulid: Ulid) -> Self {
                Self(ulid)
            }

            /// The ULID behind the prefix.
            pub const fn ulid(self) -> Ulid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|ulid| Ulid::from_string(ulid).ok())
                    .map(Self)
                    .filter(|id| id.to_string() == text)
                    .ok_or(InvalidId(stringify!($name)))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

portal_id!(
    /// A portal account: a person who logs in.
    PortalAccountId,
    "pact"
);
portal_id!(
    /// One line of the access journal. Its ULID's time is the event's own time.
    PortalAccessEventId,
    "paev"
);
portal_id!(
    /// A proxy delegation, as `X-Acting-For` names it.
    ProxyDelegationId,
    "pdel"
);

portal_id!(
    /// Somebody is to be told something.
    NotificationId,
    "pntf"
);
portal_id!(
    /// An event of the outbox: the CloudEvents `id`.
    OutboxEventId,
    "pevt"
);

macro_rules! opaque_text {
    ($(#[$meta:meta])* $name:ident, $limit:literal, $accepts:expr) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks length and alphabet.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let accepts: fn(char) -> bool = $accepts;
                if text.is_empty() || text.len() > $limit || !text.chars().all(accepts) {
                    return Err(InvalidId(stringify!($name)));
                }
                Ok(Self(text.into()))
            }

            /// The text, for comparison and for adapters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! shown {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )+};
}

macro_rules! hidden {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(****)"))
            }
        }
    )+};
}

const fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

const fn is_visible_ascii(c: char) -> bool {
    matches!(c, '!'..='~')
}

opaque_text!(
    /// A health system that rents the portal.
    TenantId,
    64,
    is_id_char
);
opaque_text!(
    /// The patient's id at the sources (opaque upstream text). Never printed: it points at a person.
    PatientId,
    64,
    is_id_char
);
opaque_text!(
    /// Whole text of a token's `iss`; compared whole, never by prefix (RFC 8414 section 2).
    Issuer,
    512,
    is_visible_ascii
);
opaque_text!(
    /// A token's `sub` (RFC 7519 section 4.1.2). Never printed: it points at a person.
    Subject,
    255,
    |c| !c.is_control()
);
opaque_text!(
    /// A token's `azp` or `client_id`.
    ClientId,
    255,
    is_visible_ascii
);
opaque_text!(
    /// The correlation of one request, `X-Request-ID`.
    RequestId,
    128,
    is_visible_ascii
);
opaque_text!(
    /// The id that another service gave its event, unique within its source (CloudEvents 1.0, `id`).
    PlatformEventId,
    128,
    is_visible_ascii
);
shown!(TenantId, Issuer, ClientId, RequestId, PlatformEventId);
hidden!(PatientId, Subject);

impl From<&PlatformEventId> for RequestId {
    /// What names no request is found by the event that brought it.
    fn from(event: &PlatformEventId) -> Self {
        Self(event.0.clone())
    }
}

impl PatientId {
    /// Whether a source could be asked for this id: `.` and `..` would climb in a path.
    pub fn is_addressable(&self) -> bool {
        !matches!(self.as_str(), "." | "..")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_id_round_trip(bits: u128) {
            let id = PortalAccountId::new(Ulid(bits));
            prop_assert_eq!(id.to_string().parse::<PortalAccountId>(), Ok(id));
        }

        #[test]
        fn any_text_is_an_id_of_at_most_one_kind(text in "[a-z]{4}_[0-9A-Za-z]{26}") {
            let account = text.parse::<PortalAccountId>().is_ok();
            let event = text.parse::<PortalAccessEventId>().is_ok();
            prop_assert!(!(account && event));
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let event = PortalAccessEventId::new(Ulid(u128::MAX / 3)).to_string();
        assert!(event.parse::<PortalAccountId>().is_err());
        assert!(event.to_lowercase().parse::<PortalAccessEventId>().is_err());
    }

    #[test]
    fn people_do_not_print() {
        let patient = PatientId::parse("pat-secret").expect("valid");
        let subject = Subject::parse("sub-secret").expect("valid");
        assert!(!format!("{patient:?}{subject:?}").contains("secret"));
    }

    #[test]
    fn opaque_text_is_bounded() {
        assert!(TenantId::parse("").is_err());
        assert!(TenantId::parse("a/b").is_err());
        assert!(PatientId::parse(&"a".repeat(65)).is_err());
        assert!(RequestId::parse("a b").is_err());
    }
}
