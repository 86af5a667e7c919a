//! Why a request was refused.

use crate::proxy_delegation::DelegationFault;

/// A refusal of the decision. The caller sees only its error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denial {
    /// The token was revoked.
    #[error("token revoked")]
    TokenRevoked,
    /// Whether the token was revoked must be certain here, and nobody can say.
    #[error("token unconfirmed")]
    TokenUnconfirmed,
    /// A third-party client on the first-party surface.
    #[error("client not allowed")]
    ClientNotAllowed,
    /// Issuer binding, claim and `X-Tenant-ID` do not agree.
    #[error("tenant mismatch")]
    TenantMismatch,
    /// The token carries no tenant.
    #[error("tenant claim required")]
    TenantClaimRequired,
    /// Unknown tenant, other region, or no licence.
    #[error("module not licensed")]
    ModuleNotLicensed,
    /// The platform has locked the tenant out.
    #[error("tenant suspended")]
    TenantSuspended,
    /// The tenant does not hold the route's sub-feature.
    #[error("feature not enabled")]
    FeatureNotEnabled,
    /// One factor only.
    #[error("second factor required")]
    MfaRequired,
    /// No account, or none that the token's patient claim agrees with.
    #[error("account not linked")]
    AccountNotLinked,
    /// The account is pending, suspended or closed.
    #[error("account not active")]
    AccountNotActive,
    /// The FHIR surface needs the launch context `patient`.
    #[error("patient claim required")]
    PatientClaimRequired,
    /// The named delegation, or the launch context, is none of the caller's.
    #[error("proxy delegation unknown")]
    ProxyDelegationUnknown,
    /// The launch context fits several delegations.
    #[error("proxy delegation ambiguous")]
    ProxyDelegationAmbiguous,
    /// The delegation opens nothing now.
    #[error("proxy delegation not in force")]
    ProxyDelegationNotInForce(DelegationFault),
    /// A parent's delegation, and no birth date to judge it by.
    #[error("birth date unknown")]
    BirthDateUnknown,
    /// A parent's delegation, and the patient is of age.
    #[error("patient of age")]
    PatientOfAge,
    /// A parent's delegation, and the patient's age opens nothing to parents.
    #[error("closed to parents")]
    ClosedToParents,
    /// This route is never for a proxy.
    #[error("never for a proxy")]
    NeverForProxy,
    /// The delegation does not cover the action.
    #[error("proxy scope denied")]
    ProxyScopeDenied,
    /// A third party's app in a proxy's context, which the grantor did not tick.
    #[error("apps not delegated")]
    AppsNotDelegated,
    /// The token's scopes do not cover the action.
    #[error("insufficient scope")]
    InsufficientScope,
    /// The second factor is missing or too old for this action.
    #[error("step-up required")]
    StepUpRequired,
    /// Another patient's id was named.
    #[error("other patient")]
    OtherPatient,
    /// No role of the staff member allows the action.
    #[error("role denied")]
    RoleDenied,
}

impl Denial {
    /// The reason code for the journal, logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TokenRevoked => "token-revoked",
            Self::TokenUnconfirmed => "token-unconfirmed",
            Self::ClientNotAllowed => "client-not-allowed",
            Self::TenantMismatch => "tenant-mismatch",
            Self::TenantClaimRequired => "tenant-claim-required",
            Self::ModuleNotLicensed => "module-not-licensed",
            Self::TenantSuspended => "tenant-suspended",
            Self::FeatureNotEnabled => "feature-not-enabled",
            Self::MfaRequired => "mfa-required",
            Self::AccountNotLinked => "account-not-linked",
            Self::AccountNotActive => "account-not-active",
            Self::PatientClaimRequired => "patient-claim-required",
            Self::ProxyDelegationUnknown => "proxy-delegation-unknown",
            Self::ProxyDelegationAmbiguous => "proxy-delegation-ambiguous",
            Self::ProxyDelegationNotInForce(fault) => match fault {
                DelegationFault::NotActive => "proxy-delegation-not-active",
                DelegationFault::NotYetValid => "proxy-delegation-not-yet-valid",
                DelegationFault::PastItsEnd => "proxy-delegation-past-its-end",
                DelegationFault::GrantorNotActive => "grantor-not-active",
            },
            Self::BirthDateUnknown => "birth-date-unknown",
            Self::PatientOfAge => "patient-of-age",
            Self::ClosedToParents => "closed-to-parents",
            Self::NeverForProxy => "never-for-proxy",
            Self::ProxyScopeDenied => "proxy-scope-denied",
            Self::AppsNotDelegated => "apps-not-delegated",
            Self::InsufficientScope => "insufficient-scope",
            Self::StepUpRequired => "step-up-required",
            Self::OtherPatient => "other-patient",
            Self::RoleDenied => "role-denied",
        }
    }

    /// Whether the refusal came after the tenant was known, so that it can be journaled.
    pub const fn tenant_is_known(self) -> bool {
        !matches!(
            self,
            Self::TokenRevoked
                | Self::TokenUnconfirmed
                | Self::ClientNotAllowed
                | Self::TenantMismatch
                | Self::TenantClaimRequired
                | Self::ModuleNotLicensed
                | Self::TenantSuspended
        )
    }

    /// Whether fresher facts could turn it: what the token alone decides, they cannot.
    pub const fn depends_on_facts(self) -> bool {
        !matches!(
            self,
            Self::TokenRevoked
                | Self::TokenUnconfirmed
                | Self::ClientNotAllowed
                | Self::TenantMismatch
                | Self::TenantClaimRequired
                | Self::MfaRequired
                | Self::PatientClaimRequired
                | Self::NeverForProxy
                | Self::InsufficientScope
                | Self::StepUpRequired
                | Self::OtherPatient
                | Self::RoleDenied
        )
    }
}
