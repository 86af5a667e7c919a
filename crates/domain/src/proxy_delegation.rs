//! Delegations: by whom, for whom, for what and how long somebody may act for a patient.

mod legal;
mod lifecycle;

use jiff::civil::Date;

use crate::account::AccountStatus;
use crate::id::{PatientId, PortalAccountId, ProxyDelegationId};
use crate::sensitivity::SensitivitySet;
use crate::words::words;

pub use legal::{APPROVALS, LegalBasis};
pub use lifecycle::{DelegationRefused, DelegationTerms, MAX_ACTIVE, MAX_OPEN, ProxyDelegation};

words! {
    /// What a delegation may open. Consult rights and service rights are separate.
    DelegationRight,
    /// A set of rights.
    RightSet(u16),
    {
        /// The chart summary with its parts.
        Summary = "summary",
        /// Allergies and intolerances.
        Allergies = "allergies",
        /// Prescriptions and what was dispensed.
        Medications = "medications",
        /// Vital signs.
        Vitals = "vitals",
        /// Immunizations.
        Immunizations = "immunizations",
        /// Conditions, encounters, procedures, plans, teams and goals.
        Problems = "problems",
        /// Documents and what they hold.
        Documents = "documents",
        /// Laboratory results and reports.
        Labs = "labs",
        /// Radiology reports and studies.
        Radiology = "radiology",
        /// Looking at appointments.
        AppointmentsView = "appointments.view",
        /// Making, moving and cancelling appointments.
        AppointmentsManage = "appointments.manage",
        /// Asking for refills.
        Refills = "refills",
        /// Threads that the proxy takes part in.
        Messages = "messages",
        /// Cover, explanations of benefit and statements.
        Billing = "billing",
        /// Exports.
        Export = "export",
        /// Third-party apps in the proxy's context.
        Apps = "apps",
    }
}

/// What the proxy is to the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationshipType {
    /// Legal, and ended by the patient's majority.
    Parent,
    /// Legal; survives majority by a court order only.
    Guardian,
    /// Voluntary.
    Caregiver,
    /// Voluntary.
    Spouse,
    /// Voluntary.
    AuthorizedRepresentative,
}

impl RelationshipType {
    /// Every relationship.
    pub const ALL: [Self; 5] = [
        Self::Parent,
        Self::Guardian,
        Self::Caregiver,
        Self::Spouse,
        Self::AuthorizedRepresentative,
    ];

    /// The word stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Guardian => "guardian",
            Self::Caregiver => "caregiver",
            Self::Spouse => "spouse",
            Self::AuthorizedRepresentative => "authorized_representative",
        }
    }

    /// The relationship of a stored or imported word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it comes from the law and not from the patient's own grant.
    pub const fn is_legal(self) -> bool {
        matches!(self, Self::Parent | Self::Guardian)
    }
}

/// Where a delegation stands: `invited → accepted → active → revoked | expired`,
/// `invited → declined | expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DelegationStatus {
    /// The code was sent.
    Invited,
    /// Accepted by the proxy, not yet confirmed.
    Accepted,
    /// The only state that opens anything.
    Active,
    /// Ended by grantor, proxy or staff.
    Revoked,
    /// Past its end.
    Expired,
    /// Refused by the invited.
    Declined,
}

impl DelegationStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Invited,
        Self::Accepted,
        Self::Active,
        Self::Revoked,
        Self::Expired,
        Self::Declined,
    ];

    /// The word stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Accepted => "accepted",
            Self::Active => "active",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Declined => "declined",
        }
    }

    /// The status of a stored or imported word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// The grantor's own account, as far as it bears on the delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantorAccount {
    /// The account.
    pub id: PortalAccountId,
    /// A suspended or closed one takes the delegation along.
    pub status: AccountStatus,
    /// Rises with every change.
    pub version: i64,
}

/// What was known of a delegation at one moment. The journal's fence refuses an event whose
/// `version` is no longer the row's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationSnapshot {
    /// The delegation.
    pub id: ProxyDelegationId,
    /// Only `active` opens anything.
    pub status: DelegationStatus,
    /// What the proxy is to the patient.
    pub relationship: RelationshipType,
    /// Whose record.
    pub grantor: PatientId,
    /// What it opens.
    pub scope: RightSet,
    /// The sensitive categories that the grantor ticked; of voluntary delegations only.
    pub sensitive: SensitivitySet,
    /// Its first day, in the tenant's zone.
    pub valid_from: Date,
    /// Its last day, in the tenant's zone; open when absent.
    pub valid_to: Option<Date>,
    /// Whether a court ordered it.
    pub court_order: bool,
    /// The grantor's account, if there is one.
    pub grantor_account: Option<GrantorAccount>,
    /// Rises with every change.
    pub version: i64,
}

/// Why a delegation opens nothing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DelegationFault {
    /// Not confirmed yet, or ended.
    NotActive,
    /// Its first day is still to come.
    NotYetValid,
    /// Its last day has passed.
    PastItsEnd,
    /// The grantor's account is suspended or closed.
    GrantorNotActive,
}

impl DelegationSnapshot {
    /// Whether it opens anything on a day of the tenant's calendar.
    pub fn check(&self, today: Date) -> Result<(), DelegationFault> {
        if self.status != DelegationStatus::Active {
            return Err(DelegationFault::NotActive);
        }
        if today < self.valid_from {
            return Err(DelegationFault::NotYetValid);
        }
        if self.valid_to.is_some_and(|last| last < today) {
            return Err(DelegationFault::PastItsEnd);
        }
        match self.grantor_account.map(|account| account.status) {
            Some(AccountStatus::Suspended | AccountStatus::Closed) => {
                Err(DelegationFault::GrantorNotActive)
            }
            Some(AccountStatus::Active | AccountStatus::PendingVerification) | None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "proxy_delegation_tests.rs"]
mod tests;
