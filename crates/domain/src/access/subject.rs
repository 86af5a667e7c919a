//! Whose record is meant: the caller's own, or that of exactly one delegation.

use std::sync::Arc;

use crate::proxy_delegation::DelegationSnapshot;

use super::authorize::Asked;
use super::{ActingFor, Denial, ProxyNeed, Surface};

/// Whose record an action is about.
pub(super) enum Subject<'a> {
    /// The caller's own.
    Oneself,
    /// That of the patient who is acted for.
    Delegation(&'a Arc<DelegationSnapshot>),
}

impl<'a> Asked<'a> {
    /// The subject: on the portal as `X-Acting-For` says, on FHIR as the launch context says.
    /// Exactly one delegation is selected; several are never merged.
    pub(super) fn subject(&self) -> Result<Subject<'a>, Denial> {
        let subject = match self.action.surface {
            Surface::Portal => self.stated_subject(),
            Surface::Fhir => self.launched_subject(),
        }?;
        if let Subject::Delegation(delegation) = subject {
            let today = self.tenant()?.day(self.now);
            delegation
                .check(today)
                .map_err(Denial::ProxyDelegationNotInForce)?;
        }
        Ok(subject)
    }

    fn stated_subject(&self) -> Result<Subject<'a>, Denial> {
        let never = self.action.proxy == ProxyNeed::Never;
        match self.facts.stated.acting_for {
            ActingFor::Oneself => Ok(Subject::Oneself),
            ActingFor::Delegation(_) | ActingFor::Malformed if never => Err(Denial::NeverForProxy),
            ActingFor::Malformed => Err(Denial::ProxyDelegationUnknown),
            ActingFor::Delegation(id) => self
                .facts
                .delegations
                .iter()
                .find(|delegation| delegation.id == id)
                .map(Subject::Delegation)
                .ok_or(Denial::ProxyDelegationUnknown),
        }
    }

    fn launched_subject(&self) -> Result<Subject<'a>, Denial> {
        let token = &self.facts.token;
        let claim = token
            .patient_claim
            .as_ref()
            .ok_or(Denial::PatientClaimRequired)?;
        let named = match token.delegation_claim {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(())) => return Err(Denial::ProxyDelegationUnknown),
        };
        if named.is_none() && claim.is_of(self.account()?) {
            return Ok(Subject::Oneself);
        }
        let fitting = |delegation: &&Arc<DelegationSnapshot>| {
            claim.names(&delegation.grantor) && named.is_none_or(|id| delegation.id == id)
        };
        self.only_one(self.facts.delegations.iter().filter(fitting))
    }

    /// Of several that fit, the only one that is in force; of several in force, none.
    fn only_one(
        &self,
        fitting: impl Iterator<Item = &'a Arc<DelegationSnapshot>>,
    ) -> Result<Subject<'a>, Denial> {
        let today = self.tenant()?.day(self.now);
        let mut found = Err(Denial::ProxyDelegationUnknown);
        for delegation in fitting {
            match (delegation.check(today), &found) {
                (Ok(()), Ok(_)) => return Err(Denial::ProxyDelegationAmbiguous),
                (Ok(()), Err(_)) => found = Ok(Subject::Delegation(delegation)),
                (Err(_), Ok(_)) => {}
                (Err(fault), Err(_)) => found = Err(Denial::ProxyDelegationNotInForce(fault)),
            }
        }
        found
    }
}
