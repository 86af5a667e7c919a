//! Health: whether the process lives, has started, and should be sent requests.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue};
use portal_application::ports::Component;
use serde::Serialize;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What the health routes say. The binary feeds it, the routes only read.
#[derive(Debug, Default)]
pub struct HealthState {
    started: AtomicBool,
    ready: AtomicBool,
    components: RwLock<Vec<Component>>,
}

impl HealthState {
    /// Says that the start is over; it stays so.
    pub fn set_started(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Says whether requests should be sent here.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    /// Whether requests should be sent here.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Says how the dependencies are.
    pub fn set_components(&self, components: Vec<Component>) {
        *self
            .components
            .write()
            .unwrap_or_else(PoisonError::into_inner) = components;
    }

    fn components(&self) -> Vec<Component> {
        let components = self
            .components
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        components.clone()
    }

    fn report(&self, detailed: bool) -> Report {
        let components = self.components();
        let status = match (self.is_ready(), components.iter().all(|it| it.healthy)) {
            (true, true) => Status::Up,
            (true, false) => Status::Degraded,
            (false, _) => Status::Down,
        };
        Report {
            status,
            components: detailed.then(|| components.iter().map(component).collect()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Up,
    Degraded,
    Down,
}

#[derive(Debug, Serialize)]
struct Report {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<ComponentReport>>,
}

#[derive(Debug, Serialize)]
struct ComponentReport {
    name: &'static str,
    healthy: bool,
    required: bool,
}

const fn component(component: &Component) -> ComponentReport {
    ComponentReport {
        name: component.name,
        healthy: component.healthy,
        required: component.required,
    }
}

/// The health routes. Only a detailed one names components: the public does not learn what the
/// service stands on.
pub(crate) fn routes<S>(health: &Arc<HealthState>, detailed: bool) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let simple = |say: fn(&HealthState) -> bool| {
        route(health, move |health| {
            let status = if say(health) {
                Status::Up
            } else {
                Status::Down
            };
            Report {
                status,
                components: None,
            }
        })
    };
    let report = || route(health, move |health| health.report(detailed));
    let ready = if detailed {
        report()
    } else {
        simple(HealthState::is_ready)
    };
    Router::new()
        .route("/health", report())
        .route("/health/live", simple(|_| true))
        .route("/health/ready", ready)
        .route(
            "/health/startup",
            simple(|health| health.started.load(Ordering::Acquire)),
        )
}

fn route<S>(
    health: &Arc<HealthState>,
    report: impl Fn(&HealthState) -> Report + Clone + Send + Sync + 'static,
) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
{
    let health = Arc::clone(health);
    get(move || std::future::ready(respond(&report(&health))))
}

fn respond(report: &Report) -> Response {
    let code = match report.status {
        Status::Up | Status::Degraded => StatusCode::OK,
        Status::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    (code, [(CACHE_CONTROL, NO_STORE)], Json(report)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(healthy: bool) -> Component {
        Component {
            name: "redis",
            healthy,
            required: false,
        }
    }

    #[test]
    fn a_missing_cache_degrades_and_a_lost_store_is_down() {
        let health = HealthState::default();
        assert_eq!(health.report(false).status, Status::Down);
        health.set_ready(true);
        health.set_components(vec![component(true)]);
        assert_eq!(health.report(false).status, Status::Up);
        health.set_components(vec![component(false)]);
        assert_eq!(health.report(false).status, Status::Degraded);
    }

    #[test]
    fn the_public_answer_names_no_component() {
        let health = HealthState::default();
        health.set_components(vec![component(true)]);
        let public = serde_json::to_string(&health.report(false)).unwrap();
        assert_eq!(public, r#"{"status":"down"}"#);
        assert!(health.report(true).components.is_some());
    }
}
