//! How badly the issuer answers until it is told otherwise.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How the issuer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerFault {
    /// At once.
    #[default]
    None,
    /// Not at all: 503.
    Down,
    /// After 3 s.
    Slow,
}

impl IssuerFault {
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Down, _) | (_, Self::Down) => Self::Down,
            (Self::Slow, _) | (_, Self::Slow) => Self::Slow,
            (Self::None, Self::None) => Self::None,
        }
    }
}

/// The faults that are set.
#[derive(Clone, Copy, Default)]
pub(crate) struct Outages {
    /// Of everything that the issuer serves.
    pub(crate) issuer: IssuerFault,
    /// Of introspection alone.
    pub(crate) introspection: IssuerFault,
    /// Delay before each answer of introspection.
    pub(crate) introspection_latency: Duration,
}

impl Outages {
    /// The fault that a call for introspection meets.
    pub(crate) fn met_by_introspection(self) -> IssuerFault {
        self.issuer.worse(self.introspection)
    }
}
