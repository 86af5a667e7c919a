//! Search over headers: typed parameters, what they match, and the order of what they find.
//!
//! No text of a client ever goes to a source: a search is parsed here into a [`Query`], the set is
//! fetched whole, and the query is asked about each header (FHIR R4 3.1.1).

mod date;
mod order;
mod parameters;
mod parse;
mod query;
mod tables;
mod text;
mod token;

pub use order::{Sort, SortKey, sort_key};
pub use parameters::{ParameterKind, ParameterSpec};
pub use query::Query;
pub use tables::{IncludeSpec, includes, is_searchable, parameters, rev_includes};
pub use text::fold;
pub use token::Token;

/// What to do with parameters that are not known (RFC 7240 `Prefer: handling`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// Leave them out.
    Lenient,
    /// Refuse the search.
    Strict,
}

/// A search is not one that is offered. Names parameters of our own tables or a position in the
/// query, never what a client wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// The parameter at this position is not known and handling is strict.
    #[error("the parameter at position {position} is not known")]
    Unknown {
        /// Position in the query, from 0.
        position: usize,
    },
    /// A modifier, prefix, chain or special search that is not offered.
    #[error("the search by {name} is not supported in this form")]
    Unsupported {
        /// The parameter; `chain` for a chained one.
        name: &'static str,
    },
    /// A value that the parameter cannot have.
    #[error("the value of {name} is not valid")]
    Invalid {
        /// The parameter.
        name: &'static str,
    },
}
