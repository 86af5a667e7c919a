//! What every answer carries, and how errors get their bodies.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
    RETRY_AFTER, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use portal_domain::access::{FRESH_SECOND_FACTOR, Surface};

use crate::code::Code;
use crate::disclosure::FHIR_JSON;
use crate::exchange::{Exchange, REQUEST_ID};
use crate::fault::Fault;
use crate::settings::Settings;
use crate::{outcome, problem};

use super::limit;

const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const KEPT: [HeaderName; 1] = [ALLOW];

/// Gives an error its body, and every answer its headers.
pub(super) fn finish(response: &mut Response, exchange: &Exchange, settings: &Settings) {
    if let Some(fault) = fault(response) {
        let kept: Vec<_> = KEPT
            .iter()
            .filter_map(|name| Some((name.clone(), response.headers().get(name)?.clone())))
            .collect();
        *response = written(&fault, exchange, settings);
        response.headers_mut().extend(kept);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(exchange.request_id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    limit::describe(exchange, headers);
    headers.entry(CACHE_CONTROL).or_insert(PRIVATE);
    if settings.production {
        headers.insert(STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
}

/// The fault of an answer; also of errors that no handler of ours made.
fn fault(response: &mut Response) -> Option<Fault> {
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        return Some(fault);
    }
    let foreign = response.status().is_client_error()
        && response.headers().get(CONTENT_TYPE).is_none_or(is_plain);
    foreign.then(|| match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed.into(),
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge.into(),
        StatusCode::NOT_FOUND => Code::NotFound.into(),
        _ => Code::MalformedBody.into(),
    })
}

fn is_plain(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"text/plain")
}

fn written(fault: &Fault, exchange: &Exchange, settings: &Settings) -> Response {
    let (body, content_type) = match exchange.surface {
        Surface::Fhir => (outcome::write(fault, &exchange.request_id), FHIR_JSON),
        Surface::Portal => {
            let (language, now) = (exchange.language(), settings.clock.now());
            let body = problem::write(fault, &exchange.request_id, language, now);
            (body, problem::CONTENT_TYPE)
        }
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    if exchange.surface == Surface::Portal {
        headers.insert(CONTENT_LANGUAGE, exchange.language().header());
    }
    if let Some(challenge) = challenge(fault, settings) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    let refused = limit::retry_after(exchange).filter(|_| fault.code == Code::RateLimited);
    if let Some(seconds) = refused.or(fault.code.retry_after().map(u64::from)) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = fault.code.row().status;
    *response.headers_mut() = headers;
    response
}

/// RFC 6750 section 3: a request without a token learns only the scheme. RFC 9470 section 3: one
/// whose second factor is too old learns which is wanted.
fn challenge(fault: &Fault, settings: &Settings) -> Option<HeaderValue> {
    let text = match fault.code {
        Code::InsufficientScope => r#"Bearer error="insufficient_scope""#,
        Code::StepUpRequired => return step_up(settings),
        code if code.row().status == StatusCode::UNAUTHORIZED => {
            if fault.token_refused {
                r#"Bearer error="invalid_token""#
            } else {
                "Bearer"
            }
        }
        _ => return None,
    };
    Some(HeaderValue::from_static(text))
}

fn step_up(settings: &Settings) -> Option<HeaderValue> {
    let max_age = FRESH_SECOND_FACTOR.as_secs();
    let acr = settings
        .step_up_acr
        .as_deref()
        .map(|acr| format!(", acr_values=\"{acr}\""));
    let text = format!(
        "Bearer error=\"insufficient_user_authentication\"{}, max_age={max_age}",
        acr.unwrap_or_default()
    );
    HeaderValue::from_str(&text).ok()
}
