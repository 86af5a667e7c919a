//! One HTTP call to a source: sent, counted, and its answer's outside checked.

use std::time::Instant;

use portal_application::ports::{CallContext, SourceError};
use portal_domain::id::TenantId;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use crate::call_record::CallRecord;
use crate::http_client::{FHIR_JSON, is_json};

use super::guard::{CallEnd, NotAsked};

/// What a call failed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallError {
    /// May succeed when tried again: no connection, or 502, 503, 504.
    Passing,
    /// Any other 5xx.
    Broken,
    /// 4xx.
    Refused,
    /// Something that is no usable searchset.
    Invalid,
    /// Nothing, or not all of it, within the deadline.
    TimedOut,
    /// It was not made, or ended for want of room here.
    NotAsked,
}

impl From<CallError> for SourceError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Passing | CallError::Broken | CallError::Refused | CallError::NotAsked => {
                Self::Unavailable
            }
            CallError::Invalid => Self::Invalid,
            CallError::TimedOut => Self::TimedOut,
        }
    }
}

impl From<NotAsked> for CallError {
    fn from(_: NotAsked) -> Self {
        Self::NotAsked
    }
}

impl CallError {
    /// What it says about the source.
    pub(super) const fn end(self) -> CallEnd {
        match self {
            Self::Passing | Self::Broken => CallEnd::Failed,
            Self::Refused | Self::Invalid => CallEnd::Answered,
            Self::TimedOut => CallEnd::TimedOut,
            Self::NotAsked => CallEnd::Unjudged,
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
        return Err(CallError::Invalid);
    }
    Ok(response)
}

fn check_status(status: StatusCode) -> Result<(), CallError> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Err(CallError::Passing)
        }
        _ if status.is_client_error() => Err(CallError::Refused),
        _ if status.is_server_error() => Err(CallError::Broken),
        // Redirects are not followed, and nothing else is an answer to a search.
        _ => Err(CallError::Invalid),
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
        for (status, expected) in [
            (200, Ok(())),
            (204, Err(CallError::Invalid)),
            (302, Err(CallError::Invalid)),
            (404, Err(CallError::Refused)),
            (500, Err(CallError::Broken)),
            (502, Err(CallError::Passing)),
            (503, Err(CallError::Passing)),
            (504, Err(CallError::Passing)),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(check_status(status), expected);
        }
    }
}
