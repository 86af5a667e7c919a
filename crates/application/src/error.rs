//! Why a use case gave no answer.

use portal_domain::access::Denial;
use portal_fhir::SearchError;

use crate::body::BodyError;
use crate::ports::{CursorInvalid, SourceError, StoreError};

/// What is wrong with the request's parameters. Carries names of our own tables, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A parameter that this route does not know.
    #[error("unknown parameter")]
    UnknownParameter,
    /// The cursor is not one of this caller's for this query, or is too old.
    #[error("cursor invalid")]
    CursorInvalid,
    /// A value that cannot be read.
    #[error("invalid value of {parameter}")]
    Invalid {
        /// The parameter's name.
        parameter: String,
    },
    /// A modifier, prefix or kind of search that is not offered.
    #[error("unsupported use of {parameter}")]
    Unsupported {
        /// The parameter's name.
        parameter: String,
    },
    /// The body.
    #[error(transparent)]
    Body(BodyError),
    /// `Idempotency-Key` or `If-Match` is no such thing.
    #[error("invalid header")]
    InvalidHeader,
}

/// Why a request that is right in itself was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The link or code is not one that can be used: expired, used, or another's.
    #[error("link expired")]
    LinkExpired,
    /// The route needs an `Idempotency-Key`.
    #[error("idempotency key required")]
    IdempotencyKeyRequired,
    /// The key came with another payload before.
    #[error("idempotency key conflict")]
    IdempotencyKeyConflict,
    /// The same request is being answered.
    #[error("idempotent request in progress")]
    IdempotencyInProgress,
    /// `If-Match` names another version.
    #[error("version conflict")]
    VersionConflict,
    /// Where the thing stands does not allow it.
    #[error("state conflict")]
    StateConflict,
    /// As many as there may be are there already.
    #[error("limit reached")]
    LimitReached,
    /// Asked too often.
    #[error("rate limited")]
    RateLimited,
}

impl Refusal {
    /// The reason code for the journal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LinkExpired => "link-expired",
            Self::IdempotencyKeyRequired => "idempotency-key-required",
            Self::IdempotencyKeyConflict => "idempotency-key-conflict",
            Self::IdempotencyInProgress => "idempotency-in-progress",
            Self::VersionConflict => "version-conflict",
            Self::StateConflict => "state-conflict",
            Self::LimitReached => "limit-reached",
            Self::RateLimited => "rate-limited",
        }
    }
}

/// Why a request was not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Refused by the decision.
    #[error("denied: {0}")]
    Denied(#[from] Denial),
    /// The request itself is wrong.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Not carried out.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Absent, another patient's or withheld: one and the same.
    #[error("not found")]
    NotFound,
    /// Every source that could have answered failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The facts or the journal are out of reach.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SearchError> for AccessError {
    fn from(error: SearchError) -> Self {
        Self::Input(match error {
            SearchError::Unknown { .. } => InputError::UnknownParameter,
            SearchError::Unsupported { name } => InputError::Unsupported {
                parameter: name.to_string(),
            },
            SearchError::Invalid { name } => InputError::Invalid {
                parameter: name.to_string(),
            },
        })
    }
}

impl From<CursorInvalid> for AccessError {
    fn from(_: CursorInvalid) -> Self {
        Self::Input(InputError::CursorInvalid)
    }
}
