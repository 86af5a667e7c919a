//! SMART on FHIR scopes: what a token allows, by type, interaction and, where a scope has
//! parameters, by record.

mod constraint;
mod letters;
mod parse;
mod set;
mod token;
mod type_scopes;

pub use letters::{Interaction, Letters};
pub use parse::RejectedScope;
pub use set::ScopeSet;

#[cfg(test)]
pub(crate) mod generators;
#[cfg(test)]
mod laws;
