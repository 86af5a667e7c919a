//! One HTTP call to a source: sent, counted, and its answer's outside checked.

use std::time::Instant;

use portal_application::ports::{CallContext, SourceError};
use portal_domain::id::TenantId;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use crate::call_record::CallRecord;
use crate::http_client::{FHIR_JSON, is_json};

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
