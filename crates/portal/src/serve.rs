//! The roles `serve` and `relay`: start, run, and end in order.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures::FutureExt as _;
use portal_application::Portal;
use portal_presentation::HealthState;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Process, RelayConfig, ServeConfig};
use crate::server::Server;
use crate::shutdown::{Phase, Shutdown, Signals};
use crate::telemetry::Metrics;
use crate::watch::StartRefusal;
use crate::wiring::{self, Background, InboxReader, RelayEnds, Surroundings, WiringError};

/// What the relay may take to finish its batch.
const LAST_BATCH: Duration = Duration::from_secs(8);
/// What the journal may take to write what it holds.
const LAST_EVENTS: Duration = Duration::from_secs(2);
/// What the last uses of apps may take to be noted.
const LAST_USES: Duration = Duration::from_secs(1);
/// What the last scrape may take.
const LAST_SCRAPE: Duration = Duration::from_secs(1);

/// Histograms gather what was recorded until then, whether or not anyone scrapes.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Why the service did not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Signals cannot be received.
    #[error("cannot listen for signals ({0})")]
    Signals(io::ErrorKind),
    /// An address cannot be listened at.
    #[error("{setting}: cannot listen there ({kind})")]
    Listen {
        /// The setting of the address.
        setting: &'static str,
        /// What the system says.
        kind: io::ErrorKind,
    },
    /// An adapter cannot be made.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// The database must not be served from.
    #[error(transparent)]
    Refused(#[from] StartRefusal),
}

/// Serves until SIGTERM or SIGINT, then ends in order; a second signal ends it at once.
pub async fn serve(config: ServeConfig, metrics: Metrics) -> Result<(), ServeError> {
    let signals = listen()?;
    let process = config.process.clone();
    let (parts, background) =
        wiring::connect(config, metrics.clone(), Surroundings::default()).await?;
    let service = wiring::assemble(parts);
    let mut running = Running::new(background, service.health, metrics);
    running.portal = Some(service.portal);
    running.inbox = service.inbox.map(|inbox| running.spawn_inbox(inbox));
    let addresses = process.addresses;
    running
        .serve("HTTP_ADDR", addresses.http, service.router)
        .await?;
    running
        .serve("INTERNAL_ADDR", addresses.internal, service.internal)
        .await?;
    running.serve_admin(addresses.admin, service.admin).await?;
    tracing::info!(profile = process.profile.as_str(), "serving");
    running.until_signal(signals, &process).await
}

/// Publishes journal and outbox until SIGTERM or SIGINT, and finishes what was begun first.
pub async fn relay(config: RelayConfig, metrics: Metrics) -> Result<(), ServeError> {
    let signals = listen()?;
    let background = wiring::connect_relay(&config, &Surroundings::default()).await?;
    let health = Arc::new(HealthState::default());
    let admin = wiring::admin(&health, metrics.clone());
    let mut running = Running::new(background, health, metrics);
    running
        .serve_admin(config.process.addresses.admin, admin)
        .await?;
    tracing::info!("relaying");
    running.until_signal(signals, &config.process).await
}

fn listen() -> Result<Signals, ServeError> {
    Signals::listen().map_err(|error| ServeError::Signals(error.kind()))
}

/// A process that runs, and all that has to end when it ends.
struct Running {
    /// The use cases; none in a process that only relays.
    portal: Option<Portal>,
    background: Background,
    health: Arc<HealthState>,
    metrics: Metrics,
    shutdown: Shutdown,
    servers: Vec<JoinHandle<()>>,
    /// The admin listener answers until everything else has ended.
    admin_shutdown: Shutdown,
    admin: Option<JoinHandle<()>>,
    relay: Option<JoinHandle<()>>,
    inbox: Option<JoinHandle<()>>,
}

impl Running {
    fn new(background: Background, health: Arc<HealthState>, metrics: Metrics) -> Self {
        let shutdown = Shutdown::default();
        let relay = background
            .relay
            .clone()
            .map(|ends| spawn_relay(ends, &shutdown));
        Self {
            portal: None,
            background,
            health,
            metrics,
            shutdown,
            servers: Vec::new(),
            admin_shutdown: Shutdown::default(),
            admin: None,
            relay,
            inbox: None,
        }
    }

