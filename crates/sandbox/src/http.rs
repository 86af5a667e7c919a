//! The routes: sources, issuer, switches.

mod admin;
mod answer;
mod bad;
mod bomb;
mod fhir;
mod issuer;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::world::World;

/// A resource given to the sandbox may be this large.
const MAX_BODY: usize = 32 * 1024 * 1024;

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/{source}/fhir/{*path}", get(fhir::serve))
        .route("/{source}/moved/{*path}", get(fhir::serve_moved))
        .route(
            "/issuer/{realm}/.well-known/openid-configuration",
            get(issuer::discovery),
        )
        .route(
            "/issuer/{realm}/protocol/openid-connect/certs",
            get(issuer::certs),
        )
        .route(
            "/issuer/{realm}/protocol/openid-connect/token/introspect",
            post(token::introspect),
        )
        .route(
            "/issuer/{realm}/protocol/openid-connect/revoke",
            post(token::revoke),
        )
        .nest("/_admin", admin_routes())
        .fallback(admin::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(world)
}

fn admin_routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(admin::index))
        .route("/people", get(admin::people))
        .route("/delegations", get(admin::delegations))
        .merge(issuer_admin_routes())
        .route(
            "/sources/{source}/fault",
            get(admin::fault)
                .post(admin::set_fault)
                .delete(admin::clear_fault),
        )
        .route("/records/{source}", post(admin::put_record))
        .route(
            "/records/{source}/{type}/{id}",
            axum::routing::delete(admin::delete_record),
        )
        .route("/calls/{source}", get(admin::calls))
        .route("/calls", axum::routing::delete(admin::reset_calls))
}

fn issuer_admin_routes() -> Router<Arc<World>> {
    use admin::issuer;
    Router::new()
        .route("/token", post(issuer::token))
        .route("/rotate-keys", post(issuer::rotate_keys))
        .route("/issuer", get(issuer::issuer))
        .route("/issuer/fault", post(issuer::set_fault))
        .route(
            "/issuer/introspection/fault",
            post(issuer::set_introspection_fault),
        )
        .route("/issuer/revoke", post(issuer::revoke))
}
