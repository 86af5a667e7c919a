//! Who may act for whom among the people.

use std::fmt;

use serde::Serialize;

/// A delegation between two of the people, to be set up at the portal.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoDelegation {
    /// The tenant of both.
    pub tenant: String,
    /// Id of the `Patient` whose record is opened.
    pub grantor_patient_id: String,
    /// `sub` of the one who may act.
    pub proxy_subject: String,
    /// `parent` or `spouse`.
    pub relationship_type: &'static str,
    /// What is opened.
    pub scope: Vec<&'static str>,
    /// Sensitive categories that are opened as well: none.
    pub sensitive: Vec<&'static str>,
    /// The first day.
    pub valid_from: &'static str,
}

impl fmt::Debug for DemoDelegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoDelegation(****)")
    }
}
