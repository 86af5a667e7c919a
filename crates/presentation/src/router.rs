//! The routers of the public and of the admin port.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use portal_application::Portal;
use portal_application::ports::RateLimits;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::code::Code;
use crate::fault::Fault;
use crate::health::HealthState;
use crate::layers::{Edge, TenantShares, edge};
use crate::settings::{RenderMetrics, Settings};
use crate::{fhir, health, openapi, rest};

/// Smaller bodies are not worth compressing.
const COMPRESSED_FROM: u64 = 1024;
const METRICS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What handlers stand on.
#[derive(Clone)]
pub(crate) struct Faces {
    /// The use cases.
    pub(crate) portal: Portal,
    /// The settings.
    pub(crate) settings: Arc<Settings>,
    /// The share of each tenant.
    pub(crate) tenants: TenantShares,
}

/// The public port: `/v1/portal`, `/fhir/R4`, `/health`. Expects the peer of each connection as
/// `ConnectInfo<SocketAddr>`; without it no client address is known, and none is limited.
pub fn router(portal: Portal, limits: Arc<dyn RateLimits>, settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let faces = Faces {
        portal,
        tenants: TenantShares::new(settings.max_in_flight),
        settings: Arc::clone(&settings),
    };
    let (portal, _) = rest::routes(openapi::head()).split_for_parts();
    let routes = portal
        .merge(fhir::routes(&settings.public_url))
        .merge(health::routes(&settings.health, false));
    finished(routes.with_state(faces), Edge::limited(settings, limits))
}

/// The admin port: `/metrics`, and `/health` with the state of each component.
pub fn admin_router(health: &Arc<HealthState>, render: RenderMetrics) -> Router {
    let metrics = move || {
        let body = render();
        std::future::ready(([(CONTENT_TYPE, METRICS_TEXT)], body))
    };
    health::routes(health, true).route("/metrics", get(metrics))
}

pub(crate) fn finished(routes: Router, layer: Edge) -> Router {
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Precise(1))
        .compress_when(SizeAbove::new(COMPRESSED_FROM));
    routes
        .fallback(not_found)
        .method_not_allowed_fallback(not_offered)
        .layer(from_fn_with_state(Arc::new(layer), edge))
        .layer(compression)
}

async fn not_found() -> Fault {
    Code::NotFound.into()
}

async fn not_offered() -> Fault {
    Code::MethodNotAllowed.into()
}

#[cfg(test)]
#[path = "router_tests/mod.rs"]
mod tests;
