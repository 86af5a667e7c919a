//! What stands between this pod and one source: a breaker, a bound on calls at a time, a budget of
//! retries and a share of memory. Each source has its own, so that none takes another along.

mod breaker;
mod memory;
mod retry_budget;
mod window;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use portal_domain::source::Source;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::timeout_at;

use self::breaker::{Breaker, BreakerState, Pass};
use self::memory::{MemoryBudget, MemoryShare};
use self::retry_budget::RetryBudget;

pub(super) use self::breaker::CallEnd;
pub(super) use self::memory::{NoRoom, Reservation};

/// Calls of one source at a time, and so its connections; the others wait within their deadlines.
const PLACES: usize = 64;
/// Contents of one source that run at a time. They are not among its calls: whoever reads slowly
/// keeps others from contents at most, never from records.
const STREAMS: usize = 64;

/// The guards of a pod: one for each source, in the order of [`Source::ALL`]; all share one budget
/// of memory.
pub(super) fn guards() -> impl Iterator<Item = Arc<SourceGuard>> {
    let memory = MemoryBudget::new();
    let guard = move |source| Arc::new(SourceGuard::new(source, memory.share()));
    Source::ALL.into_iter().map(guard)
}

/// The guard of one source in one pod.
pub(super) struct SourceGuard {
    source: Source,
    breaker: Mutex<Breaker>,
    places: Semaphore,
    streams: Arc<Semaphore>,
    retries: RetryBudget,
    memory: MemoryShare,
}

/// The source is not asked: its breaker is open, or there was no place within the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAsked;

impl SourceGuard {
    /// A guard of a source that is asked beside no other.
    pub(in crate::upstream) fn alone(source: Source) -> Self {
        Self::new(source, MemoryBudget::new().share())
    }

    fn new(source: Source, memory: MemoryShare) -> Self {
        let guard = Self {
            source,
            breaker: Mutex::new(Breaker::new(Instant::now())),
            places: Semaphore::new(PLACES),
            streams: Arc::new(Semaphore::new(STREAMS)),
            retries: RetryBudget::new(),
            memory,
        };
        guard.show(BreakerState::Closed);
        guard
    }

    /// A place for one call, within a deadline. An open breaker answers at once.
    pub(super) async fn enter(&self, deadline: Instant) -> Result<Call<'_>, NotAsked> {
        if self.wait().is_some() {
            return Err(self.not_asked("breaker"));
        }
        let place = timeout_at(deadline.into(), self.places.acquire()).await;
        let Ok(Ok(place)) = place else {
            return Err(self.not_asked("bulkhead"));
        };
        // It may have opened meanwhile: those who waited must not all run into it.
        let pass = self.change(Breaker::admit);
        let pass = pass.ok_or_else(|| self.not_asked("breaker"))?;
        self.retries.earn();
        self.in_flight().increment(1);
        Ok(Call {
            guard: self,
            pass,
            end: CallEnd::Unjudged,
            _place: place,
        })
    }

    /// A place among the contents that run, within a deadline.
    pub(super) async fn stream(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, NotAsked> {
        let place = Arc::clone(&self.streams).acquire_owned();
        match timeout_at(deadline.into(), place).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(self.not_asked("streams")),
        }
    }

    /// Whether a call that failed may be made once more.
    pub(super) fn may_retry(&self) -> bool {
        self.retries.spend()
    }

    /// Room for an answer's body; none is taken yet.
    pub(super) fn reservation(&self) -> Reservation {
        self.memory.reservation()
    }

    /// Counts a question that was not asked.
    pub(super) fn not_asked(&self, reason: &'static str) -> NotAsked {
        let upstream = self.source.as_str();
        counter!("portal_upstream_not_asked_total", "upstream" => upstream, "reason" => reason)
            .increment(1);
        NotAsked
    }

    /// How long the source will not be asked; none when it is.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.breaker().wait(Instant::now())
    }

    /// Whether its breaker is closed, and whose it is.
    pub(super) fn health(&self) -> (Source, bool) {
        let state = self.breaker().state(Instant::now());
        self.show(state);
        (self.source, state == BreakerState::Closed)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Breaker, Instant) -> T) -> T {
        let now = Instant::now();
        let mut breaker = self.breaker();
        let before = breaker.state(now);
        let changed = change(&mut breaker, now);
        let state = breaker.state(now);
        drop(breaker);
        if state != before {
            self.show(state);
            tracing::warn!(upstream = self.source.as_str(), ?state, "breaker.changed");
        }
        changed
    }

    fn show(&self, state: BreakerState) {
        let value = match state {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        gauge!("portal_upstream_breaker_state", "upstream" => self.source.as_str()).set(value);
    }

    fn in_flight(&self) -> metrics::Gauge {
        gauge!("portal_upstream_calls_in_flight", "upstream" => self.source.as_str())
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call on its way. One that is dropped before its end was given up, and says nothing.
pub(super) struct Call<'a> {
    guard: &'a SourceGuard,
    pass: Pass,
    end: CallEnd,
    _place: SemaphorePermit<'a>,
}

impl Call<'_> {
    /// Says how it ended.
    pub(super) fn ended(mut self, end: CallEnd) {
        self.end = end;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.guard.in_flight().decrement(1);
        self.guard
            .change(|breaker, now| breaker.ended(&self.pass, self.end, now));
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
