//! Removes what is of no use any more.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::counter;
use portal_domain::id::TenantId;

use crate::ports::{Clock, Ids, Prunable, Pruning, StoreError, TenantList};

use super::rounds::{is_over, rest};

/// What the job stands on.
#[derive(Clone)]
pub struct PruneJob {
    /// Through whom it goes.
    pub tenants: Arc<dyn TenantList>,
    /// What removes.
    pub pruning: Arc<dyn Pruning>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the jitter comes from.
    pub ids: Arc<dyn Ids>,
    /// How long it rests between rounds, more or less.
    pub every: Duration,
}

/// How long it is kept after its end.
const fn kept(what: Prunable) -> SignedDuration {
    match what {
        Prunable::IdempotencyRecords | Prunable::Revocations => SignedDuration::ZERO,
        Prunable::VerificationTokens => SignedDuration::from_hours(30 * 24),
        Prunable::RegistrationAttempts => SignedDuration::from_hours(2 * 24),
        Prunable::InboxMessages => SignedDuration::from_hours(90 * 24),
    }
}

impl PruneJob {
    /// Runs until `stop` ends; a batch that was begun is finished first.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        loop {
            let round = ("prune", self.round(stop.as_mut()).await);
            let chance = self.ids.ulid(self.clock.now());
            if rest(round, (self.every, chance), stop.as_mut()).await {
                return;
            }
        }
    }

    async fn round(
        &self,
        mut stop: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<(), StoreError> {
        let mut pruned = Ok(());
        for (tenant, _) in self.tenants.tenants().await? {
            for what in Prunable::ALL {
                let all = self.all_of(&tenant, what, stop.as_mut()).await;
                match all {
                    Ok(true) => return pruned,
                    Ok(false) => {}
                    Err(error) => pruned = Err(error),
                }
            }
        }
        pruned
    }

    /// Removes batch by batch, and says whether it is time to stop.
    async fn all_of(
        &self,
        tenant: &TenantId,
        what: Prunable,
        mut stop: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<bool, StoreError> {
        let until = self.clock.now() - kept(what);
        loop {
            if is_over(stop.as_mut()).await {
                return Ok(true);
            }
            let removed = self.pruning.prune(tenant, what, until).await?;
            if removed == 0 {
                return Ok(false);
            }
            counter!("portal_rows_pruned_total", "table" => what.as_str()).increment(removed);
        }
    }
}
