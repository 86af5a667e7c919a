//! `OperationOutcome`: what went wrong or is missing, as FHIR says it.

use bytes::Bytes;
use serde::Serialize;

/// How bad an issue is (FHIR R4 issue-severity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The request failed.
    Error,
    /// The answer is there but lacks something.
    Warning,
    /// To be known, nothing more.
    Information,
}

/// What kind of issue it is: the codes of FHIR R4 issue-type that the portal uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueType {
    /// No sound token.
    Login,
    /// The caller may not.
    Forbidden,
    /// Nothing there that the caller may know of.
    NotFound,
    /// The request is not sound.
    Invalid,
    /// The request asks for something that is not offered.
    NotSupported,
    /// The content breaks a rule.
    Processing,
    /// Too many requests.
    Throttled,
    /// It may work later.
    Transient,
    /// The answer lacks a part.
    Incomplete,
    /// A condition clashes with the state of things.
    Conflict,
    /// A fault of ours.
    Exception,
    /// Nothing wrong.
    Informational,
}

/// One issue of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What kind it is.
    pub code: IssueType,
    /// The portal's own code for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// Text keys and correlation, never patient data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<String>,
}

/// `OperationOutcome.issue.details`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Details {
    coding: [DetailsCoding; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct DetailsCoding {
    system: String,
    code: String,
}

impl Details {
    /// A code of a system.
    pub fn new(system: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            coding: [DetailsCoding {
                system: system.into(),
                code: code.into(),
            }],
        }
    }
}

/// A whole `OperationOutcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationOutcome {
    #[serde(rename = "resourceType")]
    resource_type: &'static str,
    issue: Vec<Issue>,
}

impl OperationOutcome {
    /// An outcome of these issues; FHIR wants at least one.
    pub fn new(issue: Vec<Issue>) -> Self {
        Self {
            resource_type: "OperationOutcome",
            issue,
        }
    }

    /// The resource as JSON.
    pub fn to_bytes(&self) -> Bytes {
        Bytes::from(serde_json::to_vec(self).expect("texts and lists of them always serialise"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_written_as_fhir_has_it() {
        let outcome = OperationOutcome::new(vec![
            Issue {
                severity: Severity::Error,
                code: IssueType::NotSupported,
                details: Some(Details::new("urn:codes", "UNKNOWN_PARAMETER")),
                diagnostics: Some("key".into()),
            },
            Issue {
                severity: Severity::Warning,
                code: IssueType::Transient,
                details: None,
                diagnostics: None,
            },
        ]);
        let expected = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-supported","details":{"coding":[{"system":"urn:codes","code":"UNKNOWN_PARAMETER"}]},"diagnostics":"key"},{"severity":"warning","code":"transient"}]}"#;
        assert_eq!(outcome.to_bytes(), expected.as_bytes());
    }
}
