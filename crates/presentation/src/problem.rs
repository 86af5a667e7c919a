//! Errors of REST routes: problem details (RFC 9457).

use bytes::Bytes;
use http::header::HeaderValue;
use jiff::Timestamp;
use portal_domain::document::FaultKind;
use portal_domain::id::RequestId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::correlation;
use crate::fault::Fault;
use crate::language::Language;
use crate::messages::{
    DUPLICATE_MEMBER, INVALID_VALUE, MISSING_MEMBER, Texts, UNKNOWN_MEMBER, advice, title,
};

/// The media type of a problem.
pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    /// `/problems/` and the code in kebab-case.
    r#type: String,
    /// What happened, in the asked language.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What to do about it, in the asked language.
    detail: &'static str,
    /// `urn:uuid:` of the correlation.
    instance: String,
    /// The stable code.
    code: &'static str,
    /// The correlation, as in `X-Request-ID`.
    correlation_id: String,
    /// When (RFC 3339 UTC).
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    /// Where the body stops being JSON, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// The place in that line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// The values that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemError>,
}

/// A value that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemError {
    /// The parameter, or the place in the body (RFC 6901).
    pointer: String,
    /// What is wrong with it.
    code: &'static str,
    /// The same in the asked language.
    message: &'static str,
}

/// A fault as a problem.
pub(crate) fn write(
    fault: &Fault,
    request_id: &RequestId,
    language: Language,
    now: Timestamp,
) -> Bytes {
    let row = fault.code.row();
    let parameter = fault
        .parameter
        .iter()
        .map(|name| (name, FaultKind::Invalid));
    let faults = fault.faults.iter().map(|one| (&one.pointer, one.kind()));
    let error = |(pointer, kind): (&String, FaultKind)| ProblemError {
        pointer: pointer.clone(),
        code: fault_code(kind),
        message: fault_text(kind).in_language(language),
    };
    let problem = Problem {
        r#type: format!("/problems/{}", fault.code.kebab()),
        title: title(fault.code).in_language(language),
        status: row.status.as_u16(),
        detail: advice(row.advice).in_language(language),
        instance: correlation::urn(request_id),
        code: row.name,
        correlation_id: request_id.to_string(),
        timestamp: now,
        line: fault.position.map(|(line, _)| line),
        column: fault.position.map(|(_, column)| column),
        errors: parameter.chain(faults).map(error).collect(),
    };
    serde_json::to_vec(&problem)
        .expect("texts and numbers always serialise")
        .into()
}

pub(crate) const fn fault_code(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::UnknownMember => "UNKNOWN",
        FaultKind::DuplicateMember => "DUPLICATE",
        FaultKind::Missing => "MISSING",
        FaultKind::Invalid => "INVALID",
    }
}

const fn fault_text(kind: FaultKind) -> Texts {
    match kind {
        FaultKind::UnknownMember => UNKNOWN_MEMBER,
        FaultKind::DuplicateMember => DUPLICATE_MEMBER,
        FaultKind::Missing => MISSING_MEMBER,
        FaultKind::Invalid => INVALID_VALUE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    fn written(fault: &Fault, language: Language) -> String {
        let id = RequestId::parse("00000000000000000000000010").unwrap();
        let now = Timestamp::from_second(1_776_502_800).unwrap();
        String::from_utf8(write(fault, &id, language, now).to_vec()).unwrap()
    }

    #[test]
    fn a_problem_has_the_members_of_the_contract() {
        let expected = r#"{"type":"/problems/not-found","title":"Not found","status":404,"detail":"There is nothing here that you can see.","instance":"urn:uuid:00000000-0000-0000-0000-000000000020","code":"NOT_FOUND","correlationId":"00000000000000000000000010","timestamp":"2026-04-18T09:00:00Z"}"#;
        assert_eq!(written(&Code::NotFound.into(), Language::English), expected);
    }

    #[test]
    fn a_wrong_value_is_named_by_its_parameter() {
        let fault = Fault {
            parameter: Some("from".to_owned()),
            ..Code::ValidationFailed.into()
        };
        let text = written(&fault, Language::English);
        let expected = r#""errors":[{"pointer":"from","code":"INVALID","message":"This value is not valid."}]}"#;
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn texts_follow_the_language_and_codes_do_not() {
        let text = written(&Code::Overloaded.into(), Language::Arabic);
        assert!(text.contains("مشغول جدًا الآن") && text.contains(r#""code":"OVERLOADED""#));
    }
}
