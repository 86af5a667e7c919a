//! The issuer's public documents.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::issuer::{IssuerFault, Realm};
use crate::world::World;

const SLOWNESS: Duration = Duration::from_secs(3);

/// `GET /realms/{realm}/.well-known/openid-configuration`
pub(super) async fn discovery(
    State(world): State<Arc<World>>,
    Path(realm): Path<String>,
) -> Response {
    document(&world, &realm, Realm::discovery).await
}

/// `GET /realms/{realm}/protocol/openid-connect/certs`
pub(super) async fn certs(State(world): State<Arc<World>>, Path(realm): Path<String>) -> Response {
    world.issuer.count_jwks_fetch();
    document(&world, &realm, Realm::jwks).await
}

async fn document(world: &World, realm: &str, of: fn(&Realm) -> Value) -> Response {
    let fault = world.issuer.outages().issuer;
    match reached(world, realm, fault, Duration::ZERO).await {
        Ok(realm) => Json(of(realm)).into_response(),
        Err((status, text)) => error(status, text),
    }
}

/// The realm, after the fault and the latency; or why there is no answer.
pub(super) async fn reached<'world>(
    world: &'world World,
    realm: &str,
    fault: IssuerFault,
    latency: Duration,
) -> Result<&'world Realm, (StatusCode, &'static str)> {
    let slowness = match fault {
        IssuerFault::None => Duration::ZERO,
        IssuerFault::Slow => SLOWNESS,
        IssuerFault::Down => return Err((StatusCode::SERVICE_UNAVAILABLE, "down as asked for")),
    };
    if !world.pause(slowness.saturating_add(latency)).await {
        return Err((StatusCode::SERVICE_UNAVAILABLE, "stopping"));
    }
    let realm = world.issuer.realm(realm);
    realm.ok_or((StatusCode::NOT_FOUND, "no such realm"))
}

pub(super) fn error(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}
