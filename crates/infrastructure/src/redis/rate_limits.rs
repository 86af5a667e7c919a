//! Budgets that all pods share. Each pod counts what it takes itself and tells Redis beside the
//! requests, many budgets at a time; the answer says what the others took. A request waits for it
//! only where it may matter: the first time in a window, and from half of the budget on.

use std::net::{IpAddr, Ipv6Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::Pipeline;
use moka::sync::Cache;
use portal_application::ports::{Clock, Payer, RateLimits, Standing};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::crypto::{KeyRing, KeyedHash};

use super::budget::{Budget, Report};
use super::link::Link;
use super::record_cache::RedisRecordCache;

const WINDOW: Duration = Duration::from_mins(1);
/// Budgets that a pod counts at once. Beyond these the least used begin anew.
const REMEMBERED: u64 = 200_000;
/// Budgets that Redis is told of at once.
const AT_ONCE: usize = 256;
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

/// A budget that requests and the reporter share.
struct Shared {
    name: String,
    state: Mutex<State>,
    answered: Notify,
}

#[derive(Default)]
struct State {
    budget: Budget,
    /// How often points were taken.
    taken: u64,
    /// The last taking that Redis was told of, or could not be.
    settled: u64,
    /// Whether the reporter has it on its list.
    listed: bool,
}

/// A taking that may yet turn out to be one too many.
struct Taking {
    number: u64,
    up_to: i64,
    window: i64,
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

    fn budget(&self, payer: Payer<'_>) -> (Arc<Shared>, u32) {
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
        let shared = self.budgets.get(&name).unwrap_or_else(|| {
            let make = || Arc::new(Shared::new(name.clone()));
            self.budgets.get_with_by_ref(&name, make)
        });
        (shared, quota)
    }

    /// Takes points as far as this pod knows, and has Redis told.
    fn take_here(&self, shared: &Arc<Shared>, points: u32, quota: u32, window: i64) -> Taken {
        let mut state = shared.lock();
        state.budget.roll(window);
        let Some(up_to) = state.budget.take(points, quota) else {
            return Taken::Refused;
        };
        state.taken += 1;
        let number = state.taken;
        self.list(shared, &mut state);
        if state.budget.is_ample(quota) {
            return Taken::Surely;
        }
        Taken::Perhaps(Taking {
            number,
            up_to,
            window,
        })
    }

    /// Whether points are there once the others were heard of. What is not goes back.
    async fn is_there(
        &self,
        shared: &Arc<Shared>,
        taking: &Taking,
        points: u32,
        quota: u32,
    ) -> bool {
        let _ = timeout(LONGEST_WAIT, shared.settled(taking.number)).await;
        let mut state = shared.lock();
        let holds = state.budget.holds(taking.up_to, taking.window, quota);
        if !holds {
            state.budget.give_back(points, taking.window);
            self.list(shared, &mut state);
        }
        holds
    }

    fn list(&self, shared: &Arc<Shared>, state: &mut State) {
        if !std::mem::replace(&mut state.listed, true) {
            // Nobody listens only when the process ends.
            let _ = self.changed.send(Arc::clone(shared));
        }
    }
}

enum Taken {
    Refused,
    Surely,
    Perhaps(Taking),
}

#[async_trait]
impl RateLimits for RedisRateLimits {
    async fn take(&self, payer: Payer<'_>, points: u32) -> Standing {
        let (shared, quota) = self.budget(payer);
        let (window, resets_in) = shared.window(self.clock.now().as_millisecond());
        let admitted = match self.take_here(&shared, points, quota, window) {
            Taken::Refused => false,
            Taken::Surely => true,
            Taken::Perhaps(taking) => self.is_there(&shared, &taking, points, quota).await,
        };
        Standing {
            admitted,
            quota,
            window: WINDOW,
            remaining: shared.lock().budget.remaining(quota),
            resets_in,
        }
    }
}

impl Shared {
    fn new(name: String) -> Self {
        Self {
            name,
            state: Mutex::default(),
            answered: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The window of a time, and how long it still lasts. Windows of different budgets begin at
    /// different times, so that those who were refused do not all come back at once.
    fn window(&self, now: i64) -> (i64, Duration) {
        let length = i64::try_from(WINDOW.as_millis()).unwrap_or(i64::MAX);
        let shift = self.name.bytes().fold(0_i64, |sum, byte| {
            (sum * 31 + i64::from(byte)).rem_euclid(length)
        });
        let shifted = now.saturating_add(shift);
        let left = length - shifted.rem_euclid(length);
        let left = u64::try_from(left).unwrap_or_default();
        (shifted.div_euclid(length), Duration::from_millis(left))
    }

    async fn settled(&self, number: u64) {
        loop {
            let mut answered = pin!(self.answered.notified());
            // From here on no answer is missed.
            answered.as_mut().enable();
            if self.lock().settled >= number {
                return;
            }
            answered.await;
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

/// Tells Redis what was taken. While one report is on its way the next one grows.
struct Reporter {
    link: Arc<Link>,
    prefix: String,
    list: mpsc::UnboundedReceiver<Arc<Shared>>,
}

impl Reporter {
    async fn run(mut self) {
        let mut budgets = Vec::with_capacity(AT_ONCE);
        while self.list.recv_many(&mut budgets, AT_ONCE).await > 0 {
            self.report(&budgets).await;
            budgets.clear();
        }
    }

    async fn report(&self, budgets: &[Arc<Shared>]) {
        let mut commands = Pipeline::with_capacity(budgets.len() * 2);
        let kept = WINDOW.as_millis() * 2;
        let mut reports: Vec<(Report, u64)> = Vec::with_capacity(budgets.len());
        for shared in budgets {
            let (report, taken) = shared.begin_report();
            let (prefix, name) = (&self.prefix, &shared.name);
            let key = format!("{prefix}:{{{name}}}:points:{}", report.window);
            commands.cmd("INCRBY").arg(&key).arg(report.points);
            let expiry = commands.cmd("PEXPIRE").arg(&key);
            expiry.arg(u64::try_from(kept).unwrap_or(u64::MAX)).ignore();
            reports.push((report, taken));
        }
        let sums = self.link.ask_all::<Vec<i64>>(&commands).await;
        let mut sums = sums.unwrap_or_default().into_iter();
        for (shared, (report, taken)) in budgets.iter().zip(reports) {
            shared.end_report(report, taken, sums.next());
        }
    }
}

impl Shared {
    fn begin_report(&self) -> (Report, u64) {
        let mut state = self.lock();
        state.listed = false;
        (state.budget.report(), state.taken)
    }

    /// Without an answer those who wait decide by what is known here.
    fn end_report(&self, report: Report, taken: u64, sum: Option<i64>) {
        let mut state = self.lock();
        match sum {
            Some(sum) => state.budget.heard(report, sum),
            None => state.budget.unheard(),
        }
        state.settled = state.settled.max(taken);
        drop(state);
        self.answered.notify_waiters();
    }
}
