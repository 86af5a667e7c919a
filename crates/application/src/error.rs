//! Why a use case gave no answer.

use portal_domain::access::Denial;
use portal_fhir::SearchError;

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
