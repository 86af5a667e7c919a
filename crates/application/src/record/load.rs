//! One owned set: from the cache when it is fresh, else from its source, else stale. Sets that one
//! base holds of one type are read together.

use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;
use futures::future::join_all;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use portal_domain::access::{PatientGrant, RecordTarget};
use portal_domain::disclosure::{Freshness, Owned, StoredSet};
use portal_domain::source::{RecordSet, Source};

use crate::ports::{
    CacheLoad, CallContext, Clock, Generation, LogWindow, RecordCache, SourceError, Sources,
};

use super::RecordRules;
use super::flight::Flights;
use super::gather::LoaderParts;
use super::held::HeldRecords;
use super::link::PatientNames;
use super::rules::{RETRY_AFTER, SOURCE_BUDGET};

pub(super) type Fetch = Result<Owned, SourceError>;
/// Sets that are read together, in their order.
pub(super) type Fetches = Result<Arc<[Owned]>, SourceError>;
/// The generations keep those who ask after an invalidation from sharing a fetch from before it.
type FlightKey = (RecordTarget, RecordSet, Vec<Option<Generation>>);

/// What the cache has of a set: a fresh copy, or what to store one under.
pub(super) struct Cached {
    pub(super) owned: Option<Owned>,
    generation: Option<Generation>,
}

/// What a set is loaded with beside its target: the tenant's zone and language, the request's
/// correlation and deadline.
#[derive(Clone)]
pub(crate) struct LoadContext {
    pub(crate) call: CallContext,
    pub(crate) zone: TimeZone,
}

/// Loads owned sets. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Loader {
    pub(super) shared: Arc<LoaderParts>,
    flights: Arc<Flights<FlightKey, Fetches>>,
    names: PatientNames,
    held: Arc<HeldRecords>,
}

impl Loader {
    pub(crate) fn new(
        sources: Arc<dyn Sources>,
        cache: Arc<dyn RecordCache>,
        clock: Arc<dyn Clock>,
        rules: Arc<RecordRules>,
        names: PatientNames,
        held: HeldRecords,
    ) -> Self {
        let shared = Arc::new(LoaderParts {
            sources,
            cache,
            clock,
            rules,
        });
        Self {
            shared,
            flights: Arc::new(Flights::new()),
            names,
            held: Arc::new(held),
        }
    }

    /// A set of what the portal itself holds of the grant's patient.
    pub(crate) async fn load_held(
        &self,
        grant: &PatientGrant,
        set: RecordSet,
        window: &LogWindow,
    ) -> Fetch {
        let permit = grant.inspect(set.resource_type());
        let target = permit.ok_or(SourceError::Invalid)?.target();
        let held = self.held.load(grant, (&target, set), window, self.rules());
        held.await.map_err(|_| SourceError::Store)
    }

    /// By which ids sources know patients.
    pub(crate) const fn names(&self) -> &PatientNames {
        &self.names
    }

    pub(super) fn sources(&self) -> &dyn Sources {
        &*self.shared.sources
    }

    pub(crate) fn rules(&self) -> &RecordRules {
        &self.shared.rules
    }

    /// Seconds after which a source that was missing is worth asking again.
    pub(crate) fn retry_after(&self, source: Source) -> u32 {
        let closed_for = self.shared.sources.retry_after(source);
        closed_for.unwrap_or(RETRY_AFTER)
    }

    /// The whole set.
    pub(crate) async fn load(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        context: &LoadContext,
    ) -> Fetch {
        let loaded = self.load_all(target, &[set], context).await;
        let loaded = loaded.into_iter().next();
        loaded.map_or(Err(SourceError::Invalid), |(_, fetch)| fetch)
    }

    /// Whole sets of one base and type, in their order.
    pub(crate) async fn load_all(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        context: &LoadContext,
    ) -> Vec<(RecordSet, Fetch)> {
        let Some(first) = sets.first() else {
            return Vec::new();
        };
        match self.names.at_source((target, *first), self, context).await {
            Ok(Some(target)) => self.read_all(&target, sets, context).await,
            Ok(None) => each(sets, |set| Ok(self.not_linked(target, set))),
            Err(error) => each(sets, |_| Err(error)),
        }
    }

