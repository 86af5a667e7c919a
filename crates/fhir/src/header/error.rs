//! Why a resource is refused.

use crate::json::JsonError;

/// A resource is not one that we take. Carries positions and element names of FHIR, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not JSON at this byte, or not an object.
    #[error("the resource is not JSON at byte {position}")]
    NotJson {
        /// Offset of the first byte that cannot be.
        position: usize,
    },
    /// Nested beyond the limit.
    #[error("the resource is nested too deep")]
    TooDeep,
    /// More values than one resource may have.
    #[error("the resource is too large")]
    TooLarge,
    /// An object in it names a member twice.
    #[error("the resource has a duplicate member")]
    DuplicateMember,
    /// `resourceType` is missing or not a type that is served.
    #[error("the resource is of no served type")]
    UnknownType,
    /// It has no `id`.
    #[error("the resource has no id")]
    MissingId,
    /// Its `id` is not a string of 1 to 64 of `[A-Za-z0-9_.\-]`, or is `.` or `..`.
    #[error("the resource has an invalid id")]
    InvalidId,
    /// An element that decides about showing it has a form that cannot be read.
    #[error("the element {element} cannot be read")]
    Malformed {
        /// The FHIR name of the element.
        element: &'static str,
    },
}

impl From<JsonError> for HeaderError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax { position } => Self::NotJson { position },
            JsonError::TooDeep => Self::TooDeep,
            JsonError::DuplicateMember => Self::DuplicateMember,
            JsonError::TooLarge => Self::TooLarge,
        }
    }
}
