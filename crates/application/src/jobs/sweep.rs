//! Ends delegations and invitations whose time is over. They open nothing from that moment on,
//! whether or not this job has come: it says so to both sides and to everybody's copies.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use metrics::counter;
use portal_domain::audit::{AccessEvent, EventType};
use portal_domain::id::{RequestId, TenantId};
use portal_domain::proxy_delegation::{DelegationStatus, ProxyDelegation};

use crate::delegation::{Notices, expire};
use crate::error::AccessError;
use crate::ports::{Clock, Ids, StoreError, SweepUnitOfWork, Sweeps, TenantList};
use crate::system_event::{SystemAct, system_event};

use super::rounds::{is_over, rest};

/// What the sweep stands on.
#[derive(Clone)]
pub struct SweepJob {
    /// Through whom it goes.
    pub tenants: Arc<dyn TenantList>,
    /// Changes.
    pub sweeps: Arc<dyn Sweeps>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// How long it rests between rounds, more or less.
    pub every: Duration,
}

impl SweepJob {
    /// Runs until `stop` ends; a batch that was begun is finished first.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        loop {
            let round = ("sweep", self.round(stop.as_mut()).await);
            let chance = self.ids.ulid(self.clock.now());
            if rest(round, (self.every, chance), stop.as_mut()).await {
                return;
            }
        }
    }

    /// Goes through all tenants; one that fails does not keep the next from its turn.
    async fn round(
        &self,
        mut stop: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<(), StoreError> {
        let mut swept = Ok(());
        for (tenant, zone) in self.tenants.tenants().await? {
            loop {
                if is_over(stop.as_mut()).await {
                    return swept;
                }
                match self.batch(&tenant, &zone).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => {
                        swept = Err(error);
                        break;
                    }
                }
            }
        }
        swept
    }

    /// Ends some of a tenant's, in one transaction, and says how many.
    async fn batch(&self, tenant: &TenantId, zone: &TimeZone) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let request = self.ids.ulid(now).to_string();
        let request = RequestId::parse(&request).map_err(|_| StoreError::Corrupt)?;
        let Some(mut work) = self.sweeps.begin(tenant, &request).await? else {
            return Ok(0);
        };
        let over = work.over(day(zone, now), now).await?;
        let count = over.len();
        let mut last = None;
        for delegation in over {
            if let Some(event) = last.take() {
                work.record(event).await?;
            }
            let event = self.end(delegation, (tenant, &request, now), &mut *work);
            last = Some(event.await?);
        }
        if let Some(event) = last {
            work.commit(event).await?;
        }
        Ok(count)
    }

    async fn end(
        &self,
        mut delegation: ProxyDelegation,
        (tenant, request_id, now): (&TenantId, &RequestId, Timestamp),
        work: &mut dyn SweepUnitOfWork,
    ) -> Result<AccessEvent, StoreError> {
        let ids = &*self.ids;
        let (from, template_key) = (delegation.status, template_key(delegation.status));
        let ended = expire(&mut delegation, template_key, Notices { ids, now }, work).await;
        ended.map_err(|error| match error {
            AccessError::Store(error) => error,
            _ => StoreError::Corrupt,
        })?;
        counter!("portal_delegations_expired_total", "from" => from.as_str()).increment(1);
        let act = SystemAct {
            tenant,
            operation: "sweepDelegations",
            event_type: EventType::ProxyExpired,
            patient: Some(delegation.grantor),
            changed: vec![delegation.id.to_string().into_boxed_str()],
            request_id,
        };
        Ok(system_event(ids, now, act))
    }
}

fn day(zone: &TimeZone, now: Timestamp) -> Date {
    zone.to_datetime(now).date()
}

const fn template_key(from: DelegationStatus) -> &'static str {
    match from {
        DelegationStatus::Invited => "proxy-invitation-ended",
        _ => "proxy-expired",
    }
}
