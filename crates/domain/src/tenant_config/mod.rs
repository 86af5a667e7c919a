//! What a tenant decides for itself: release policy, age bands, code lists. A document that is
//! read whole or not at all.

mod bands;
mod policy;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

use crate::age_bands::AgeBands;
use crate::document::{DocumentFault, Members};
use crate::release::ReleasePolicy;
use crate::sensitivity::CodeLists;

/// The settings of a tenant that rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantConfig {
    /// What is held and withheld.
    pub release_policy: ReleasePolicy,
    /// What parents may see, by age.
    pub age_bands: AgeBands,
    /// What is sensitive.
    pub code_lists: Arc<CodeLists>,
    /// Whether the identity provider is asked about every token, also of the portal's own clients.
    pub introspect_tokens: bool,
}

impl Default for TenantConfig {
    fn default() -> Self {
        Self {
            release_policy: ReleasePolicy::default(),
            age_bands: AgeBands::default(),
            code_lists: CodeLists::shipped(),
            introspect_tokens: false,
        }
    }
}

/// The members of a document, in the order of the contract.
pub const MEMBERS: [&str; 4] = [
    "releasePolicy",
    "ageBands",
    "sensitivityCodes",
    "introspectTokens",
];

impl TenantConfig {
    /// Reads a document; what is absent has its default. Every fault with its pointer below
    /// `pointer`, and then nothing of the document counts.
    pub fn parse(document: &Value, pointer: &str) -> Result<Self, Vec<DocumentFault>> {
        let mut faults = Vec::new();
        let mut config = Self::default();
        let mut members = Members::of(document, pointer, &mut faults);
        if let Some(value) = members.value("releasePolicy") {
            let (place, faults) = members.below("releasePolicy");
            if let Some(policy) = policy::read(value, &place, faults) {
                config.release_policy = policy;
            }
        }
        if let Some(value) = members.value("ageBands") {
            let (place, faults) = members.below("ageBands");
            if let Some(bands) = bands::read(value, &place, faults) {
                config.age_bands = bands;
            }
        }
        if let Some(value) = members.value("sensitivityCodes") {
            let (place, faults) = members.below("sensitivityCodes");
            match CodeLists::parse(value, &place) {
                Ok(lists) => config.code_lists = Arc::new(lists),
                Err(found) => faults.extend(found),
            }
        }
        let introspect =
            members.optional("introspectTokens", "expected true or false", Value::as_bool);
        config.introspect_tokens = introspect.unwrap_or_default();
        members.finish();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }
}
