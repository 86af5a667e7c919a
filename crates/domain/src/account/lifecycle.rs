//! How an account changes: `pending_verification → active ⇄ suspended → closed`; pending and
//! active may close (spec 05, Account states). Each change is also an event.

use jiff::Timestamp;

use super::{AccountKind, AccountStatus};
use crate::event::{AccountRef, PortalEvent};
use crate::id::{Issuer, PatientId, PortalAccountId, Subject};

/// Why an account is locked or closed: the codes that staff and events may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusReason {
    /// The person asked for it.
    PersonAsked,
    /// Somebody else may be using it.
    MisuseSuspected,
    /// Nobody can say whose it is.
    IdentityInDoubt,
    /// The person has died.
    PatientDeceased,
    /// Two records became one, and both had an account.
    RecordsMerged,
    /// The identity provider suspended or removed the user.
    IdentityProvider,
    /// Staff decided, for what they wrote down elsewhere.
    StaffDecision,
}

impl StatusReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::PersonAsked,
        Self::MisuseSuspected,
        Self::IdentityInDoubt,
        Self::PatientDeceased,
        Self::RecordsMerged,
        Self::IdentityProvider,
        Self::StaffDecision,
    ];

    /// The word stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonAsked => "person-asked",
            Self::MisuseSuspected => "misuse-suspected",
            Self::IdentityInDoubt => "identity-in-doubt",
            Self::PatientDeceased => "patient-deceased",
            Self::RecordsMerged => "records-merged",
            Self::IdentityProvider => "identity-provider",
            Self::StaffDecision => "staff-decision",
        }
    }

    /// The reason of a stored or sent word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// The account cannot go that way from where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account that is {} cannot do that", .from.as_str())]
pub struct TransitionRefused {
    /// Where it stands.
    pub from: AccountStatus,
}

/// An account that may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalAccount {
    /// Its id.
    pub id: PortalAccountId,
    /// Patient or caregiver.
    pub kind: AccountKind,
    /// Where it stands.
    pub status: AccountStatus,
    /// Why it is suspended or closed.
    pub status_reason: Option<StatusReason>,
    /// The record it holds; none for a caregiver.
    pub patient: Option<PatientId>,
    /// Who logs in; none until somebody is verified, and none again once it is closed.
    pub identity: Option<(Issuer, Subject)>,
    /// BCP 47 tag the person chose.
    pub preferred_language: Option<String>,
    /// As it was loaded; the store raises it with every change.
    pub version: i64,
}

impl PortalAccount {
    /// The account of a patient whom nobody was verified as yet.
    pub fn pending(id: PortalAccountId, patient: PatientId) -> (Self, PortalEvent) {
        let account = Self {
            patient: Some(patient),
            ..Self::bare(id, AccountKind::Patient)
        };
        let event = PortalEvent::AccountCreated(account.named(), account.status);
        (account, event)
    }

    /// The account of somebody who only looks after others. It is active at once: there is no
    /// record that they would have to prove to be theirs.
    pub fn caregiver(id: PortalAccountId, identity: (Issuer, Subject)) -> (Self, PortalEvent) {
        let account = Self {
            status: AccountStatus::Active,
            identity: Some(identity),
            ..Self::bare(id, AccountKind::Caregiver)
        };
        let event = PortalEvent::AccountCreated(account.named(), account.status);
        (account, event)
    }

    const fn bare(id: PortalAccountId, kind: AccountKind) -> Self {
        Self {
            id,
            kind,
            status: AccountStatus::PendingVerification,
            status_reason: None,
            patient: None,
            identity: None,
            preferred_language: None,
            version: 1,
        }
    }

    /// As its events name it.
    pub fn named(&self) -> AccountRef {
        AccountRef {
            id: self.id,
            patient: self.patient.clone(),
        }
    }

    /// Binds a verified person to a pending account.
    pub fn activate(
        &mut self,
        identity: (Issuer, Subject),
    ) -> Result<PortalEvent, TransitionRefused> {
        self.require_one_of(&[AccountStatus::PendingVerification])?;
        self.status = AccountStatus::Active;
        self.identity = Some(identity);
        Ok(PortalEvent::AccountActivated(self.named()))
    }

    /// Locks an active account.
    pub fn suspend(
        &mut self,
        reason: StatusReason,
        actor_id: String,
    ) -> Result<PortalEvent, TransitionRefused> {
        self.require_one_of(&[AccountStatus::Active])?;
        self.status = AccountStatus::Suspended;
        self.status_reason = Some(reason);
        Ok(PortalEvent::AccountSuspended {
            account: self.named(),
            actor_id,
            reason: reason.as_str(),
        })
    }

    /// Opens a suspended account again.
    pub fn reinstate(&mut self) -> Result<PortalEvent, TransitionRefused> {
        self.require_one_of(&[AccountStatus::Suspended])?;
        self.status = AccountStatus::Active;
        self.status_reason = None;
        Ok(PortalEvent::AccountReinstated(self.named()))
    }

    /// Ends the account for ever and forgets who logged in.
    pub fn close(
        &mut self,
        reason: StatusReason,
        now: Timestamp,
    ) -> Result<PortalEvent, TransitionRefused> {
        self.require_one_of(&[
            AccountStatus::PendingVerification,
            AccountStatus::Active,
            AccountStatus::Suspended,
        ])?;
        self.status = AccountStatus::Closed;
        self.status_reason = Some(reason);
        self.identity = None;
        self.preferred_language = None;
        Ok(PortalEvent::AccountClosed(self.named(), now))
    }

    fn require_one_of(&self, allowed: &[AccountStatus]) -> Result<(), TransitionRefused> {
        if allowed.contains(&self.status) {
            Ok(())
        } else {
            Err(TransitionRefused { from: self.status })
        }
    }
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
