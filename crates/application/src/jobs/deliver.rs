//! Hands links and codes over to the notifier, once each as far as it remembers their ids.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::counter;

use crate::ports::{Clock, Deliveries, DueDelivery, Notifier, NotifierError, StoreError};

/// How often it looks: people wait for these.
const POLL: Duration = Duration::from_millis(500);
const LONGEST_WAIT: u32 = 300;

/// Runs until `stop` ends; a delivery that was begun is finished first.
pub async fn deliver(
    deliveries: Arc<dyn Deliveries>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()> + Send,
) {
    tokio::pin!(stop);
    loop {
        let sent = send_due(&*deliveries, &*notifier, &*clock).await;
        let wait = match sent {
            Ok(0) => POLL,
            Ok(_) => Duration::ZERO,
            Err(StoreError::Unavailable | StoreError::Corrupt) => POLL * 4,
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn send_due(
    deliveries: &dyn Deliveries,
    notifier: &dyn Notifier,
    clock: &dyn Clock,
) -> Result<usize, StoreError> {
    let due = deliveries.claim(clock.now()).await?;
    for one in &due {
        send(one, deliveries, notifier, clock).await?;
    }
    Ok(due.len())
}

async fn send(
    due: &DueDelivery,
    deliveries: &dyn Deliveries,
    notifier: &dyn Notifier,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    let outcome = match notifier.send(&due.delivery).await {
        Ok(()) => "taken",
        Err(NotifierError::Refused) => "refused",
        Err(NotifierError::Unavailable) => "postponed",
    };
    counter!("portal_deliveries_total", "outcome" => outcome).increment(1);
    if outcome == "postponed" {
        let wait = LONGEST_WAIT.min(2_u32.saturating_pow(due.attempts.min(10)));
        let until = clock.now() + SignedDuration::from_secs(i64::from(wait));
        return deliveries.postpone(&due.delivery, until).await;
    }
    if outcome == "refused" {
        tracing::warn!(delivery = %due.delivery.id, "delivery.refused");
    }
    deliveries.done(&due.delivery).await
}

#[cfg(test)]
#[path = "deliver_tests.rs"]
mod tests;
