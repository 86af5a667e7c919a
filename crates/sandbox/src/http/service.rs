//! The token endpoint of the sources, and where they say it is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::issuer::error;
use crate::clock::unix_seconds;
use crate::service::NoToken;
use crate::world::World;

/// The path of the endpoint.
pub(super) const PATH: &str = "/services/token";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What `/.well-known/smart-configuration` of a source says.
pub(super) fn configuration(world: &World) -> Value {
    json!({
        "token_endpoint": format!("{}{PATH}", world.origin),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": ["system/*.rs"],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    })
}

/// `POST /services/token`: the client credentials grant with a signed assertion (RFC 7523, 2.2),
/// and no other.
pub(super) async fn grant(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let (is_down, latency) = world.services().outage();
    if !world.pause(latency).await || is_down {
        return error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    }
    let parameter = |name: &str| {
        let mut values = form_urlencoded::parse(&body).filter(|(own, _)| own == name);
        let value = values.next().map(|(_, value)| value.into_owned());
        value.unwrap_or_default()
    };
    if parameter("grant_type") != "client_credentials" {
        return error(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    if parameter("client_assertion_type") != ASSERTION_TYPE {
        return error(StatusCode::BAD_REQUEST, "invalid_client");
    }
    let address = format!("{}{PATH}", world.origin);
    let (assertion, scope) = (parameter("client_assertion"), parameter("scope"));
    let granted = world
        .services()
        .grant((&assertion, &scope), &address, unix_seconds());
    match granted {
        Ok((token, lasts)) => Json(json!({
            "access_token": token, "token_type": "bearer", "expires_in": lasts, "scope": scope,
        }))
        .into_response(),
        Err(NoToken::InvalidClient) => error(StatusCode::BAD_REQUEST, "invalid_client"),
        Err(NoToken::InvalidScope) => error(StatusCode::BAD_REQUEST, "invalid_scope"),
    }
}

/// What a source answers to a call that shows no token that lasts (RFC 6750, 3).
pub(super) fn unauthorized() -> Response {
    let mut answer = error(StatusCode::UNAUTHORIZED, "invalid_token");
    let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    answer
}
