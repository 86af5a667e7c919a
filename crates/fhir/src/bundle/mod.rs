//! Pages of search results as sources send them: searchset Bundles, read without copying.

mod guard;
mod reader;

use bytes::Bytes;

use crate::json::JsonError;

pub use guard::StructureGuard;
pub use reader::read_searchset;

/// How much a page and its resources may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries in one page.
    pub max_entries: usize,
    /// Levels of objects and arrays, the resource itself being the first. A page may have four
    /// times as many ([`Limits::page_depth`]), so that one resource that is too deep costs itself
    /// and only a bomb costs the page.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_entries: 1_000,
            max_depth: 64,
        }
    }
}

impl Limits {
    /// Levels of objects and arrays in a page, the Bundle being the first: beyond it the page is
    /// refused, also by a [`StructureGuard`] that is made with it.
    pub fn page_depth(&self) -> usize {
        self.max_depth.saturating_mul(4)
    }
}

/// A page is not a searchset Bundle that we take. Carries positions, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not JSON at this byte.
    #[error("the page is not JSON at byte {position}")]
    NotJson {
        /// Offset of the first byte that cannot be.
        position: usize,
    },
    /// Nested beyond [`Limits::page_depth`].
    #[error("the page is nested too deep")]
    TooDeep,
    /// JSON, but not a Bundle of type searchset.
    #[error("the page is not a searchset Bundle")]
    NotASearchset,
    /// More than [`Limits::max_entries`].
    #[error("the page has too many entries")]
    TooManyEntries,
    /// The Bundle names a member or its next page twice.
    #[error("the page contradicts itself")]
    Ambiguous,
    /// Longer than offsets of 32 bits can say.
    #[error("the page is too large")]
    TooLarge,
}

impl From<JsonError> for BundleError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax { position } => Self::NotJson { position },
            JsonError::TooDeep => Self::TooDeep,
            JsonError::DuplicateMember => Self::Ambiguous,
            JsonError::TooLarge => Self::TooLarge,
        }
    }
}

/// Why an entry is in a searchset (FHIR R4 search-entry-mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchMode {
    /// It matches the search, or no mode was said.
    Match,
    /// It was included because of another.
    Include,
    /// It is about the search itself.
    Outcome,
}

/// One resource of a page.
#[derive(Clone)]
pub struct Entry {
    /// The resource: a slice of the page, not a copy.
    pub resource: Bytes,
    /// Why it is there.
    pub mode: SearchMode,
}

/// What a page holds.
#[derive(Clone)]
pub struct Page {
    /// Its resources in the order of the page.
    pub entries: Vec<Entry>,
    /// The address of the next page, exactly as the source said it.
    pub next: Option<String>,
    /// Entries without a resource that could be one.
    pub dropped: usize,
}

crate::privacy::hidden_debug!(Entry, Page);
