//! HTTP faces of the portal: REST under `/v1/portal`, FHIR R4 under `/fhir/R4`, staff
//! under `/internal/portal`, health, metrics.
//!
//! A handler names its caller, asks one use case of `portal-application`, and answers. Clinical
//! bodies leave through `disclosure` alone; every error is a row of one table in `code` and is
//! written as a problem (RFC 9457) or as an `OperationOutcome` by the path that it happened on.

mod caller;
mod client;
mod code;
mod correlation;
mod cost;
mod disclosure;
mod exchange;
mod fault;
mod fhir;
mod health;
mod internal;
mod language;
mod layers;
mod messages;
mod openapi;
mod outcome;
mod preference;
mod problem;
mod query;
mod rest;
mod router;
mod sent;
mod settings;

#[cfg(test)]
mod testing;

pub use client::Network;
pub use health::HealthState;
pub use internal::{internal_openapi, internal_router};
pub use openapi::openapi;
pub use router::{admin_router, router};
pub use settings::{ActorHash, RenderMetrics, Settings};
