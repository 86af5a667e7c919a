//! What a request that changes something sends, read after authorisation.

use bytes::Bytes;
use portal_domain::document::{DocumentFault, Members, parse_strict};
use serde_json::Value;

use crate::error::InputError;

/// The body as it arrived. What is wrong with it is said after every other check.
#[derive(Debug, Clone)]
pub enum RequestBody {
    /// Of the right type and size.
    Json(Bytes),
    /// Longer than any body of this contract.
    TooLarge,
    /// Of another media type, or encoded.
    UnsupportedType,
}

/// `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyKey {
    /// Not sent.
    Absent,
    /// 1–255 visible ASCII characters.
    Key(String),
    /// Something else, or several.
    Malformed,
}

/// What a request that changes something sends beside who makes it.
#[derive(Debug, Clone)]
pub struct WriteRequest {
    /// The query, which no such route has.
    pub parameters: Vec<(String, String)>,
    /// The body.
    pub body: RequestBody,
    /// `Idempotency-Key`.
    pub idempotency_key: IdempotencyKey,
    /// `If-Match`, as it was sent.
    pub if_match: Option<String>,
}

/// Why a body cannot be read. Holds places and our own words, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Too long.
    #[error("body too large")]
    TooLarge,
    /// Another media type, or an encoding.
    #[error("body of an unsupported type")]
    UnsupportedType,
    /// No JSON, from this place on.
    #[error("malformed body")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// Members or values that will not do, each by its place.
    #[error("invalid body")]
    Invalid(Vec<DocumentFault>),
}

impl WriteRequest {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, InputError> {
        let bytes = match &self.body {
            RequestBody::Json(bytes) => bytes,
            RequestBody::TooLarge => return Err(BodyError::TooLarge.into()),
            RequestBody::UnsupportedType => return Err(BodyError::UnsupportedType.into()),
        };
        let (value, faults) = parse_strict(bytes).map_err(|error| BodyError::Malformed {
            line: error.line,
            column: error.column,
        })?;
        if faults.is_empty() {
            Ok(value)
        } else {
            Err(BodyError::Invalid(faults).into())
        }
    }

    /// The body as an object that a function reads the members of. What it does not ask for is a
    /// fault.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&mut Members<'_, '_>) -> Option<T>,
    ) -> Result<T, InputError> {
        let value = self.json()?;
        let mut faults = Vec::new();
        let mut members = Members::of(&value, "", &mut faults);
        let found = read(&mut members);
        members.finish();
        match found {
            Some(found) if faults.is_empty() => Ok(found),
            Some(_) | None => Err(BodyError::Invalid(faults).into()),
        }
    }

    /// A route that takes no body accepts an empty one or an empty object.
    pub(crate) fn expect_nothing(&self) -> Result<(), InputError> {
        match &self.body {
            RequestBody::Json(bytes) if bytes.is_empty() => Ok(()),
            RequestBody::Json(_) | RequestBody::TooLarge | RequestBody::UnsupportedType => {
                self.read(|_| Some(()))
            }
        }
    }

    /// The bytes, for telling one payload from another.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.body {
            RequestBody::Json(bytes) => bytes,
            RequestBody::TooLarge | RequestBody::UnsupportedType => &[],
        }
    }
}

impl From<BodyError> for InputError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}
