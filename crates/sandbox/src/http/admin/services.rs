//! Switches of services as clients of the sources.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use serde_json::json;

use super::unknown_source;
use crate::source::Source;
use crate::world::World;

type Shared = State<Arc<World>>;

/// `PUT /_admin/services/{client}`: the client's public keys.
pub(crate) async fn register(
    State(world): Shared,
    Path(client): Path<String>,
    Json(keys): Json<JwkSet>,
) -> StatusCode {
    world.services().register(&client, keys);
    StatusCode::NO_CONTENT
}

/// What may be switched; what is not named stays.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Switches {
    /// Sources that ask for a token; the others do not.
    guarded: Option<Vec<String>>,
    lifetime_s: Option<u64>,
    down: Option<bool>,
    latency_ms: Option<u64>,
    /// Ends every token.
    #[serde(default)]
    revoke: bool,
}

/// `POST /_admin/services`
pub(crate) async fn set(State(world): Shared, Json(switches): Json<Switches>) -> Response {
    let mut services = world.services();
    if let Some(names) = switches.guarded {
        let Some(guarded) = names
            .iter()
            .map(|name| Source::named(name))
            .collect::<Option<Vec<_>>>()
        else {
            return unknown_source();
        };
        for source in Source::ALL {
            services.guard(source, guarded.contains(&source));
        }
    }
    if let Some(seconds) = switches.lifetime_s {
        services.set_lifetime(Duration::from_secs(seconds));
    }
    let (down, latency) = services.outage();
    let late = switches.latency_ms.map(Duration::from_millis);
    services.set_outage(switches.down.unwrap_or(down), late.unwrap_or(latency));
    if switches.revoke {
        services.revoke_all();
    }
    StatusCode::NO_CONTENT.into_response()
}

/// `GET /_admin/services`
pub(crate) async fn show(State(world): Shared) -> Response {
    Json(json!({ "issued": world.services().issued() })).into_response()
}
