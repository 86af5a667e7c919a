//! What the faces need to know of the deployment.

use std::sync::Arc;
use std::time::Duration;

use portal_application::ports::{Clock, Ids};
use portal_domain::id::{Issuer, Subject};

use crate::client::Network;
use crate::health::HealthState;

/// The keyed hash by which logs tell actors apart without naming them.
pub type ActorHash = Arc<dyn Fn(&Issuer, &Subject) -> String + Send + Sync>;

/// Renders the metrics of this process in the Prometheus text format 0.0.4.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The settings of the faces.
#[derive(Clone)]
pub struct Settings {
    /// `PUBLIC_URL` without a slash at its end: all links are built from it.
    pub public_url: String,
    /// Peers that are believed about `X-Forwarded-For`.
    pub trusted_proxies: Vec<Network>,
    /// Requests in flight before more are refused; health has a share of its own.
    pub max_in_flight: usize,
    /// How long a request may take in all.
    pub request_deadline: Duration,
    /// The `acr` that a step-up asks for, where the deployment has one (RFC 9470).
    pub step_up_acr: Option<String>,
    /// Whether browsers are told to use TLS only (RFC 6797).
    pub production: bool,
    /// What the health routes say. The binary feeds it.
    pub health: Arc<HealthState>,
    /// The time of error bodies and of names.
    pub clock: Arc<dyn Clock>,
    /// Correlations for requests that bring none.
    pub ids: Arc<dyn Ids>,
    /// How logs name actors.
    pub actor_hash: ActorHash,
}

impl Settings {
    /// `max_in_flight` of a pod.
    pub const MAX_IN_FLIGHT: usize = 512;
    /// `request_deadline` of a pod.
    pub const REQUEST_DEADLINE: Duration = Duration::from_secs(2);
}
