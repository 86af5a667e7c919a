//! The routes: sources, issuer, switches.

mod admin;
mod answer;
mod bad;
mod bomb;
mod fhir;
mod issuer;
mod keycloak;
mod rest;
mod service;
mod slots;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, delete, get, post, put};

use crate::world::World;

/// A resource given to the sandbox may be this large.
const MAX_BODY: usize = 32 * 1024 * 1024;

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/{source}/fhir/{*path}", get(fhir::serve).post(fhir::serve))
        .route(
            "/{source}/moved/{*path}",
            get(fhir::serve_moved).post(fhir::serve_moved),
        )
        .route("/identity/{*path}", any(fhir::serve_identity))
        .route(service::PATH, post(service::grant))
        .merge(issuer_routes())
        .merge(user_routes())
        .nest("/_admin", admin_routes())
        .fallback(admin::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(world)
}

fn issuer_routes() -> Router<Arc<World>> {
    Router::new()
        .route(
            "/realms/{realm}/.well-known/openid-configuration",
            get(issuer::discovery),
        )
        .route(
            "/realms/{realm}/protocol/openid-connect/certs",
            get(issuer::certs),
        )
        .route(
            "/realms/{realm}/protocol/openid-connect/token/introspect",
            post(token::introspect),
        )
        .route(
            "/realms/{realm}/protocol/openid-connect/revoke",
            post(token::revoke),
        )
        .route(
            "/realms/{realm}/protocol/openid-connect/token",
            post(token::grant),
        )
}

fn user_routes() -> Router<Arc<World>> {
    Router::new()
        .route(
            "/admin/realms/{realm}/users/{id}",
            get(keycloak::user).put(keycloak::put_user),
        )
        .route(
            "/admin/realms/{realm}/users/{id}/logout",
            post(keycloak::logout),
        )
        .route(
            "/admin/realms/{realm}/users/{id}/consents/{client}",
            delete(keycloak::revoke_consent),
        )
}

fn admin_routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(admin::index))
        .route("/people", get(admin::people))
        .route("/delegations", get(admin::delegations))
        .merge(issuer_admin_routes())
        .merge(people_admin_routes())
        .merge(service_admin_routes())
        .route(
            "/sources/{source}/fault",
            get(admin::fault)
                .post(admin::set_fault)
                .delete(admin::clear_fault),
        )
        .route("/records/{source}", post(admin::put_record))
        .route(
            "/records/{source}/{type}/{id}",
            delete(admin::delete_record),
        )
        .route("/calls/{source}", get(admin::calls))
        .route("/calls", delete(admin::reset_calls))
}

fn people_admin_routes() -> Router<Arc<World>> {
    use admin::people;
    Router::new()
        .route("/registrants", get(people::registrants))
        .route("/staff", get(people::staff))
        .route("/patients/{id}/merge", post(people::merge))
        .route("/patients/{id}/deceased", post(people::deceased))
        .route("/contacts", post(people::set_shared))
        .route(
            "/notifications",
            get(people::notifications).delete(people::forget_notifications),
        )
        .route(
            "/entitlements/{tenant}",
            put(people::set_entitlements).delete(people::forget_entitlements),
        )
}

fn service_admin_routes() -> Router<Arc<World>> {
    use admin::services;
    Router::new()
        .route("/services/{client}", put(services::register))
        .route("/services", post(services::set).get(services::show))
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