    /// Other services' events are read until the first sign of the end: another pod reads on.
    fn spawn_inbox(&self, inbox: InboxReader) -> JoinHandle<()> {
        let phases = self.shutdown.phases();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::join!(inbox.run(stop), async move {
                phases.reached(Phase::Draining).await;
                stopped.cancel();
            });
        })
    }

    async fn serve(
        &mut self,
        setting: &'static str,
        address: SocketAddr,
        router: Router,
    ) -> Result<(), ServeError> {
        self.servers
            .push(spawn_server(setting, address, router, &self.shutdown).await?);
        Ok(())
    }

    async fn serve_admin(&mut self, address: SocketAddr, router: Router) -> Result<(), ServeError> {
        let admin = spawn_server("ADMIN_ADDR", address, router, &self.admin_shutdown).await?;
        self.admin = Some(admin);
        Ok(())
    }

    async fn until_signal(self, mut signals: Signals, process: &Process) -> Result<(), ServeError> {
        self.health.set_started();
        let refused = tokio::select! {
            () = signals.next() => None,
            refusal = self.background.dependencies.watch(&self.health) => Some(refusal),
            never = keep_up(&self.metrics, self.portal.as_ref()) => match never {},
        };
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(1);
        });
        if let Some(refusal) = &refused {
            tracing::error!(cause = %refusal, "refused to serve");
        }
        self.health.set_ready(false);
        self.shutdown.enter(Phase::Draining);
        if refused.is_none() && !self.servers.is_empty() {
            tokio::time::sleep(process.drain_delay).await;
        }
        self.finish().await;
        refused.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    async fn finish(self) {
        self.shutdown.enter(Phase::Closing);
        futures::future::join_all(self.servers).await;
        if let Some(portal) = &self.portal {
            let written = portal.write_counted_denials(true);
            say_if_cut_off(
                "counted denials",
                tokio::time::timeout(LAST_EVENTS, written).await.is_ok(),
            );
        }
        if let Some(inbox) = self.inbox {
            say_if_cut_off(
                "inbox",
                tokio::time::timeout(LAST_BATCH, inbox).await.is_ok(),
            );
        }
        if let Some(uses) = &self.background.app_uses {
            say_if_cut_off("uses of apps", uses.close(LAST_USES).await);
        }
        self.shutdown.enter(Phase::Finishing);
        if let Some(relay) = self.relay {
            say_if_cut_off(
                "relay",
                tokio::time::timeout(LAST_BATCH, relay).await.is_ok(),
            );
        }
        if let Some(journal) = self.background.journal {
            say_if_cut_off("journal", journal.close(LAST_EVENTS).await);
        }
        self.admin_shutdown.enter(Phase::Closing);
        if let Some(admin) = self.admin {
            say_if_cut_off(
                "admin",
                tokio::time::timeout(LAST_SCRAPE, admin).await.is_ok(),
            );
        }
        tracing::info!("stopped");
    }
}

async fn keep_up(metrics: &Metrics, portal: Option<&Portal>) -> Infallible {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        metrics.upkeep();
        if let Some(portal) = portal {
            portal.write_counted_denials(false).await;
        }
    }
}

fn say_if_cut_off(part: &'static str, ended: bool) {
    if !ended {
        tracing::warn!(part, "cut off at shutdown");
    }
}

async fn spawn_server(
    setting: &'static str,
    address: SocketAddr,
    router: Router,
    shutdown: &Shutdown,
) -> Result<JoinHandle<()>, ServeError> {
    let server = Server::bind(address, router).await;
    let server = server.map_err(|error| ServeError::Listen {
        setting,
        kind: error.kind(),
    })?;
    Ok(tokio::spawn(server.run(shutdown.phases())))
}

fn spawn_relay(ends: RelayEnds, shutdown: &Shutdown) -> JoinHandle<()> {
    let phases = shutdown.phases();
    let stop = async move { phases.reached(Phase::Finishing).await }.shared();
    tokio::spawn(ends.run(stop))
}
