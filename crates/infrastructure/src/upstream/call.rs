//! One HTTP call to a source: sent, counted, and its answer's outside checked.

use std::borrow::Cow;
use std::time::Instant;

use metrics::{counter, histogram};
use portal_application::ports::{CallContext, SourceError};
use portal_domain::id::TenantId;
use portal_domain::source::Source;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use url::Url;

const FHIR_JSON: &str = "application/fhir+json";

/// What a call failed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallError {
    /// May succeed when tried again: no connection, or 502, 503, 504.
    Passing,
    /// Would fail again.
    Lasting(SourceError),
}

impl From<CallError> for SourceError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Passing => Self::Unavailable,
            CallError::Lasting(error) => error,
        }
    }
}

/// Counts one call when it ends, however it ends.
pub(super) struct CallRecord {
    upstream: &'static str,
    begun: Instant,
    outcome: Cow<'static, str>,
}

impl CallRecord {
    pub(super) fn begin(source: Source) -> Self {
        Self {
            upstream: source.as_str(),
            begun: Instant::now(),
            // Unless it comes to another end, its future was dropped.
            outcome: Cow::Borrowed("cancelled"),
        }
    }

    fn answered(&mut self, status: StatusCode) {
        // A source could send any number; a label must not have any value.
        self.outcome = match status.canonical_reason() {
            Some(_) => Cow::Owned(status.as_str().to_owned()),
            None => Cow::Borrowed("other"),
        };
    }

    pub(super) fn ended(&mut self, outcome: &'static str) {
        self.outcome = Cow::Borrowed(outcome);
    }
}

impl Drop for CallRecord {
    fn drop(&mut self) {
        counter!(
            "portal_upstream_calls_total",
            "upstream" => self.upstream,
            "status_code" => self.outcome.clone()
        )
        .increment(1);
        histogram!("portal_upstream_call_duration_seconds", "upstream" => self.upstream)
            .record(self.begun.elapsed());
    }
}

/// Sends a search and hands back its answer once the status and content type are right.
pub(super) async fn send(
    client: &Client,
    url: Url,
    headers: HeaderMap,
    record: &mut CallRecord,
) -> Result<Response, CallError> {
    let response = client.get(url).headers(headers).send().await;
    let response = response.map_err(|_| {
        record.ended("connect_error");
        CallError::Passing
    })?;
    record.answered(response.status());
    check_status(response.status())?;
    if !is_json(response.headers()) {
        return Err(CallError::Lasting(SourceError::Invalid));
    }
    Ok(response)
}

fn check_status(status: StatusCode) -> Result<(), CallError> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Err(CallError::Passing)
        }
        _ if status.is_client_error() || status.is_server_error() => {
            Err(CallError::Lasting(SourceError::Unavailable))
        }
        // Redirects are not followed, and nothing else is an answer to a search.
        _ => Err(CallError::Lasting(SourceError::Invalid)),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| {
        essence.eq_ignore_ascii_case(FHIR_JSON) || essence.eq_ignore_ascii_case("application/json")
    })
}

/// The headers of every call. The remaining budget is that of this moment.
pub(super) fn headers(tenant: &TenantId, context: &CallContext, deadline: Instant) -> HeaderMap {
    let remaining = deadline
        .saturating_duration_since(Instant::now())
        .as_millis();
    let values = [
        ("x-request-id", context.request_id.as_str()),
        ("x-tenant-id", tenant.as_str()),
        (ACCEPT_LANGUAGE.as_str(), &context.language),
        ("x-request-deadline-ms", &remaining.to_string()),
    ];
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(ACCEPT, HeaderValue::from_static(FHIR_JSON));
    for (name, value) in values {
        // Only a language that is no header value is left out; ids are by their alphabet.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_content_types_are_json() {
        let json = |value: &str| {
            let value = HeaderValue::from_str(value).expect("a header");
            is_json(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        assert!(json("application/fhir+json; fhirVersion=4.0"));
        assert!(json("Application/JSON;charset=utf-8"));
        assert!(!json("application/fhir+xml"));
        assert!(!json("text/html"));
        assert!(!json("application/json2"));
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn gateways_pass_and_everything_else_lasts() {
        let lasting = |error| Err(CallError::Lasting(error));
        for (status, expected) in [
            (200, Ok(())),
            (204, lasting(SourceError::Invalid)),
            (302, lasting(SourceError::Invalid)),
            (404, lasting(SourceError::Unavailable)),
            (500, lasting(SourceError::Unavailable)),
            (502, Err(CallError::Passing)),
            (503, Err(CallError::Passing)),
            (504, Err(CallError::Passing)),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(check_status(status), expected);
        }
    }
}
