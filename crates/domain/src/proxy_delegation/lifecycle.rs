//! How a delegation changes: `invited → accepted → active → revoked | expired`,
//! `invited → declined | expired`, `invited | accepted → revoked` (spec 04 and 05).

use jiff::civil::Date;

use super::{DelegationStatus, RelationshipType, RightSet};
use crate::account::PortalAccount;
use crate::event::{DelegationRef, PortalEvent};
use crate::id::{PatientId, PortalAccountId, ProxyDelegationId};
use crate::sensitivity::SensitivitySet;

/// How many delegations of one grantor may be active.
pub const MAX_ACTIVE: usize = 10;
/// How many may be on their way to it: enough to write to each of them, and once more.
pub const MAX_OPEN: usize = 20;

/// What a delegation is to open, and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationTerms {
    /// What the proxy is to the patient.
    pub relationship: RelationshipType,
    /// What it opens.
    pub scope: RightSet,
    /// The sensitive categories that the grantor ticked.
    pub sensitive: SensitivitySet,
    /// Its first day, in the tenant's zone.
    pub valid_from: Date,
    /// Its last day; open when absent.
    pub valid_to: Option<Date>,
}

/// Why a delegation cannot be made or changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DelegationRefused {
    /// Parents and guardians come from the law, not from the patient.
    #[error("a legal relationship is not the patient's to grant")]
    NotVoluntary,
    /// It would open nothing.
    #[error("the scope is empty")]
    EmptyScope,
    /// The last day is before the first.
    #[error("it ends before it begins")]
    EndsBeforeItBegins,
    /// The last day has passed.
    #[error("its last day has passed")]
    AlreadyOver,
    /// Nobody acts for themselves.
    #[error("the proxy is the grantor")]
    ProxyIsGrantor,
    /// Only what rests on the law is staff's to put up and approve.
    #[error("a voluntary relationship is not staff's to grant")]
    NotLegal,
    /// Nobody approves what they are to hold.
    #[error("the approver is the proxy")]
    ApproverIsProxy,
    /// It does not stand where that is possible.
    #[error("a delegation that is {} cannot do that", .0.as_str())]
    From(DelegationStatus),
}

/// A delegation that may be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyDelegation {
    /// Its id.
    pub id: ProxyDelegationId,
    /// Where it stands.
    pub status: DelegationStatus,
    /// Whose record.
    pub grantor: PatientId,
    /// Who may act; none while nobody has accepted.
    pub proxy: Option<PortalAccountId>,
    /// What it opens, and how long.
    pub terms: DelegationTerms,
    /// As it was loaded; the store raises it with every change.
    pub version: i64,
}

impl DelegationTerms {
    /// Whether a patient may grant this on a day.
    pub fn check_voluntary(&self, today: Date) -> Result<(), DelegationRefused> {
        if self.relationship.is_legal() {
            return Err(DelegationRefused::NotVoluntary);
        }
        self.check(today)
    }

    pub(super) fn check(&self, today: Date) -> Result<(), DelegationRefused> {
        if self.scope.is_empty() {
            return Err(DelegationRefused::EmptyScope);
        }
        match self.valid_to {
            Some(last) if last < self.valid_from => Err(DelegationRefused::EndsBeforeItBegins),
            Some(last) if last < today => Err(DelegationRefused::AlreadyOver),
            Some(_) | None => Ok(()),
        }
    }
}

impl ProxyDelegation {
    /// A patient invites somebody.
    pub fn invite(
        id: ProxyDelegationId,
        grantor: PatientId,
        terms: DelegationTerms,
        today: Date,
    ) -> Result<(Self, PortalEvent), DelegationRefused> {
        terms.check_voluntary(today)?;
        let delegation = Self {
            id,
            status: DelegationStatus::Invited,
            grantor,
            proxy: None,
            terms,
            version: 1,
        };
        let event = PortalEvent::ProxyGranted(delegation.named());
        Ok((delegation, event))
    }

    /// As its events name it.
    pub fn named(&self) -> DelegationRef {
        DelegationRef {
            id: self.id,
            grantor: self.grantor.clone(),
            proxy: self.proxy,
            scope: self.terms.scope,
        }
    }

    /// The invited accepts. It opens nothing until the grantor confirms.
    pub fn accept(
        &mut self,
        proxy: &PortalAccount,
        today: Date,
    ) -> Result<PortalEvent, DelegationRefused> {
        self.require_one_of(&[DelegationStatus::Invited])?;
        self.terms.check(today)?;
        if proxy.patient.as_ref() == Some(&self.grantor) {
            return Err(DelegationRefused::ProxyIsGrantor);
        }
        self.status = DelegationStatus::Accepted;
        self.proxy = Some(proxy.id);
        Ok(PortalEvent::ProxyAccepted(self.named()))
    }

    /// The invited declines.
    pub fn decline(&mut self) -> Result<PortalEvent, DelegationRefused> {
        self.require_one_of(&[DelegationStatus::Invited])?;
        self.status = DelegationStatus::Declined;
        Ok(PortalEvent::ProxyRevoked(self.named()))
    }

    /// The grantor confirms who accepted; of a legal one staff did. It opens from its first day on.
    pub fn activate(&mut self, today: Date) -> Result<(), DelegationRefused> {
        self.require_one_of(&[DelegationStatus::Accepted])?;
        self.terms.check(today)?;
        self.status = DelegationStatus::Active;
        Ok(())
    }

    /// Grantor, proxy or staff end it.
    pub fn revoke(&mut self) -> Result<PortalEvent, DelegationRefused> {
        self.require_one_of(&[
            DelegationStatus::Invited,
            DelegationStatus::Accepted,
            DelegationStatus::Active,
        ])?;
        self.status = DelegationStatus::Revoked;
        Ok(PortalEvent::ProxyRevoked(self.named()))
    }

    /// The sweep ends what came to its end: an active one past its last day, an invitation past
    /// its code, an accepted one past its last day.
    pub fn expire(&mut self) -> Result<PortalEvent, DelegationRefused> {
        self.require_one_of(&[
            DelegationStatus::Invited,
            DelegationStatus::Accepted,
            DelegationStatus::Active,
        ])?;
        self.status = DelegationStatus::Expired;
        Ok(PortalEvent::ProxyExpired(self.named()))
    }

    /// After two records became one, who was active waits for grantor or staff again.
    pub fn ask_again(&mut self) -> Result<(), DelegationRefused> {
        self.require_one_of(&[DelegationStatus::Active])?;
        self.status = DelegationStatus::Accepted;
        Ok(())
    }

    fn require_one_of(&self, allowed: &[DelegationStatus]) -> Result<(), DelegationRefused> {
        if allowed.contains(&self.status) {
            Ok(())
        } else {
            Err(DelegationRefused::From(self.status))
        }
    }
}

#[cfg(test)]
#[path = "lifecycle_tests.rs"]
mod tests;
