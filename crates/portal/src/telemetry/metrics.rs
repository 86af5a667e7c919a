//! Metrics of the process as Prometheus reads them.

use std::sync::{Mutex, OnceLock, PoisonError};

use metrics::{Unit, counter, describe_counter, describe_gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_appender::non_blocking::ErrorCounter;

use super::process;

/// Seconds. The bounds of the objectives, 0.8 and 2, are among them.
const BUCKETS: [f64; 16] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1.0, 2.0, 5.0, 10.0, 30.0,
];
const LINES_DROPPED: &str = "portal_log_lines_dropped_total";

/// The recorder could not be installed.
pub type MetricsError = BuildError;

/// The metrics of this process: there is one recorder, however many services run in it.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    lines_dropped: Option<ErrorCounter>,
}

impl Metrics {
    /// Installs the recorder, or takes the one that this installed before.
    pub fn install() -> Result<Self, MetricsError> {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        static INSTALLING: Mutex<()> = Mutex::new(());
        let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = if let Some(handle) = INSTALLED.get() {
            handle.clone()
        } else {
            let handle = PrometheusBuilder::new()
                .set_buckets(&BUCKETS)?
                .install_recorder()?;
            describe();
            INSTALLED.get_or_init(|| handle).clone()
        };
        Ok(Self {
            handle,
            lines_dropped: None,
        })
    }

    /// Also counts the lines that the logs dropped.
    #[must_use]
    pub fn with_lines_dropped(mut self, counter: ErrorCounter) -> Self {
        self.lines_dropped = Some(counter);
        self
    }

    /// The text for a scrape, with the state of the process as it is now.
    pub fn render(&self) -> String {
        if let Some(dropped) = &self.lines_dropped {
            counter!(LINES_DROPPED).absolute(dropped.dropped_lines() as u64);
        }
        process::observe();
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Empties what histograms have gathered between scrapes; to be called every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

fn describe() {
    describe_counter!(
        LINES_DROPPED,
        Unit::Count,
        "Log lines that the output was too slow for."
    );
    describe_gauge!(
        "portal_outbox_pending",
        Unit::Count,
        "Events of the outbox that are not published yet, in all of the database."
    );
    describe_gauge!(
        "portal_outbox_oldest_seconds",
        Unit::Seconds,
        "How long the oldest of them waits."
    );
    describe_gauge!(
        "portal_outbox_dead_letters",
        Unit::Count,
        "Events of the outbox that were given up and can be replayed."
    );
    describe_counter!(
        "portal_outbox_published_total",
        Unit::Count,
        "Events of the outbox that the bus stored, by type."
    );
    describe_counter!(
        "portal_outbox_failures_total",
        Unit::Count,
        "Attempts that the bus refused while it was there."
    );
    describe_gauge!(
        "portal_clock_skew_seconds",
        Unit::Seconds,
        "How far this pod's clock is ahead of PostgreSQL's; below zero, behind."
    );
    describe_upstreams();
    process::describe();
}

fn describe_upstreams() {
    describe_gauge!(
        "portal_upstream_breaker_state",
        "What a source's breaker does with calls: 0 lets all through, 1 one as a probe, 2 none."
    );
    describe_gauge!(
        "portal_upstream_calls_in_flight",
        Unit::Count,
        "Calls of a source that were not answered yet."
    );
    describe_counter!(
        "portal_upstream_not_asked_total",
        Unit::Count,
        "Calls of a source that were not made, or given up for want of memory, by reason."
    );
}
