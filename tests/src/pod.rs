//! One pod in this process: the service of production over the real servers, reached by real HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use portal::config::{self, Inputs};
use portal::telemetry::Metrics;
use portal::wiring::{self, Background, Rounds, Surroundings};
use portal_application::ports::Clock as _;
use portal_infrastructure::system::SystemIds;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::ManualClock;
use crate::events::AccessEvents;

/// How long jobs rest unless a scene says otherwise.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_millis(200);

/// A pod that serves until it is dropped.
pub struct Pod {
    /// Where it is reached, without a slash at its end.
    pub url: String,
    /// Where staff reach it.
    pub internal_url: String,
    _background: Arc<Background>,
    _tasks: JoinSet<()>,
}

/// What a pod is started with.
pub(crate) struct Launch<'a> {
    pub(crate) settings: &'a BTreeMap<String, String>,
    pub(crate) clock: &'a ManualClock,
    pub(crate) prefix: &'a str,
    pub(crate) metrics: &'a Metrics,
    pub(crate) relay: bool,
    pub(crate) inbox: bool,
    pub(crate) sweep_every: Duration,
}

impl Pod {
    pub(crate) async fn serve(launch: &Launch<'_>, listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("it is bound");
        let surroundings = surroundings(launch);
        let config = read(launch.settings, launch.clock, launch.relay);
        let (parts, background) = wiring::connect(config, launch.metrics.clone(), surroundings)
            .await
            .expect("it connects");
        let service = wiring::assemble(parts);
        let background = Arc::new(background);
        until_loaded(&background).await;
        let mut tasks = JoinSet::new();
        let internal = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let internal_address = internal.local_addr().expect("it is bound");
        let staff = service
            .internal
            .into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move {
            axum::serve(internal, staff).await.expect("it serves");
        });
        let router = service
            .router
            .into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        if let Some(inbox) = service.inbox.filter(|_| launch.inbox) {
            tasks.spawn(inbox.run(CancellationToken::new()));
        }
        if let Some(ends) = background.relay.clone() {
            tasks.spawn(ends.run(std::future::pending()));
        }
        Self {
            url: format!("http://{address}"),
            internal_url: format!("http://{internal_address}"),
            _background: background,
            _tasks: tasks,
        }
    }
}

/// Until the list of revocations is there, as a balancer would wait for readiness; but not for
/// ever, because some pods have nowhere to load it from.
async fn until_loaded(background: &Background) {
    let list = background.dependencies.revocations.as_ref();
    for _ in 0..500 {
        if list.is_none_or(|list| list.is_loaded()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn surroundings(launch: &Launch<'_>) -> Surroundings {
    Surroundings {
        clock: Arc::new(launch.clock.clone()),
        ids: Arc::new(SystemIds),
        cache_prefix: format!("test-{}", launch.prefix),
        // A busy machine must not turn what is cached into a miss, nor a login into a refusal.
        slack: 10,
        bus: AccessEvents::bus(launch.prefix),
        rounds: Rounds {
            sweep: launch.sweep_every,
            prune: SWEEP_EVERY,
        },
    }
}

fn read(
    settings: &BTreeMap<String, String>,
    clock: &ManualClock,
    relay: bool,
) -> config::ServeConfig {
    let now: Timestamp = clock.now();
    let inputs = Inputs {
        flags: &[],
        environment: settings,
        file: None,
        read_file: &|path| std::fs::read_to_string(path),
        now,
    };
    match config::serve(&inputs, relay) {
        Ok(reading) => reading.config,
        Err(faults) => panic!("{faults}"),
    }
}
