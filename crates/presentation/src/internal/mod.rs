//! `/internal/portal`: what staff, services of the platform and sources call, on a port of its own.

mod access_log;
mod accounts;
mod caller;
mod config;
mod dead_letters;
mod delegations;
mod explain;
mod hooks;
mod import;
mod openapi;
mod usage;

use std::sync::Arc;

use axum::Router;
use portal_application::hooks::HookDesk;
use portal_application::staff::StaffDesk;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::health;
use crate::layers::{Edge, TenantShares};
use crate::router::finished;
use crate::settings::Settings;

/// What handlers stand on.
#[derive(Clone)]
struct InternalFaces {
    desk: StaffDesk,
    hooks: HookDesk,
    settings: Arc<Settings>,
    tenants: TenantShares,
}

/// The internal port: `/internal/portal` and `/health`.
pub fn internal_router(desk: StaffDesk, hooks: HookDesk, settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let faces = InternalFaces {
        desk,
        hooks,
        tenants: TenantShares::new(settings.max_in_flight),
        settings: Arc::clone(&settings),
    };
    let (staff, _) = routes(openapi::head()).split_for_parts();
    let routes = staff.merge(health::routes(&settings.health, false));
    finished(routes.with_state(faces), Edge::unlimited(settings))
}

/// The `OpenAPI` description of `/internal/portal`.
pub fn internal_openapi() -> utoipa::openapi::OpenApi {
    routes(openapi::head()).into_openapi()
}

/// Every route, with its description.
fn routes(openapi: utoipa::openapi::OpenApi) -> OpenApiRouter<InternalFaces> {
    OpenApiRouter::with_openapi(openapi)
        .routes(routes!(accounts::list_accounts))
        .routes(routes!(import::import_accounts))
        .routes(routes!(accounts::get_account))
        .routes(routes!(accounts::suspend_account))
        .routes(routes!(accounts::reinstate_account))
        .routes(routes!(accounts::close_account))
        .routes(routes!(import::import_proxy_delegations))
        .routes(routes!(delegations::approve_proxy_delegation))
        .routes(routes!(delegations::end_proxy_delegation))
        .routes(routes!(
            config::get_tenant_config,
            config::put_tenant_config
        ))
        .routes(routes!(access_log::list_tenant_access_log))
        .routes(routes!(explain::explain_decision))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::replay_dead_letter))
        .routes(routes!(usage::get_usage))
        .routes(routes!(hooks::notify_fhir_hook))
        .routes(routes!(hooks::put_to_fhir_hook))
}

#[cfg(test)]
mod tests {
    use portal_application::staff::operation;

    /// What sources call, of whom no decision about staff knows.
    const OF_SOURCES: [&str; 2] = ["notifyFhirHook", "putToFhirHook"];

    #[test]
    fn every_operation_is_described_once_and_under_its_own_name() {
        let document = serde_json::to_value(super::internal_openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().values();
        let mut described: Vec<_> = paths
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap().to_owned())
            .collect();
        described.sort_unstable();
        let mut known: Vec<_> = operation::ALL
            .iter()
            .map(|it| it.operation)
            .chain(OF_SOURCES)
            .collect();
        known.sort_unstable();
        assert_eq!(described, known);
    }
}
