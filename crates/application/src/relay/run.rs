//! The relay's loop.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::Notify;

use crate::ports::{EventBus, EventBusError, JournalRelay, RelayClaim, StoreError};

use super::access_recorded;

/// How the relay behaves.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// The CloudEvents `source`.
    pub source: String,
    /// How often it looks when nobody woke it.
    pub poll: Duration,
    /// The longest wait after failures.
    pub longest_wait: Duration,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            source: "ghasi/patient-portal".to_owned(),
            poll: Duration::from_millis(200),
            longest_wait: Duration::from_secs(10),
        }
    }
}

enum Step {
    Published,
    Idle,
    Failed,
}

/// Publishes what the journal has committed, until `stop` ends. A batch that was begun is
/// finished first.
pub async fn run(
    journal: Arc<dyn JournalRelay>,
    bus: Arc<dyn EventBus>,
    settings: RelaySettings,
    wake: Arc<Notify>,
    stop: impl Future<Output = ()> + Send,
) {
    tokio::pin!(stop);
    let mut failures = 0_u32;
    loop {
        let outcome = step(&*journal, &*bus, &settings.source).await;
        let wait = match outcome {
            Step::Published => Duration::ZERO,
            Step::Idle => settings.poll,
            Step::Failed => back_off(&settings, failures),
        };
        failures = if matches!(outcome, Step::Failed) {
            failures.saturating_add(1)
        } else {
            0
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
            () = wake.notified(), if failures == 0 => {}
        }
    }
}

fn back_off(settings: &RelaySettings, failures: u32) -> Duration {
    settings
        .poll
        .saturating_mul(1 << failures.min(6))
        .min(settings.longest_wait)
}

async fn step(journal: &dyn JournalRelay, bus: &dyn EventBus, source: &str) -> Step {
    match publish_next(journal, bus, source).await {
        Ok(true) => Step::Published,
        Ok(false) => Step::Idle,
        Err(error) => {
            counter!("portal_relay_failures_total", "cause" => error.as_str()).increment(1);
            tracing::warn!(cause = error.as_str(), "relay.failed");
            Step::Failed
        }
    }
}

enum RelayError {
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

async fn publish_next(
    journal: &dyn JournalRelay,
    bus: &dyn EventBus,
    source: &str,
) -> Result<bool, RelayError> {
    let Some(claim) = journal.claim().await? else {
        return Ok(false);
    };
    publish(&claim, bus, source).await?;
    // Another relay that took over publishes the same messages, which the bus drops.
    Ok(journal.confirm(&claim).await?)
}

async fn publish(claim: &RelayClaim, bus: &dyn EventBus, source: &str) -> Result<(), RelayError> {
    for batch in &claim.batches {
        bus.publish(&access_recorded(batch, source)).await?;
        counter!("portal_access_events_published_total").increment(batch.events.len() as u64);
    }
    Ok(())
}
