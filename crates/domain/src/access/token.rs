//! What is known of a caller after their token's signature was checked.

use jiff::{SignedDuration, Timestamp};

use crate::account::AccountSnapshot;
use crate::id::{ClientId, Issuer, PatientId, ProxyDelegationId, Subject, TenantId};
use crate::scope::ScopeSet;

use super::{Denial, RevocationKeys};

/// How strongly the caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthenticationStrength {
    /// The level that the deployment maps the token's `acr` to; unlisted values are 0.
    pub level: u8,
    /// Whether `amr` names a method that counts as a second factor (RFC 8176).
    pub second_factor: bool,
}

impl AuthenticationStrength {
    /// The rule of the second factor: level 2 or more, or a listed `amr`.
    pub const fn is_multi_factor(self) -> bool {
        self.level >= 2 || self.second_factor
    }
}

/// Where a token's tenant comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantBinding {
    /// The tenant that the issuer is bound to, if it is.
    pub issuer: Option<TenantId>,
    /// The tenant claim; `Err` when it was there but is no tenant id.
    pub claim: Option<Result<TenantId, ()>>,
}

/// A bearer token whose signature, times, type and audience were checked (RFC 9068). Holds the
/// claims that decisions use and nothing else of it.
#[derive(Debug, Clone)]
pub struct VerifiedToken {
    /// `iss`, whole.
    pub issuer: Issuer,
    /// `sub`.
    pub subject: Subject,
    /// `azp`, else `client_id`.
    pub client: Option<ClientId>,
    /// Whether `client` is one of the deployment's own.
    pub first_party: bool,
    /// Issuer binding and tenant claim.
    pub tenant: TenantBinding,
    /// The launch context `patient`, as sent (SMART App Launch 2.2): a Patient id of `/fhir/R4`.
    pub patient_claim: Option<PatientClaim>,
    /// The `scope` claim.
    pub scopes: ScopeSet,
    /// The same as it was sent, for the person who granted it.
    pub scope_text: Box<str>,
    /// `acr` and `amr`.
    pub strength: AuthenticationStrength,
    /// The delegation that the token is for, if it names one; `Err` when it is no id.
    pub delegation_claim: Option<Result<ProxyDelegationId, ()>>,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `auth_time`: when the person last proved who they are.
    pub authenticated_at: Option<Timestamp>,
    /// `exp`.
    pub expires_at: Timestamp,
    /// What it can be revoked by.
    pub revocation_keys: RevocationKeys,
}

/// How old the second factor of an action that needs a fresh one may be.
pub const FRESH_SECOND_FACTOR: SignedDuration = SignedDuration::from_mins(10);
/// How far the provider's clock and ours may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// The text of a token's patient claim. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PatientClaim(Box<str>);

impl PatientClaim {
    /// Keeps the claim as it was sent.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether the claim names this patient: by the id of the sources, or by the id of the Patient
    /// on `/fhir/R4`, as SMART has it. Whole texts are compared.
    pub fn names(&self, patient: &PatientId) -> bool {
        let claim = &*self.0;
        claim == patient.as_str()
            || portal_fhir::patient_address(patient.as_str())
                .is_some_and(|address| claim == address)
    }
}

impl PatientClaim {
    /// Whether the claim names the record that an account holds.
    pub fn is_of(&self, account: &AccountSnapshot) -> bool {
        account
            .patient_id
            .as_ref()
            .is_some_and(|patient| self.names(patient))
    }
}

impl std::fmt::Debug for PatientClaim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PatientClaim(****)")
    }
}

impl VerifiedToken {
    /// The one tenant of this token: the issuer's binding or the claim, and both agree when both
    /// are there.
    pub fn tenant(&self) -> Result<&TenantId, Denial> {
        match (&self.tenant.issuer, &self.tenant.claim) {
            (_, Some(Err(()))) => Err(Denial::TenantMismatch),
            (Some(bound), Some(Ok(claimed))) if bound != claimed => Err(Denial::TenantMismatch),
            (Some(tenant), _) | (None, Some(Ok(tenant))) => Ok(tenant),
            (None, None) => Err(Denial::TenantClaimRequired),
        }
    }

    /// Whether the second factor is fresh: level 2 or more, proven at most ten minutes ago and not
    /// in the future (RFC 9470), as far as clocks agree.
    pub fn has_fresh_second_factor(&self, now: Timestamp) -> bool {
        let is_fresh = |at: Timestamp| {
            let age = now.duration_since(at);
            age <= FRESH_SECOND_FACTOR && age >= -LEEWAY
        };
        self.strength.level >= 2 && self.authenticated_at.is_some_and(is_fresh)
    }
}
