//! Load shedding: a bound on requests in flight, a share of it for each tenant, and health apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use portal_domain::id::TenantId;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests about health that are served at once.
const HEALTH: usize = 32;

/// The bounds of one pod.
pub(super) struct Shed {
    requests: Semaphore,
    health: Semaphore,
}

impl Shed {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self {
            requests: Semaphore::new(max_in_flight.min(Semaphore::MAX_PERMITS)),
            health: Semaphore::new(HEALTH),
        }
    }

    /// A place, for as long as it is kept; none when all are taken.
    pub(super) fn enter(&self, path: &str) -> Option<SemaphorePermit<'_>> {
        let share = if path == "/health" || path.starts_with("/health/") {
            &self.health
        } else {
            &self.requests
        };
        share.try_acquire().ok()
    }
}

/// How many requests of each tenant are in flight. One tenant may fill three quarters of the pod,
/// so that the others always find room.
#[derive(Clone)]
pub(crate) struct TenantShares {
    in_flight: Arc<Mutex<HashMap<TenantId, usize>>>,
    limit: usize,
}

/// One request's place among its tenant's; given back when dropped.
pub(crate) struct TenantShare {
    shares: TenantShares,
    tenant: TenantId,
}

impl TenantShares {
    pub(crate) fn new(max_in_flight: usize) -> Self {
        Self {
            in_flight: Arc::default(),
            limit: (max_in_flight - max_in_flight / 4).max(1),
        }
    }

    /// A place for a request of a tenant; none when its share is full.
    pub(crate) fn enter(&self, tenant: &TenantId) -> Option<TenantShare> {
        let mut in_flight = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = in_flight.entry(tenant.clone()).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(TenantShare {
            shares: self.clone(),
            tenant: tenant.clone(),
        })
    }
}

impl Drop for TenantShare {
    fn drop(&mut self) {
        let in_flight = &self.shares.in_flight;
        let mut in_flight = in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_flight.get_mut(&self.tenant) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                in_flight.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_has_a_share_of_its_own() {
        let shed = Shed::new(1);
        let _place = shed.enter("/v1/portal/me").unwrap();
        assert!(shed.enter("/fhir/R4/metadata").is_none());
        assert!(shed.enter("/health/live").is_some());
        assert!(shed.enter("/healthy").is_none());
    }

    #[test]
    fn one_tenant_leaves_room_for_the_others() {
        let shares = TenantShares::new(4);
        let tenant = |id| TenantId::parse(id).unwrap();
        let north: Vec<_> = (0..3)
            .map(|_| shares.enter(&tenant("north")).unwrap())
            .collect();
        assert!(shares.enter(&tenant("north")).is_none());
        assert!(shares.enter(&tenant("south")).is_some());
        drop(north);
        assert!(shares.enter(&tenant("north")).is_some());
        assert!(shares.in_flight.lock().unwrap().is_empty());
    }
}
