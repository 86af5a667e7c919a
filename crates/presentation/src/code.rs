//! The one table of errors: what a client sees of each, on both faces.

use http::StatusCode;
use portal_fhir::outcome::IssueType;

/// What a person can do about an error; each has one text a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Log in (again).
    SignIn,
    /// This caller may not, and trying again does not help.
    NotAllowed,
    /// The request has to change.
    ChangeRequest,
    /// There is nothing there.
    NothingThere,
    /// Try again later.
    TryLater,
}

/// What the table says about a code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The FHIR R4 issue type.
    pub(crate) issue: IssueType,
    /// The stable name that clients rely on.
    pub(crate) name: &'static str,
    /// What to do about it.
    pub(crate) advice: Advice,
}

macro_rules! codes {
    ($($(#[$meta:meta])* $code:ident = $name:literal, $status:ident, $issue:ident, $advice:ident;)+) => {
        /// An error as clients see it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Code { $($(#[$meta])* $code),+ }

        impl Code {
            /// Every code.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$code),+];

            /// Its row.
            pub(crate) const fn row(self) -> Row {
                match self {
                    $(Self::$code => Row {
                        status: StatusCode::$status,
                        issue: IssueType::$issue,
                        name: $name,
                        advice: Advice::$advice,
                    },)+
                }
            }
        }
    };
}

codes! {
    /// No credential, or none that is believed.
    Unauthenticated = "UNAUTHENTICATED", UNAUTHORIZED, Login, SignIn;
    /// The token is past its time.
    TokenExpired = "TOKEN_EXPIRED", UNAUTHORIZED, Login, SignIn;
    /// The token was revoked.
    TokenRevoked = "TOKEN_REVOKED", UNAUTHORIZED, Login, SignIn;
    /// The second factor is missing or too old for this.
    StepUpRequired = "STEP_UP_REQUIRED", UNAUTHORIZED, Login, SignIn;
    /// Unknown tenant, other region, or no licence.
    ModuleNotLicensed = "MODULE_NOT_LICENSED", FORBIDDEN, Forbidden, NotAllowed;
    /// The tenant has not licensed this part of the portal.
    FeatureNotEnabled = "FEATURE_NOT_ENABLED", FORBIDDEN, Forbidden, NotAllowed;
    /// A third-party client on the first-party face.
    ClientNotAllowed = "CLIENT_NOT_ALLOWED", FORBIDDEN, Forbidden, NotAllowed;
    /// The account is pending, suspended or closed.
    AccountNotActive = "ACCOUNT_NOT_ACTIVE", FORBIDDEN, Forbidden, NotAllowed;
    /// No account, or none that the patient claim agrees with.
    AccountNotLinked = "ACCOUNT_NOT_LINKED", FORBIDDEN, Forbidden, NotAllowed;
    /// Issuer binding, claim and header do not agree.
    TenantMismatch = "TENANT_MISMATCH", FORBIDDEN, Forbidden, NotAllowed;
    /// The token names no tenant.
    TenantClaimRequired = "TENANT_CLAIM_REQUIRED", FORBIDDEN, Forbidden, NotAllowed;
    /// The token has no launch context.
    PatientClaimRequired = "PATIENT_CLAIM_REQUIRED", FORBIDDEN, Forbidden, NotAllowed;
    /// The token's scopes do not cover the request.
    InsufficientScope = "INSUFFICIENT_SCOPE", FORBIDDEN, Forbidden, NotAllowed;
    /// One factor only.
    MfaRequired = "MFA_REQUIRED", FORBIDDEN, Forbidden, SignIn;
    /// The named delegation, launch context or patient gives no access.
    ProxyDelegationInvalid = "PROXY_DELEGATION_INVALID", FORBIDDEN, Forbidden, NotAllowed;
    /// Never for a proxy.
    ProxyScopeDenied = "PROXY_SCOPE_DENIED", FORBIDDEN, Forbidden, NotAllowed;
    /// The body cannot be read.
    MalformedBody = "MALFORMED_BODY", BAD_REQUEST, Invalid, ChangeRequest;
    /// A link or code that can be used no longer, or never could.
    LinkExpired = "LINK_EXPIRED", BAD_REQUEST, Invalid, ChangeRequest;
    /// A header that cannot be read.
    InvalidHeader = "INVALID_HEADER", BAD_REQUEST, Invalid, ChangeRequest;
    /// A parameter that is not known here.
    UnknownParameter = "UNKNOWN_PARAMETER", BAD_REQUEST, Invalid, ChangeRequest;
    /// A value that a FHIR search parameter cannot have.
    InvalidParameter = "INVALID_PARAMETER", BAD_REQUEST, Invalid, ChangeRequest;
    /// A kind of search that is not offered.
    NotSupported = "NOT_SUPPORTED", BAD_REQUEST, NotSupported, ChangeRequest;
    /// A cursor that is not one of this caller's for this query, or too old.
    CursorInvalid = "CURSOR_INVALID", BAD_REQUEST, Invalid, ChangeRequest;
    /// A token in the address, where logs and histories keep it.
    TokenInUrl = "TOKEN_IN_URL", BAD_REQUEST, Invalid, ChangeRequest;
    /// More than one credential.
    AmbiguousCredentials = "AMBIGUOUS_CREDENTIALS", BAD_REQUEST, Invalid, ChangeRequest;
    /// Absent, another patient's or withheld: one and the same.
    NotFound = "NOT_FOUND", NOT_FOUND, NotFound, NothingThere;
    /// Not a method of this route.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, NotSupported, ChangeRequest;
    /// Only forms that are not offered are accepted.
    NotAcceptable = "NOT_ACCEPTABLE", NOT_ACCEPTABLE, NotSupported, ChangeRequest;
    /// The body is too long.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", PAYLOAD_TOO_LARGE, Processing, ChangeRequest;
    /// The body is of another type, or encoded.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE, NotSupported, ChangeRequest;
    /// The same key came with another request before.
    IdempotencyKeyConflict = "IDEMPOTENCY_KEY_CONFLICT", CONFLICT, Processing, ChangeRequest;
    /// The same request is being answered.
    IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS", CONFLICT, Transient, TryLater;
    /// Where the thing stands does not allow it.
    StateConflict = "STATE_CONFLICT", CONFLICT, Processing, ChangeRequest;
    /// As many as there may be are there already.
    LimitReached = "LIMIT_REACHED", CONFLICT, Processing, ChangeRequest;
    /// It was changed by somebody else meanwhile.
    VersionConflict = "VERSION_CONFLICT", PRECONDITION_FAILED, Processing, ChangeRequest;
    /// The route needs a key.
    IdempotencyKeyRequired = "IDEMPOTENCY_KEY_REQUIRED", PRECONDITION_REQUIRED, Invalid, ChangeRequest;
    /// Asked too often.
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS, Transient, TryLater;
    /// Members that the contract does not know, or that stand twice.
    UnknownField = "UNKNOWN_FIELD", UNPROCESSABLE_ENTITY, Invalid, ChangeRequest;
    /// Values that break a rule.
    ValidationFailed = "VALIDATION_FAILED", UNPROCESSABLE_ENTITY, Processing, ChangeRequest;
    /// A fault of ours.
    InternalError = "INTERNAL_ERROR", INTERNAL_SERVER_ERROR, Exception, TryLater;
    /// A source answered garbage.
    UpstreamInvalidResponse = "UPSTREAM_INVALID_RESPONSE", BAD_GATEWAY, Exception, TryLater;
    /// A source is down, and there is no copy.
    UpstreamUnavailable = "UPSTREAM_UNAVAILABLE", SERVICE_UNAVAILABLE, Transient, TryLater;
    /// The store or the journal cannot be used.
    StoreUnavailable = "STORE_UNAVAILABLE", SERVICE_UNAVAILABLE, Transient, TryLater;
    /// More requests than can be served.
    Overloaded = "OVERLOADED", SERVICE_UNAVAILABLE, Transient, TryLater;
    /// A source did not answer in time.
    UpstreamTimeout = "UPSTREAM_TIMEOUT", GATEWAY_TIMEOUT, Transient, TryLater;
}

impl Code {
    /// The name as it stands in `type` and in message keys.
    pub(crate) fn kebab(self) -> String {
        self.row().name.to_ascii_lowercase().replace('_', "-")
    }

    /// Seconds after which asking again may help.
    pub(crate) const fn retry_after(self) -> Option<u32> {
        match self {
            Self::UpstreamUnavailable | Self::StoreUnavailable => Some(5),
            Self::Overloaded | Self::IdempotencyInProgress => Some(1),
            Self::RateLimited => Some(3_600),
            Self::Unauthenticated
            | Self::TokenExpired
            | Self::TokenRevoked
            | Self::StepUpRequired
            | Self::ModuleNotLicensed
            | Self::FeatureNotEnabled
            | Self::ClientNotAllowed
            | Self::AccountNotActive
            | Self::AccountNotLinked
            | Self::TenantMismatch
            | Self::TenantClaimRequired
            | Self::PatientClaimRequired
            | Self::InsufficientScope
            | Self::MfaRequired
            | Self::ProxyDelegationInvalid
            | Self::ProxyScopeDenied
            | Self::MalformedBody
            | Self::LinkExpired
            | Self::InvalidHeader
            | Self::IdempotencyKeyConflict
            | Self::StateConflict
            | Self::LimitReached
            | Self::VersionConflict
            | Self::IdempotencyKeyRequired
            | Self::UnknownField
            | Self::UnknownParameter
            | Self::InvalidParameter
            | Self::NotSupported
            | Self::CursorInvalid
            | Self::TokenInUrl
            | Self::AmbiguousCredentials
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::NotAcceptable
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::ValidationFailed
            | Self::InternalError
            | Self::UpstreamInvalidResponse
            | Self::UpstreamTimeout => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_screaming_and_unique() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.row().name).collect();
        assert_eq!(names.len(), Code::ALL.len());
        let screams = |name: &&str| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        assert!(names.iter().all(screams));
        assert_eq!(Code::TokenInUrl.kebab(), "token-in-url");
    }

    #[test]
    fn what_may_work_later_says_when_to_come_back() {
        for code in Code::ALL {
            let later = match code.row().status {
                StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => true,
                StatusCode::CONFLICT => *code == Code::IdempotencyInProgress,
                _ => false,
            };
            assert_eq!(code.retry_after().is_some(), later, "{code:?}");
        }
    }
}
