//! The outbox: what is pending goes out, aggregate by aggregate in order.

mod batch;
mod retry;

#[cfg(test)]
mod tests;

pub use batch::event_message;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use metrics::{counter, gauge};

use crate::ports::{EventBus, OutboxBacklog, OutboxRelay, StoreError};

use super::run::{RelayError, Step, Work};
use batch::Batch;

/// How often the backlog is counted and old messages are removed.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// From the outbox to the bus.
pub(super) struct OutboxWork {
    outbox: Arc<dyn OutboxRelay>,
    bus: Arc<dyn EventBus>,
    source: String,
    next_upkeep: Instant,
}

impl OutboxWork {
    pub(super) fn new(
        outbox: Arc<dyn OutboxRelay>,
        bus: Arc<dyn EventBus>,
        source: String,
    ) -> Self {
        Self {
            outbox,
            bus,
            source,
            next_upkeep: Instant::now(),
        }
    }

    /// Also while the bus is away: that is when the backlog grows.
    async fn keep_up(&mut self) -> Result<(), StoreError> {
        if Instant::now() < self.next_upkeep {
            return Ok(());
        }
        self.next_upkeep = Instant::now() + UPKEEP_EVERY;
        show(self.outbox.backlog().await?);
        if self.outbox.prune().await? {
            self.next_upkeep = Instant::now();
        }
        Ok(())
    }
}

#[async_trait]
impl Work for OutboxWork {
    const NAME: &'static str = "outbox";

    async fn step(&mut self) -> Result<Step, RelayError> {
        self.keep_up().await?;
        let Some(claim) = self.outbox.claim().await? else {
            return Ok(Step::Idle);
        };
        let batch = Batch::publish(&claim.messages, &*self.bus, &self.source).await;
        let settled = self.outbox.settle(&claim, &batch.outcomes).await?;
        let lost = (batch.outcomes.len() as u64).saturating_sub(settled);
        if lost > 0 {
            counter!("portal_outbox_lost_leases_total").increment(lost);
            tracing::warn!(messages = lost, "outbox.lease_lost");
        }
        if batch.is_bus_away {
            return Err(RelayError::Bus);
        }
        Ok(Step::Worked)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float, and counts stay far below 2^52"
)]
fn show(backlog: OutboxBacklog) {
    gauge!("portal_outbox_pending").set(backlog.pending as f64);
    gauge!("portal_outbox_oldest_seconds").set(backlog.oldest.as_secs_f64());
    gauge!("portal_outbox_dead_letters").set(backlog.dead_letters as f64);
}
