//! What a request that changes something sends. Nothing here refuses: what is wrong is said after
//! the caller is known and allowed.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH};
use portal_application::{IdempotencyKey, RequestBody, WriteRequest};

use crate::fault::Fault;
use crate::query::Pairs;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Spec 02, Unknown input.
const MAX_BODY: usize = 256 * 1024;
const MAX_KEY: usize = 255;

/// Body and headers of a write, as they were sent.
pub(crate) struct Sent {
    body: RequestBody,
    idempotency_key: IdempotencyKey,
    if_match: Option<String>,
}

impl Sent {
    /// With the query.
    pub(crate) fn with(self, parameters: Pairs) -> WriteRequest {
        WriteRequest {
            parameters,
            body: self.body,
            idempotency_key: self.idempotency_key,
            if_match: self.if_match,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, MAX_BODY).await;
        let body = match bytes {
            Err(_) => RequestBody::TooLarge,
            Ok(bytes) => typed(&parts.headers, bytes),
        };
        let if_match = parts.headers.get(IF_MATCH);
        Ok(Self {
            body,
            idempotency_key: idempotency_key(&parts.headers),
            if_match: if_match.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        })
    }
}

/// An empty body needs no type.
fn typed(headers: &HeaderMap, bytes: Bytes) -> RequestBody {
    let json = headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| essence(value).eq_ignore_ascii_case(b"application/json"));
    if headers.contains_key(CONTENT_ENCODING) || !(json || bytes.is_empty()) {
        RequestBody::UnsupportedType
    } else {
        RequestBody::Json(bytes)
    }
}

/// A content type without its parameters.
pub(crate) fn essence(value: &HeaderValue) -> &[u8] {
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b';');
    value
        .get(..end.unwrap_or(value.len()))
        .unwrap_or_default()
        .trim_ascii()
}

fn idempotency_key(headers: &HeaderMap) -> IdempotencyKey {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = values.next() else {
        return IdempotencyKey::Absent;
    };
    let text = first.to_str().ok().filter(|text| {
        (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    });
    match text {
        Some(text) if values.next().is_none() => IdempotencyKey::Key(text.to_owned()),
        Some(_) | None => IdempotencyKey::Malformed,
    }
}