    async fn read_all(
        &self,
        target: &RecordTarget,
        wanted: &[RecordSet],
        context: &LoadContext,
    ) -> Vec<(RecordSet, Fetch)> {
        let mut cached = self.cached(target, wanted).await;
        let first = wanted.first();
        let together = first.map(|set| self.rules().read_together(*set));
        let together = together.unwrap_or_default();
        let mut generations: Vec<_> = cached.iter().map(|one| one.generation).collect();
        if together.len() > wanted.len() && !is_whole(&cached) {
            let all = self.cached(target, &together).await;
            generations = all.iter().map(|one| one.generation).collect();
            // Whoever read another set of the base meanwhile brought these along.
            let all = together.iter().zip(all);
            let again = all.filter(|(set, _)| wanted.contains(set));
            cached = again.map(|(_, one)| one).collect();
        }
        let fetched = if is_whole(&cached) {
            Ok(Arc::from([]))
        } else {
            self.together(target, &together, generations, context).await
        };
        self.filled(target, wanted, cached, &fetched).await
    }

    /// What was cached, and for the rest what was fetched; where that failed, stale copies.
    pub(super) async fn filled(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        cached: Vec<Cached>,
        fetched: &Fetches,
    ) -> Vec<(RecordSet, Fetch)> {
        let mut filled = Vec::with_capacity(sets.len());
        for (set, cached) in sets.iter().zip(cached) {
            let owned = match (cached.owned, fetched) {
                (Some(owned), _) => Ok(owned),
                (None, Ok(all)) => of_set(*set, all).ok_or(SourceError::Invalid),
                (None, Err(error)) => self.stale(target, *set).await.ok_or(*error),
            };
            filled.push((*set, owned));
        }
        filled
    }

    /// Sets of one base and type, by one fetch that all who ask for any of them share.
    async fn together(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        generations: Vec<Option<Generation>>,
        context: &LoadContext,
    ) -> Fetches {
        let first = *sets.first().ok_or(SourceError::Invalid)?;
        let key = (target.clone(), first, generations.clone());
        let flight = self.flights.join(key, || {
            let (parts, target) = (Arc::clone(&self.shared), target.clone());
            let (sets, mut context) = (sets.to_vec(), context.clone());
            context.call.deadline = Instant::now() + SOURCE_BUDGET;
            async move {
                parts
                    .fetch_whole(&target, &sets, &context, &generations)
                    .await
            }
            .boxed()
        });
        let deadline = context.call.deadline.min(Instant::now() + SOURCE_BUDGET);
        let fetched = tokio::time::timeout_at(deadline.into(), flight).await;
        fetched.unwrap_or(Err(SourceError::TimedOut))
    }

    /// A set of a patient whom its source does not know.
    pub(super) fn not_linked(&self, target: &RecordTarget, set: RecordSet) -> Owned {
        Owned::not_linked(target, set, self.shared.clock.now())
    }

    pub(super) async fn cached(&self, target: &RecordTarget, sets: &[RecordSet]) -> Vec<Cached> {
        let loads = sets.iter().map(async |set| {
            let CacheLoad { stored, generation } = self.shared.cache.load(target, *set).await;
            let owned = self.reopened(target, *set, stored.as_ref(), Freshness::Cached);
            Cached { owned, generation }
        });
        join_all(loads).await
    }

    /// The cached set in place of a source that failed; asked for anew, because it may have been
    /// invalidated meanwhile.
    async fn stale(&self, target: &RecordTarget, set: RecordSet) -> Option<Owned> {
        let CacheLoad { stored, .. } = self.shared.cache.load(target, set).await;
        self.reopened(target, set, stored.as_ref(), Freshness::Stale)
    }

    fn reopened(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        stored: Option<&Arc<StoredSet>>,
        freshness: Freshness,
    ) -> Option<Owned> {
        let stored = stored?;
        let within = match freshness {
            Freshness::Fresh | Freshness::Cached | Freshness::NotLinked => set.fresh_for(),
            Freshness::Stale => set.stale_for(),
        };
        let age = self.shared.clock.now().duration_since(stored.as_of);
        // A set from the future was stored by a pod whose clock runs ahead: not known to be fresh.
        let young = age >= SignedDuration::from_secs(-2) && age <= within;
        young.then(|| Owned::reopen(target, set, Arc::clone(stored), freshness))?
    }
}

/// Whether nothing has to be fetched.
fn is_whole(cached: &[Cached]) -> bool {
    cached.iter().all(|one| one.owned.is_some())
}

pub(super) fn of_set(set: RecordSet, all: &[Owned]) -> Option<Owned> {
    all.iter().find(|owned| owned.set() == set).cloned()
}

pub(super) fn each(
    sets: &[RecordSet],
    fetch: impl Fn(RecordSet) -> Fetch,
) -> Vec<(RecordSet, Fetch)> {
    sets.iter().map(|set| (*set, fetch(*set))).collect()
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
