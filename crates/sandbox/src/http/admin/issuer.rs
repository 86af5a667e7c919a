//! Switches of the issuer: tokens, keys, revocations, outages.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, refusal};
use crate::fault::MAX_LATENCY_MS;
use crate::issuer::{IssuerFault, Revocation};
use crate::person::{AUDIENCE, CLIENT};

/// `POST /_admin/token`: a token with the claims of the body. What the library
/// adds is added here too, and `sub`, `aud`, `azp` of the first person.
pub(in crate::http) async fn token(State(world): Shared, body: Bytes) -> Response {
    let Ok(Value::Object(given)) = serde_json::from_slice(&body) else {
        return refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the claims are not a JSON object",
            &json!({}),
        );
    };
    let mut claims = json!({ "aud": [AUDIENCE], "azp": CLIENT });
    if let (Some(first), None) = (world.people.first(), given.get("_person")) {
        claims["sub"] = json!(first.subject);
    }
    let Value::Object(mut claims) = claims else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    claims.extend(given);
    match world.mint(Value::Object(claims)) {
        Ok(token) => Json(json!({ "access_token": token, "token_type": "Bearer" })).into_response(),
        Err(error) => {
            let allowed = json!({ "_realm": world.issuer.realm_names(), "_key": ["rs1", "rs2", "es1", "unknown"] });
            refusal(
                StatusCode::UNPROCESSABLE_ENTITY,
                &error.to_string(),
                &allowed,
            )
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rotation {
    realm: Option<String>,
    drop: bool,
}

/// `POST /_admin/rotate-keys`: a new `rs1`; an empty body keeps the old one
/// published.
pub(in crate::http) async fn rotate_keys(State(world): Shared, body: Bytes) -> Response {
    let rotation = if body.is_empty() {
        Ok(Rotation::default())
    } else {
        serde_json::from_slice::<Rotation>(&body)
    };
    let allowed = || json!({ "realm": world.issuer.realm_names(), "drop": [false, true] });
    let Ok(rotation) = rotation else {
        return refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not a rotation",
            &allowed(),
        );
    };
    match world
        .issuer
        .rotate(rotation.realm.as_deref(), rotation.drop)
    {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            &error.to_string(),
            &allowed(),
        ),
    }
}

/// `GET /_admin/issuer`: its faults, and how often keys and introspection were
/// asked for.
pub(in crate::http) async fn issuer(State(world): Shared) -> Response {
    let outages = *world.issuer.outages();
    Json(json!({
        "mode": outages.issuer,
        "jwksFetches": world.issuer.jwks_fetches(),
        "introspection": {
            "mode": outages.introspection,
            "latencyMs": outages.introspection_latency.as_millis(),
            "calls": world.issuer.introspections(),
        },
        "realms": world.issuer.realm_names(),
    }))
    .into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerSwitch {
    mode: IssuerFault,
}

/// `POST /_admin/issuer/fault`
pub(in crate::http) async fn set_fault(State(world): Shared, body: Bytes) -> Response {
    match serde_json::from_slice::<IssuerSwitch>(&body) {
        Ok(switch) => {
            world.issuer.outages().issuer = switch.mode;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(_) => refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not a fault of the issuer",
            &json!({ "mode": ["none", "down", "slow"] }),
        ),
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct IntrospectionSwitch {
    mode: IssuerFault,
    latency_ms: u64,
}

/// `POST /_admin/issuer/introspection/fault`: what is not named is set back.
pub(in crate::http) async fn set_introspection_fault(
    State(world): Shared,
    body: Bytes,
) -> Response {
    match serde_json::from_slice::<IntrospectionSwitch>(&body) {
        Ok(switch) if switch.latency_ms <= MAX_LATENCY_MS => {
            let mut outages = world.issuer.outages();
            outages.introspection = switch.mode;
            outages.introspection_latency = Duration::from_millis(switch.latency_ms);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not a fault of introspection",
            &json!({ "mode": ["none", "down", "slow"], "latencyMs": "0..60000" }),
        ),
    }
}

/// `POST /_admin/issuer/revoke`: ends a token, a session, or what a subject
/// has been issued until now, at all or for one client.
pub(in crate::http) async fn revoke(State(world): Shared, body: Bytes) -> Response {
    let Some(revocation) = Revocation::parse(&body) else {
        return refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not a revocation",
            &json!([["token"], ["sid"], ["sub"], ["sub", "client"]]),
        );
    };
    world.issuer.revoke(revocation);
    StatusCode::NO_CONTENT.into_response()
}
