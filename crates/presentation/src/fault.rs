//! A request that ends in an error: from the errors of the use cases to a code.

use axum::response::{IntoResponse, Response};
use portal_application::ports::{SourceError, StoreError, TokenRefusal};
use portal_application::{AccessError, BodyError, InputError, Refusal};
use portal_domain::access::{Denial, Surface};
use portal_domain::document::{DocumentFault, FaultKind};

use crate::code::Code;

/// An error on its way out. It has no body of its own: the outermost layer writes it as the face
/// of the path has it, so that no handler can put input into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Which row of the table.
    pub(crate) code: Code,
    /// The parameter whose value is wrong, by its name in our own tables.
    pub(crate) parameter: Option<String>,
    /// What is wrong with the body, by place.
    pub(crate) faults: Vec<DocumentFault>,
    /// Where the body stops being JSON: line and column, counted from 1.
    pub(crate) position: Option<(usize, usize)>,
    /// Whether a token was sent and not believed (RFC 6750 section 3).
    pub(crate) token_refused: bool,
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self {
            code,
            parameter: None,
            faults: Vec::new(),
            position: None,
            token_refused: false,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.code.row().status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Fault {
    /// An error of a use case, as a face has it.
    pub(crate) fn on(surface: Surface) -> impl Fn(AccessError) -> Self {
        move |error| match error {
            AccessError::Denied(denial) => denied(denial),
            AccessError::Input(error) => input(error, surface),
            AccessError::Refused(refusal) => refusal_code(refusal).into(),
            AccessError::NotFound => Code::NotFound.into(),
            AccessError::Source(SourceError::Unavailable) => Code::UpstreamUnavailable.into(),
            AccessError::Source(SourceError::TimedOut) => Code::UpstreamTimeout.into(),
            AccessError::Source(SourceError::Invalid) => Code::UpstreamInvalidResponse.into(),
            AccessError::Source(SourceError::Store)
            | AccessError::Store(StoreError::Unavailable | StoreError::Corrupt) => {
                Code::StoreUnavailable.into()
            }
        }
    }
}

impl From<TokenRefusal> for Fault {
    fn from(refusal: TokenRefusal) -> Self {
        let (code, token_refused) = match refusal {
            TokenRefusal::Invalid(_) => (Code::Unauthenticated, true),
            TokenRefusal::Expired => (Code::TokenExpired, true),
            TokenRefusal::KeysUnavailable => (Code::UpstreamUnavailable, false),
        };
        Self {
            token_refused,
            ..code.into()
        }
    }
}

fn denied(denial: Denial) -> Fault {
    Fault {
        token_refused: denial == Denial::TokenRevoked,
        ..denial_code(denial).into()
    }
}

const fn denial_code(denial: Denial) -> Code {
    match denial {
        Denial::TokenRevoked => Code::TokenRevoked,
        Denial::TokenUnconfirmed => Code::UpstreamUnavailable,
        Denial::ClientNotAllowed => Code::ClientNotAllowed,
        Denial::TenantMismatch => Code::TenantMismatch,
        Denial::TenantClaimRequired => Code::TenantClaimRequired,
        Denial::ModuleNotLicensed | Denial::TenantSuspended => Code::ModuleNotLicensed,
        Denial::FeatureNotEnabled => Code::FeatureNotEnabled,
        Denial::MfaRequired => Code::MfaRequired,
        Denial::AccountNotLinked => Code::AccountNotLinked,
        Denial::AccountNotActive => Code::AccountNotActive,
        Denial::PatientClaimRequired => Code::PatientClaimRequired,
        Denial::ProxyDelegationUnknown
        | Denial::ProxyDelegationAmbiguous
        | Denial::ProxyDelegationNotInForce(_)
        | Denial::BirthDateUnknown
        | Denial::PatientOfAge
        | Denial::ClosedToParents
        | Denial::OtherPatient => Code::ProxyDelegationInvalid,
        Denial::NeverForProxy | Denial::ProxyScopeDenied | Denial::AppsNotDelegated => {
            Code::ProxyScopeDenied
        }
        Denial::InsufficientScope | Denial::RoleDenied => Code::InsufficientScope,
        Denial::StepUpRequired => Code::StepUpRequired,
    }
}

fn input(error: InputError, surface: Surface) -> Fault {
    let (code, parameter) = match error {
        InputError::UnknownParameter => (Code::UnknownParameter, None),
        InputError::CursorInvalid => (Code::CursorInvalid, None),
        InputError::Invalid { parameter } => match surface {
            Surface::Portal => (Code::ValidationFailed, Some(parameter)),
            Surface::Fhir => (Code::InvalidParameter, Some(parameter)),
        },
        InputError::Unsupported { parameter } => (Code::NotSupported, Some(parameter)),
        InputError::InvalidHeader => (Code::InvalidHeader, None),
        InputError::Body(error) => return body(error),
    };
    Fault {
        parameter,
        ..code.into()
    }
}

const fn refusal_code(refusal: Refusal) -> Code {
    match refusal {
        Refusal::LinkExpired => Code::LinkExpired,
        Refusal::IdempotencyKeyRequired => Code::IdempotencyKeyRequired,
        Refusal::IdempotencyKeyConflict => Code::IdempotencyKeyConflict,
        Refusal::IdempotencyInProgress => Code::IdempotencyInProgress,
        Refusal::VersionConflict => Code::VersionConflict,
        Refusal::StateConflict => Code::StateConflict,
        Refusal::LimitReached => Code::LimitReached,
        Refusal::RateLimited => Code::RateLimited,
    }
}

/// A member that nobody asked for is worse than a wrong value: the client means something else.
fn body(error: BodyError) -> Fault {
    match error {
        BodyError::TooLarge => Code::PayloadTooLarge.into(),
        BodyError::UnsupportedType => Code::UnsupportedMediaType.into(),
        BodyError::Malformed { line, column } => Fault {
            position: Some((line, column)),
            ..Code::MalformedBody.into()
        },
        BodyError::Invalid(faults) => {
            let unknown = |fault: &DocumentFault| {
                matches!(
                    fault.kind(),
                    FaultKind::UnknownMember | FaultKind::DuplicateMember
                )
            };
            let code = if faults.iter().any(unknown) {
                Code::UnknownField
            } else {
                Code::ValidationFailed
            };
            Fault {
                faults,
                ..code.into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_patient_reads_like_any_other_bad_delegation() {
        let portal = Fault::on(Surface::Portal);
        let named = portal(AccessError::Denied(Denial::OtherPatient));
        assert_eq!(
            named,
            portal(AccessError::Denied(Denial::ProxyDelegationUnknown))
        );
    }

    #[test]
    fn a_wrong_value_is_422_on_rest_and_400_on_fhir() {
        let wrong = || {
            AccessError::Input(InputError::Invalid {
                parameter: "date".to_owned(),
            })
        };
        let status = |surface| Fault::on(surface)(wrong()).code.row().status.as_u16();
        assert_eq!((status(Surface::Portal), status(Surface::Fhir)), (422, 400));
    }
}
