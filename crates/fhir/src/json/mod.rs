//! Strict JSON (RFC 8259) with byte positions: every value knows where it stands in the text.
//!
//! Nothing here recurses: depth is a number that is compared, never a stack frame.

mod scanner;
mod string;
mod tree;
mod value;

use serde::{Deserialize, Serialize};

pub(crate) use scanner::{Event, EventKind, Scanner};
pub(crate) use string::{quote, unescape};
pub use tree::{Kind, Tree};
pub use value::{Children, Value};

/// A half-open range of byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The same range as indexes into a slice.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The bytes that the span names, or nothing where it does not fit `bytes`.
    pub fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.range()).unwrap_or_default()
    }
}

/// A text is not the JSON that we take. Carries positions, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not RFC 8259, or not UTF-8, at this byte.
    #[error("not JSON at byte {position}")]
    Syntax {
        /// Offset of the first byte that cannot be.
        position: usize,
    },
    /// More levels of objects and arrays than allowed.
    #[error("nested too deep")]
    TooDeep,
    /// An object names one member twice.
    #[error("an object has a duplicate member")]
    DuplicateMember,
    /// More bytes or values than one resource may have.
    #[error("too large")]
    TooLarge,
}
