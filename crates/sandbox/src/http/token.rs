//! What a client may ask the issuer about a token and do to it, and the token of
//! the one that administers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use url::form_urlencoded;

use super::issuer::{error, reached};
use crate::issuer::{ADMINISTRATOR, GRANTED_S};
use crate::world::World;

/// Name and secret of the one client that may ask.
const CLIENT: (&str, &str) = ("portal-service", "sandbox-secret");
const FORM: &str = "application/x-www-form-urlencoded";

/// `POST /realms/{realm}/protocol/openid-connect/token/introspect` (RFC 7662, 2)
pub(super) async fn introspect(
    State(world): State<Arc<World>>,
    Path(realm): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    world.issuer.count_introspection();
    let outages = *world.issuer.outages();
    let fault = outages.met_by_introspection();
    let realm = match reached(&world, &realm, fault, outages.introspection_latency).await {
        Ok(realm) => realm,
        Err((status, text)) => return error(status, text),
    };
    match named_token(&headers, &body) {
        Ok(token) => Json(world.issuer.introspect(realm, &token)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// `POST /realms/{realm}/protocol/openid-connect/revoke` (RFC 7009, 2)
pub(super) async fn revoke(
    State(world): State<Arc<World>>,
    Path(realm): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = world.issuer.outages().issuer;
    let realm = match reached(&world, &realm, fault, Duration::ZERO).await {
        Ok(realm) => realm,
        Err((status, text)) => return error(status, text),
    };
    match named_token(&headers, &body) {
        Ok(token) => {
            world.issuer.revoke_at(realm, token);
            StatusCode::OK.into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

/// Why a request is not served (RFC 6749, 5.2).
enum Refused {
    Request,
    Client,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Request => error(StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Client => {
                let mut answer = error(StatusCode::UNAUTHORIZED, "invalid_client");
                let challenge = HeaderValue::from_static(r#"Basic realm="sandbox""#);
                answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                answer
            }
        }
    }
}

/// `POST /realms/{realm}/protocol/openid-connect/token`: the client credentials
/// grant of the administrator (RFC 6749, 4.4), and no other.
pub(super) async fn grant(
    State(world): State<Arc<World>>,
    Path(realm): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = world.issuer.outages().issuer;
    let realm = match reached(&world, &realm, fault, Duration::ZERO).await {
        Ok(realm) => realm,
        Err((status, text)) => return error(status, text),
    };
    let proved = proved(&headers, &body, ADMINISTRATOR);
    let grant = proved.and_then(|()| parameter(&body, "grant_type"));
    match grant {
        Err(refused) => refused.into_response(),
        Ok(Some(grant)) if grant == "client_credentials" => match world.issuer.grant(realm) {
            Ok(token) => Json(json!({
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": GRANTED_S,
            }))
            .into_response(),
            Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        },
        Ok(_) => error(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    }
}

/// The token that the form names, once the client has proved itself.
fn named_token(headers: &HeaderMap, body: &[u8]) -> Result<String, Refused> {
    proved(headers, body, CLIENT)?;
    parameter(body, "token")?.ok_or(Refused::Request)
}

/// Whether a form is a client's.
fn proved(headers: &HeaderMap, body: &[u8], expected: (&str, &str)) -> Result<(), Refused> {
    let sent = headers
        .get(CONTENT_TYPE)
        .and_then(|text| text.to_str().ok());
    let media_type = sent.and_then(|text| text.split(';').next());
    if !media_type.is_some_and(|text| text.trim().eq_ignore_ascii_case(FORM)) {
        return Err(Refused::Request);
    }
    let (client, secret) = match headers.get(AUTHORIZATION) {
        Some(sent) => basic(sent).ok_or(Refused::Client)?,
        None => (
            parameter(body, "client_id")?.ok_or(Refused::Client)?,
            parameter(body, "client_secret")?.ok_or(Refused::Client)?,
        ),
    };
    if (client.as_str(), secret.as_str()) == expected {
        Ok(())
    } else {
        Err(Refused::Client)
    }
}

/// A parameter of the form. An empty one counts as none, and one that is there
/// twice spoils the request (RFC 6749, 3.2).
fn parameter(body: &[u8], name: &str) -> Result<Option<String>, Refused> {
    let mut values = form_urlencoded::parse(body)
        .filter(|(own, value)| own == name && !value.is_empty())
        .map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(Refused::Request),
    }
}

/// Name and secret of `client_secret_basic`: each is form-encoded before both
/// are joined (RFC 6749, 2.3.1).
fn basic(sent: &HeaderValue) -> Option<(String, String)> {
    let (scheme, credentials) = sent.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let joined = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (client, secret) = joined.split_once(':')?;
    Some((decoded(client)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let (text, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    Some(text.into_owned())
}
