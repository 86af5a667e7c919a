//! Errors of FHIR routes, and what searches say about themselves: `OperationOutcome`.

use bytes::Bytes;
use portal_application::{Completeness, SourceReport, SourceStatus};
use portal_domain::id::RequestId;
use portal_fhir::outcome::{Details, Issue, IssueType, OperationOutcome, Severity};

use crate::fault::Fault;

/// The system of the portal's own codes in `details.coding`.
const CODES: &str = "urn:ghasi-ehealth:portal-code";

/// A fault as an `OperationOutcome`.
pub(crate) fn write(fault: &Fault, request_id: &RequestId) -> Bytes {
    let row = fault.code.row();
    let parameter = fault.parameter.as_ref();
    let parameter = parameter.map_or_else(String::new, |name| format!("; parameter={name}"));
    let diagnostics = format!(
        "error.{}{parameter}; correlation={request_id}",
        fault.code.kebab()
    );
    let issue = Issue {
        severity: Severity::Error,
        code: row.issue,
        details: Some(Details::new(CODES, row.name)),
        diagnostics: Some(diagnostics),
    };
    OperationOutcome::new(vec![issue]).to_bytes()
}

/// What a searchset says about itself: an issue for each source that is neither fresh nor cached,
/// and one when a cap was reached or a bad resource was dropped. None when all is well.
pub(crate) fn about(completeness: &Completeness) -> Option<Bytes> {
    let mut issues: Vec<Issue> = completeness
        .sources
        .iter()
        .filter_map(source_issue)
        .collect();
    if completeness.incomplete {
        issues.push(warning(
            IssueType::Incomplete,
            "INCOMPLETE",
            "search.incomplete".to_owned(),
        ));
    }
    (!issues.is_empty()).then(|| OperationOutcome::new(issues).to_bytes())
}

fn source_issue(report: &SourceReport) -> Option<Issue> {
    let key = |status: &str| format!("source.{}.{status}", report.source.as_str());
    match report.status {
        SourceStatus::Fresh | SourceStatus::Cached => None,
        SourceStatus::Stale => Some(warning(IssueType::Transient, "SOURCE_STALE", key("stale"))),
        SourceStatus::NotLinked => Some(Issue {
            severity: Severity::Information,
            ..warning(
                IssueType::NotSupported,
                "SOURCE_NOT_LINKED",
                key("notLinked"),
            )
        }),
        SourceStatus::Unavailable => Some(warning(
            IssueType::Incomplete,
            "SOURCE_UNAVAILABLE",
            key("unavailable"),
        )),
        SourceStatus::NotEntitled => Some(Issue {
            severity: Severity::Information,
            ..warning(
                IssueType::NotSupported,
                "SOURCE_NOT_ENTITLED",
                key("notEntitled"),
            )
        }),
    }
}

fn warning(code: IssueType, name: &str, diagnostics: String) -> Issue {
    Issue {
        severity: Severity::Warning,
        code,
        details: Some(Details::new(CODES, name)),
        diagnostics: Some(diagnostics),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use portal_domain::source::Source;

    #[test]
    fn an_error_carries_code_key_and_correlation() {
        let id = RequestId::parse("abc").unwrap();
        let fault = Fault {
            parameter: Some("date".to_owned()),
            ..Code::InvalidParameter.into()
        };
        let expected = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","details":{"coding":[{"system":"urn:ghasi-ehealth:portal-code","code":"INVALID_PARAMETER"}]},"diagnostics":"error.invalid-parameter; parameter=date; correlation=abc"}]}"#;
        assert_eq!(write(&fault, &id), expected.as_bytes());
    }

    #[test]
    fn only_what_is_not_well_is_said() {
        let report = |source, status| SourceReport {
            source,
            status,
            as_of: None,
            retry_after: None,
        };
        let mut completeness = Completeness {
            sources: vec![
                report(Source::Laboratory, SourceStatus::Fresh),
                report(Source::Medication, SourceStatus::Cached),
            ],
            incomplete: false,
        };
        assert!(about(&completeness).is_none());
        completeness
            .sources
            .push(report(Source::PatientChart, SourceStatus::Unavailable));
        completeness
            .sources
            .push(report(Source::Claims, SourceStatus::NotEntitled));
        let outcome = about(&completeness).unwrap();
        let text = std::str::from_utf8(&outcome).unwrap();
        assert!(text.contains(r#""severity":"warning","code":"incomplete""#));
        assert!(text.contains("source.patient-chart.unavailable"));
        assert!(text.contains(r#""severity":"information","code":"not-supported""#));
        assert!(text.contains("source.claims.notEntitled"));
    }
}
