//! What goes along with a call to a source, and what its answer's outside says.

use portal_application::ports::{CallContext, SourceError};
use portal_domain::id::TenantId;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};

use crate::http_client::{FHIR_JSON, is_json};

use super::credential::NoToken;
use super::guard::{CallEnd, NotAsked};

/// What a call failed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallError {
    /// May succeed when tried again: no connection, or 502, 503, 504.
    Passing,
    /// Any other 5xx.
    Broken,
    /// 401; renewable if another token may be had.
    Unauthorized {
        /// Whether another token may be had.
        renewable: bool,
    },
    /// Any other 4xx.
    Refused,
    /// There is no token to ask with. To those who ask that is as if the source were down.
    NoToken,
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
            CallError::Passing
            | CallError::Broken
            | CallError::Unauthorized { .. }
            | CallError::Refused
            | CallError::NoToken
            | CallError::NotAsked => Self::Unavailable,
            CallError::Invalid => Self::Invalid,
            CallError::TimedOut => Self::TimedOut,
        }
    }
}

impl From<NoToken> for CallError {
    fn from(error: NoToken) -> Self {
        match error {
            NoToken::TimedOut => Self::TimedOut,
            NoToken::Unavailable | NoToken::Refused => Self::NoToken,
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
            Self::Passing | Self::Broken | Self::NoToken => CallEnd::Failed,
            Self::Unauthorized { .. } | Self::Refused | Self::Invalid => CallEnd::Answered,
            Self::TimedOut => CallEnd::TimedOut,
            Self::NotAsked => CallEnd::Unjudged,
        }
    }
}

/// The header that says how many milliseconds are left.
pub(super) const DEADLINE: &str = "x-request-deadline-ms";

/// Whether an answer to a search is one, by its status and content type.
pub(super) fn check(response: &Response) -> Result<(), CallError> {
    check_status(response.status())?;
    if is_json(response.headers()) {
        Ok(())
    } else {
        Err(CallError::Invalid)
    }
}

pub(super) fn check_status(status: StatusCode) -> Result<(), CallError> {
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

/// The headers of every read, but for the deadline.
pub(super) fn headers(tenant: &TenantId, context: &CallContext) -> HeaderMap {
    let values = [
        ("x-request-id", context.request_id.as_str()),
        ("x-tenant-id", tenant.as_str()),
        (ACCEPT_LANGUAGE.as_str(), &context.language),
    ];
    let mut headers = HeaderMap::with_capacity(6);
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
