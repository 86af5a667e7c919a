//! Everything the decision looks at. Gathered by one service, decided by one function.

use std::sync::Arc;

use jiff::civil::Date;

use crate::account::AccountSnapshot;
use crate::feature::FeatureSet;
use crate::id::ProxyDelegationId;
use crate::proxy_delegation::DelegationSnapshot;
use crate::tenant::Tenant;

use super::{Surface, TokenStanding, VerifiedToken};

/// What `X-Acting-For` said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ActingFor {
    /// Not sent: the caller acts for themselves.
    #[default]
    Oneself,
    /// This delegation.
    Delegation(ProxyDelegationId),
    /// Something that is no delegation's id.
    Malformed,
}

/// The birth date of the patient whom a delegation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BirthDate {
    /// It was not looked up.
    #[default]
    NotAsked,
    /// The record has none that can be read.
    Unknown,
    /// The earliest day that the record's date can mean.
    Day(Date),
}

/// What the request itself claims about its context. Never a source of rights.
#[derive(Debug, Clone, Default)]
pub struct StatedContext {
    /// `X-Tenant-ID`, when sent: must equal the token's tenant.
    pub tenant: Option<Box<str>>,
    /// `X-Acting-For`.
    pub acting_for: ActingFor,
}

/// The facts of one request. Absent ones were looked for and not found.
#[derive(Debug, Clone)]
pub struct AccessFacts {
    /// Who asks.
    pub token: Arc<VerifiedToken>,
    /// Whether the token still counts.
    pub standing: TokenStanding,
    /// What the request claims.
    pub stated: StatedContext,
    /// The token's tenant, if this deployment knows and serves it.
    pub tenant: Option<Arc<Tenant>>,
    /// Whether that tenant holds the licence of the portal.
    pub licensed: bool,
    /// The sub-features that it holds.
    pub features: FeatureSet,
    /// The account of (`iss`, `sub`) in that tenant.
    pub account: Option<Arc<AccountSnapshot>>,
    /// The delegations to that account that are active or ended lately, the active ones first.
    pub delegations: Arc<[Arc<DelegationSnapshot>]>,
    /// The birth date of the patient whom the selected delegation is for.
    pub birth_date: BirthDate,
}

impl AccessFacts {
    /// The delegation to this account that a refused request named, in force or not: whose patient
    /// is told of the refusal.
    pub fn named_delegation(&self, surface: Surface) -> Option<&Arc<DelegationSnapshot>> {
        let named = match (surface, self.stated.acting_for) {
            (Surface::Portal, ActingFor::Delegation(id)) => Some(id),
            (Surface::Portal, ActingFor::Oneself | ActingFor::Malformed) => return None,
            (Surface::Fhir, _) => self.token.delegation_claim.and_then(Result::ok),
        };
        let claim = self.token.patient_claim.as_ref();
        self.delegations.iter().find(|delegation| match named {
            Some(id) => delegation.id == id,
            None => claim.is_some_and(|claim| claim.names(&delegation.grantor)),
        })
    }
}
