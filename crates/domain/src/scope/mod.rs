//! SMART on FHIR scopes: what a token allows, by type and interaction.

mod parse;
mod set;

pub use parse::{RejectedScope, parse_scope};
pub use set::{Interaction, Letters, ScopeSet};
