//! The one place that names every adapter.

mod connect;
mod inbox;
mod jobs;
mod people;

pub use connect::{connect, connect_relay};
pub use inbox::{InboxEnds, InboxReader};
pub use jobs::JobEnds;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use portal_application::Portal;
use portal_application::hooks::HookDesk;
use portal_application::ports::{
    Clock, DeadLetters, EventBus, Ids, JournalRelay, OutboxRelay, RateLimits,
};
use portal_application::relay::RelaySettings;
use portal_application::staff::{StaffDesk, StaffParts};
use portal_infrastructure::fault::Fault;
use portal_infrastructure::http_client::HttpClientError;
use portal_infrastructure::nats::NatsSettings;
use portal_infrastructure::postgres::{PgAppUses, PgJournal};
use portal_infrastructure::system::{SystemClock, SystemIds};
use portal_presentation::{HealthState, Settings};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use crate::telemetry::Metrics;
use crate::watch::Dependencies;

/// An adapter cannot be made of its settings.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// Of these settings.
    #[error("{}", lines(.0))]
    Settings(Vec<Fault>),
    /// The system has no usable TLS roots.
    #[error(transparent)]
    HttpClient(#[from] HttpClientError),
}

fn lines(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

impl From<Fault> for WiringError {
    fn from(fault: Fault) -> Self {
        Self::Settings(vec![fault])
    }
}

impl From<Vec<Fault>> for WiringError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Settings(faults)
    }
}

/// What is the same for every deployment, and other for tests.
pub struct Surroundings {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What every key in Redis begins with.
    pub cache_prefix: String,
    /// How many times longer than usual stores are waited for: 1, more on a busy test machine.
    pub slack: u32,
    /// Names on the event bus.
    pub bus: NatsSettings,
    /// How long jobs rest.
    pub rounds: Rounds,
}

/// How long jobs rest that come round again and again, more or less.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    /// The one that ends what is over.
    pub sweep: Duration,
    /// The one that removes what is of no use any more.
    pub prune: Duration,
}

impl Default for Rounds {
    fn default() -> Self {
        Self {
            sweep: Duration::from_mins(1),
            prune: Duration::from_mins(10),
        }
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            cache_prefix: "portal".to_owned(),
            slack: 1,
            bus: NatsSettings::default(),
            rounds: Rounds::default(),
        }
    }
}

/// A service with what it is made of; nothing listens yet.
pub struct Parts {
    /// The parts of the use cases.
    pub use_cases: portal_application::Parts,
    /// What only the use cases of staff stand on.
    pub staff: StaffParts,
    /// Other services' events; none without a bus.
    pub inbox: Option<InboxEnds>,
    /// What sources call.
    pub hooks: HookDesk,
    /// Budgets of addresses.
    pub limits: Arc<dyn RateLimits>,
    /// The settings of the faces.
    pub faces: Settings,
    /// What `/metrics` shows.
    pub metrics: Metrics,
}

/// What can be called; nothing listens yet.
pub struct Service {
    /// The use cases.
    pub portal: Portal,
    /// `/v1/portal`, `/fhir/R4`, `/health`.
    pub router: Router,
    /// `/internal/portal`, `/health`.
    pub internal: Router,
    /// `/metrics` and the detailed `/health`.
    pub admin: Router,
    /// What reads other services' events; none without a bus.
    pub inbox: Option<InboxReader>,
    /// What the health routes say.
    pub health: Arc<HealthState>,
}

/// What runs beside the requests.
#[derive(Default)]
pub struct Background {
    /// What the service stands on.
    pub dependencies: Dependencies,
    /// The journal's writer; none in a process that only relays.
    pub journal: Option<Arc<PgJournal>>,
    /// What notes uses of apps; none in a process that only relays.
    pub app_uses: Option<Arc<PgAppUses>>,
    /// The ends of the relay; none where it does not run.
    pub relay: Option<RelayEnds>,
    /// Events that were given up; none where the relay does not run, whose login they need.
    pub dead_letters: Option<Arc<dyn DeadLetters>>,
    /// What wakes the list of revocations and the outbox's relay.
    pub listening: Vec<AbortOnDropHandle<Infallible>>,
}

/// What the relay publishes from and to.
#[derive(Clone)]
pub struct RelayEnds {
    /// From the journal.
    pub journal: Arc<dyn JournalRelay>,
    /// Woken by the journal's writer in the same process.
    pub journal_wake: Arc<Notify>,
    /// From the outbox.
    pub outbox: Arc<dyn OutboxRelay>,
    /// Woken by every commit with events, of whatever process.
    pub outbox_wake: Arc<Notify>,
    /// To.
    pub bus: Arc<dyn EventBus>,
    /// What is done beside publishing.
    pub jobs: JobEnds,
}

impl RelayEnds {
    /// Publishes until `stop` ends; batches that were begun are finished first.
    pub async fn run(self, stop: impl Future<Output = ()> + Clone + Send) {
        let journal = portal_application::relay::run_journal(
            self.journal,
            Arc::clone(&self.bus),
            RelaySettings::default(),
            self.journal_wake,
            stop.clone(),
        );
        let outbox = portal_application::relay::run_outbox(
            self.outbox,
            self.bus,
            RelaySettings::of_outbox(),
            self.outbox_wake,
            stop.clone(),
        );
        tokio::join!(journal, outbox, self.jobs.run(stop));
    }
}

/// Builds the faces over the use cases.
pub fn assemble(parts: Parts) -> Service {
    let portal = Portal::new(parts.use_cases);
    let health = Arc::clone(&parts.faces.health);
    let admin = admin(&health, parts.metrics);
    let desk = StaffDesk::new(&portal, parts.staff);
    let inbox = parts.inbox.map(|ends| ends.beside(&portal));
    let internal = portal_presentation::internal_router(desk, parts.hooks, parts.faces.clone());
    let router = portal_presentation::router(portal.clone(), parts.limits, parts.faces);
    Service {
        portal,
        router,
        internal,
        admin,
        inbox,
        health,
    }
}

/// The routes for operators.
pub fn admin(health: &Arc<HealthState>, metrics: Metrics) -> Router {
    portal_presentation::admin_router(health, Arc::new(move || metrics.render()))
}
