//! The portal account of a person: as the decision needs it, and how it changes.

mod lifecycle;

use jiff::Timestamp;

use crate::id::{PatientId, PortalAccountId};

pub use lifecycle::{PortalAccount, StatusReason, TransitionRefused};

/// Whether the person is a patient or only looks after some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// Holds a record of their own.
    Patient,
    /// Has none; reaches others' records by delegation only.
    Caregiver,
}

/// Where the account stands: `pending_verification → active ⇄ suspended → closed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// Registered, not yet bound to a verified person.
    PendingVerification,
    /// The only state that reads records.
    Active,
    /// Locked by staff or by an event; may come back.
    Suspended,
    /// Final.
    Closed,
}

impl AccountKind {
    /// The word stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Caregiver => "caregiver",
        }
    }

    /// The kind of a stored or imported word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Patient, Self::Caregiver]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

impl AccountStatus {
    /// The word stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PendingVerification => "pending_verification",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    /// The status of a stored or imported word.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::PendingVerification,
            Self::Active,
            Self::Suspended,
            Self::Closed,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// What was known of an account at one moment. The journal's fence refuses an event whose
/// `version` is no longer the row's.
#[derive(Debug, Clone)]
pub struct AccountSnapshot {
    /// The account.
    pub id: PortalAccountId,
    /// Patient or caregiver.
    pub kind: AccountKind,
    /// Only `active` reads.
    pub status: AccountStatus,
    /// The record it holds; `None` for a caregiver.
    pub patient_id: Option<PatientId>,
    /// BCP 47 tag the person chose.
    pub preferred_language: Option<String>,
    /// When the person last logged in.
    pub last_login_at: Option<Timestamp>,
    /// Rises with every change but a login.
    pub version: i64,
}
