//! Load shedding: a bound on requests in flight, a fair share of it for each tenant, and health
//! apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portal_domain::id::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests about health that are served at once.
const HEALTH: usize = 32;
/// How many places a tenant may have for each one that is free.
const PER_FREE_PLACE: usize = 3;

/// The bounds of one pod on requests of which the tenant is not known. They are given back as soon
/// as it is, so that a tenant with too many requests does not fill them.
pub(super) struct Shed {
    requests: Arc<Semaphore>,
    health: Arc<Semaphore>,
}

impl Shed {
    pub(super) fn new(max_in_flight: usize) -> Self {
        let requests = max_in_flight.min(Semaphore::MAX_PERMITS);
        Self {
            requests: Arc::new(Semaphore::new(requests)),
            health: Arc::new(Semaphore::new(HEALTH)),
        }
    }

    /// A place, for as long as it is kept; none when all are taken.
    pub(super) fn enter(&self, path: &str) -> Option<OwnedSemaphorePermit> {
        let share = if is_health(path) {
            &self.health
        } else {
            &self.requests
        };
        Arc::clone(share).try_acquire_owned().ok()
    }
}

/// Whether a path is one of the health routes.
pub(super) fn is_health(path: &str) -> bool {
    path == "/health" || path.starts_with("/health/")
}

/// How many requests of each tenant are in flight. A tenant is refused when it has three times as
/// many places as are free (dynamic thresholds: Choudhury and Hahne, 1998), and the last place is for
/// one that has none. So one tenant may fill three quarters of the pod, two three sevenths each, k
/// 3 / (1 + 3k): who has few requests finds room however many others want all of it, and what nobody
/// else wants is not kept back.
#[derive(Clone)]
pub(crate) struct TenantShares {
    in_flight: Arc<Mutex<InFlight>>,
    places: usize,
}

#[derive(Default)]
struct InFlight {
    by_tenant: HashMap<TenantId, usize>,
    total: usize,
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
            places: max_in_flight,
        }
    }

    /// A place for a request of a tenant; none when its share is full.
    pub(crate) fn enter(&self, tenant: &TenantId) -> Option<TenantShare> {
        let mut in_flight = self.lock();
        let free = self.places.saturating_sub(in_flight.total);
        let own = in_flight.by_tenant.get(tenant).copied().unwrap_or_default();
        let is_last = free == 1 && own > 0;
        if is_last || own >= free.saturating_mul(PER_FREE_PLACE) {
            return None;
        }
        in_flight.by_tenant.insert(tenant.clone(), own + 1);
        in_flight.total += 1;
        Some(TenantShare {
            shares: self.clone(),
            tenant: tenant.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TenantShare {
    fn drop(&mut self) {
        let mut in_flight = self.shares.lock();
        in_flight.total = in_flight.total.saturating_sub(1);
        if let Some(count) = in_flight.by_tenant.get_mut(&self.tenant) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                in_flight.by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).unwrap()
    }

    /// As many places as tenants get that take turns until all are refused.
    fn filled(shares: &TenantShares, tenants: &[TenantId]) -> Vec<TenantShare> {
        let mut held = Vec::new();
        loop {
            let entered: Vec<_> = tenants.iter().filter_map(|id| shares.enter(id)).collect();
            if entered.is_empty() {
                return held;
            }
            held.extend(entered);
        }
    }

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
        let north = filled(&shares, &[tenant("north")]);
        assert_eq!(north.len(), 3);
        assert!(shares.enter(&tenant("north")).is_none());
        assert!(shares.enter(&tenant("south")).is_some());
        drop(north);
        assert!(shares.enter(&tenant("north")).is_some());
        let in_flight = shares.in_flight.lock().unwrap();
        assert!(in_flight.by_tenant.is_empty() && in_flight.total == 0);
    }

    #[test]
    fn however_many_want_everything_a_newcomer_finds_room() {
        for count in 1..=20 {
            let shares = TenantShares::new(512);
            let greedy: Vec<_> = (0..count).map(|n| tenant(&format!("t{n}"))).collect();
            let held = filled(&shares, &greedy);
            assert!(held.len() < 512, "{count} tenants fill the pod");
            let (mut places, newcomer) = (Vec::new(), tenant("newcomer"));
            while let Some(place) = shares.enter(&newcomer) {
                places.push(place);
            }
            let fair = 512 / (count + 1) / 5;
            assert!(places.len() >= fair, "{} of {count}", places.len());
        }
    }

    #[test]
    fn the_last_place_is_for_who_has_none() {
        let shares = TenantShares::new(64);
        // One had the pod for itself, the next two want the rest.
        let greedy = ["one", "two", "three"].map(|id| filled(&shares, &[tenant(id)]));
        assert_eq!(greedy.map(|held| held.len()), [48, 12, 3]);
        let shares = TenantShares::new(2);
        let _held = shares.enter(&tenant("one")).unwrap();
        assert!(shares.enter(&tenant("one")).is_none());
        assert!(shares.enter(&tenant("two")).is_some());
    }

    #[test]
    fn who_is_alone_has_most_of_the_pod() {
        let shares = TenantShares::new(512);
        assert_eq!(filled(&shares, &[tenant("north")]).len(), 384);
        assert_eq!(filled(&TenantShares::new(1), &[tenant("north")]).len(), 1);
    }
}
