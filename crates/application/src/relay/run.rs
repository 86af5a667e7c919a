//! The loop of every relay.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use metrics::counter;
use tokio::sync::Notify;

use crate::ports::{EventBus, EventBusError, JournalRelay, OutboxRelay, StoreError};

use super::journal::JournalWork;
use super::outbox::OutboxWork;

/// How a relay behaves.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// The CloudEvents `source`.
    pub source: String,
    /// How often it looks when nobody woke it.
    pub poll: Duration,
    /// The first wait after a failure; each further one is twice as long.
    pub first_wait: Duration,
    /// The longest.
    pub longest_wait: Duration,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            source: "ghasi/patient-portal".to_owned(),
            poll: Duration::from_millis(200),
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(10),
        }
    }
}

impl RelaySettings {
    /// Of the outbox: who wakes its relay also knows when it may have missed something. People wait
    /// for what it tells of, so it does not wait long for a bus that may be back.
    pub fn of_outbox() -> Self {
        Self {
            poll: Duration::from_secs(1),
            longest_wait: Duration::from_secs(2),
            ..Self::default()
        }
    }
}

/// What a step came to.
pub(super) enum Step {
    /// There may be more to do.
    Worked,
    /// There is nothing to do.
    Idle,
}

/// Why a step failed. Whatever it had begun is done again.
pub(super) enum RelayError {
    Store,
    Bus,
}

impl RelayError {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Bus => "bus",
        }
    }
}

impl From<StoreError> for RelayError {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

impl From<EventBusError> for RelayError {
    fn from(_: EventBusError) -> Self {
        Self::Bus
    }
}

/// What a relay does, one batch after the other.
#[async_trait]
pub(super) trait Work: Send {
    /// The label of its metrics.
    const NAME: &'static str;

    /// Publishes what is next.
    async fn step(&mut self) -> Result<Step, RelayError>;
}

/// Publishes what the journal has committed, until `stop` ends. A batch that was begun is
/// finished first.
pub async fn run_journal(
    journal: Arc<dyn JournalRelay>,
    bus: Arc<dyn EventBus>,
    settings: RelaySettings,
    wake: Arc<Notify>,
    stop: impl Future<Output = ()> + Send,
) {
    let source = settings.source.clone();
    let work = JournalWork {
        journal,
        bus,
        source,
    };
    run(work, &settings, &wake, stop).await;
}

/// Publishes what the outbox holds, until `stop` ends. A batch that was begun is finished first.
pub async fn run_outbox(
    outbox: Arc<dyn OutboxRelay>,
    bus: Arc<dyn EventBus>,
    settings: RelaySettings,
    wake: Arc<Notify>,
    stop: impl Future<Output = ()> + Send,
) {
    let work = OutboxWork::new(outbox, bus, settings.source.clone());
    run(work, &settings, &wake, stop).await;
}

async fn run<W: Work>(
    mut work: W,
    settings: &RelaySettings,
    wake: &Notify,
    stop: impl Future<Output = ()> + Send,
) {
    tokio::pin!(stop);
    let mut failures = 0_u32;
    loop {
        let done = work.step().await;
        failures = match &done {
            Ok(_) => 0,
            Err(_) => failures.saturating_add(1),
        };
        let wait = match done {
            Ok(Step::Worked) => Duration::ZERO,
            Ok(Step::Idle) => settings.poll,
            Err(error) => {
                tell(W::NAME, &error);
                back_off(settings, failures)
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
            () = wake.notified(), if failures == 0 => {}
        }
    }
}

fn tell(relay: &'static str, error: &RelayError) {
    let cause = error.as_str();
    counter!("portal_relay_failures_total", "relay" => relay, "cause" => cause).increment(1);
    tracing::warn!(relay, cause, "relay.failed");
}

fn back_off(settings: &RelaySettings, failures: u32) -> Duration {
    settings
        .first_wait
        .saturating_mul(1 << failures.saturating_sub(1).min(6))
        .min(settings.longest_wait)
}
