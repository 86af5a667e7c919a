//! Why a request was refused.

/// A refusal of the decision. The caller sees only its error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denial {
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
    /// The named delegation, or the launch context, gives no access.
    #[error("proxy delegation invalid")]
    ProxyDelegationInvalid,
    /// This route is never for a proxy.
    #[error("proxy scope denied")]
    ProxyScopeDenied,
    /// The token's scopes do not cover the action.
    #[error("insufficient scope")]
    InsufficientScope,
    /// Another patient's id was named.
    #[error("other patient")]
    OtherPatient,
}

impl Denial {
    /// The reason code for the journal, logs and metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClientNotAllowed => "client-not-allowed",
            Self::TenantMismatch => "tenant-mismatch",
            Self::TenantClaimRequired => "tenant-claim-required",
            Self::ModuleNotLicensed => "module-not-licensed",
            Self::MfaRequired => "mfa-required",
            Self::AccountNotLinked => "account-not-linked",
            Self::AccountNotActive => "account-not-active",
            Self::PatientClaimRequired => "patient-claim-required",
            Self::ProxyDelegationInvalid => "proxy-delegation-invalid",
            Self::ProxyScopeDenied => "proxy-scope-denied",
            Self::InsufficientScope => "insufficient-scope",
            Self::OtherPatient => "other-patient",
        }
    }

    /// Whether the refusal came after the tenant was known, so that it can be journaled.
    pub const fn tenant_is_known(self) -> bool {
        !matches!(
            self,
            Self::ClientNotAllowed
                | Self::TenantMismatch
                | Self::TenantClaimRequired
                | Self::ModuleNotLicensed
        )
    }
}
