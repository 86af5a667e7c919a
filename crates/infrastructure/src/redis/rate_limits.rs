//! Budgets that all pods share. Each pod counts what it takes itself and tells Redis beside the
//! requests, many budgets at a time; the answer says what the others took. A request waits for it
//! only where it may matter: the first time in a window, and from half of the budget on.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use portal_application::ports::{Clock, Payer, RateLimits, Standing};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::crypto::{KeyRing, KeyedHash};

use super::record_cache::RedisRecordCache;
use super::reporter::Reporter;
use super::shared_budget::{Shared, Taken, WINDOW};

/// Budgets that a pod counts at once. Beyond these the least used begin anew.
const REMEMBERED: u64 = 200_000;
/// Who waits longer than this decides alone. The link itself has less patience.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Points of a window of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Of an account.
    pub account: u32,
    /// Of a client address.
    pub address: u32,
}

/// Counts points in Redis.
pub struct RedisRateLimits {
    quotas: Quotas,
    hash: KeyedHash,
    budgets: Cache<String, Arc<Shared>>,
    changed: mpsc::UnboundedSender<Arc<Shared>>,
    clock: Arc<dyn Clock>,
}

impl RedisRateLimits {
    /// Counts beside the cache, in the same Redis. Ends reporting when it is dropped.
    pub fn start(
        cache: &RedisRecordCache,
        quotas: Quotas,
        ring: &Arc<KeyRing>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (changed, list) = mpsc::unbounded_channel();
        let reporter = Reporter {
            link: cache.link(),
            prefix: cache.key_prefix().to_owned(),
            list,
        };
        tokio::spawn(reporter.run());
        Self {
            quotas,
            hash: KeyedHash::new(ring, "rate-limit"),
            budgets: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_idle(WINDOW * 2)
                .build(),
            changed,
            clock,
        }
    }

    fn budget(&self, payer: Payer<'_>) -> Arc<Shared> {
        let (name, quota) = match payer {
            Payer::Address(address) => {
                let address = network(address).to_string();
                (self.hash.text(&["address", &address]), self.quotas.address)
            }
            Payer::Account {
                tenant,
                issuer,
                subject,
            } => {
                let parts = [tenant.as_str(), issuer.as_str(), subject.as_str()];
                let [tenant, issuer, subject] = parts;
                let name = self.hash.text(&["account", tenant, issuer, subject]);
                (name, self.quotas.account)
            }
        };
        self.budgets.get(&name).unwrap_or_else(|| {
            let make = || Arc::new(Shared::new(name.clone(), quota));
            self.budgets.get_with_by_ref(&name, make)
        })
    }
}

#[async_trait]
impl RateLimits for RedisRateLimits {
    async fn take(&self, payer: Payer<'_>, points: u32) -> Standing {
        let budget = self.budget(payer);
        let (window, resets_in) = budget.window(self.clock.now().as_millisecond());
        let (taken, is_news) = budget.take(points, window);
        if is_news {
            // Nobody listens only when the process ends.
            let _ = self.changed.send(Arc::clone(&budget));
        }
        let admitted = match taken {
            Taken::Refused => false,
            Taken::Surely => true,
            Taken::Perhaps(answer) => !matches!(timeout(LONGEST_WAIT, answer).await, Ok(Ok(false))),
        };
        Standing {
            admitted,
            quota: budget.quota(),
            window: WINDOW,
            remaining: budget.remaining(),
            resets_in,
        }
    }
}

/// An address, or of IPv6 what one customer is given of it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address @ IpAddr::V4(_) => address,
    }
}
