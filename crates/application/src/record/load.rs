//! One owned set: from the cache when it is fresh, else from its source, else stale.

use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use metrics::counter;
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::{Drops, Freshness, Origin, Owned, StoredSet};
use portal_domain::source::{RecordSet, Source};

use crate::ports::{
    CacheLoad, CallContext, Clock, Content, ContentRequest, Generation, RecordCache, SourceError,
    SourceRequest, Sources,
};

use super::RecordRules;
use super::flight::Flights;
use super::rules::{RETRY_AFTER, SOURCE_BUDGET};

type Fetch = Result<Owned, SourceError>;
/// The generation keeps those who ask after an invalidation from sharing a fetch from before it.
type FlightKey = (RecordTarget, RecordSet, Option<Generation>);

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
    shared: Arc<LoaderParts>,
    flights: Arc<Flights<FlightKey, Fetch>>,
}

struct LoaderParts {
    sources: Arc<dyn Sources>,
    cache: Arc<dyn RecordCache>,
    clock: Arc<dyn Clock>,
    rules: Arc<RecordRules>,
}

impl Loader {
    pub(crate) fn new(
        sources: Arc<dyn Sources>,
        cache: Arc<dyn RecordCache>,
        clock: Arc<dyn Clock>,
        rules: Arc<RecordRules>,
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
        }
    }

    pub(crate) fn rules(&self) -> &RecordRules {
        &self.shared.rules
    }

    pub(super) fn sources(&self) -> &dyn Sources {
        &*self.shared.sources
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
        let CacheLoad { stored, generation } = self.shared.cache.load(target, set).await;
        if let Some(owned) = self.reopened(target, set, stored.as_ref(), Freshness::Cached) {
            return Ok(owned);
        }
        let flight = self.flights.join((target.clone(), set, generation), || {
            let (parts, target) = (Arc::clone(&self.shared), target.clone());
            let mut context = context.clone();
            context.call.deadline = Instant::now() + SOURCE_BUDGET;
            async move { parts.fetch_whole(&target, set, &context, generation).await }.boxed()
        });
        let deadline = context.call.deadline.min(Instant::now() + SOURCE_BUDGET);
        let fetched = tokio::time::timeout_at(deadline.into(), flight).await;
        match fetched.unwrap_or(Err(SourceError::TimedOut)) {
            Ok(owned) => Ok(owned),
            Err(error) => self.stale(target, set).await.ok_or(error),
        }
    }

    /// The cached set in place of a source that failed; asked for anew, because it may have been
    /// invalidated meanwhile.
    async fn stale(&self, target: &RecordTarget, set: RecordSet) -> Option<Owned> {
        let CacheLoad { stored, .. } = self.shared.cache.load(target, set).await;
        self.reopened(target, set, stored.as_ref(), Freshness::Stale)
    }

    /// Opens the content of a Binary that was reached.
    pub(crate) async fn open(
        &self,
        target: RecordTarget,
        upstream_id: &str,
        context: &LoadContext,
    ) -> Result<Option<Content>, SourceError> {
        let request = ContentRequest {
            target,
            id: upstream_id.into(),
            context: context.call.clone(),
        };
        self.shared.sources.open(&request).await
    }

    /// Records of a set that is nobody's, by their ids. Nothing of it is cached.
    pub(crate) async fn load_reached(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        upstream_ids: Vec<Box<str>>,
        context: &LoadContext,
    ) -> Fetch {
        self.shared.fetch(target, set, upstream_ids, context).await
    }

    /// One record of a set. A cached set answers for absence too, so that nobody can tell from the
    /// calls to the source what is withheld.
    pub(crate) async fn load_one(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        upstream_id: &str,
        context: &LoadContext,
    ) -> Fetch {
        let CacheLoad { stored, .. } = self.shared.cache.load(target, set).await;
        if let Some(owned) = self.reopened(target, set, stored.as_ref(), Freshness::Cached) {
            return Ok(owned);
        }
        let fetched = self
            .shared
            .fetch(target, set, vec![upstream_id.into()], context)
            .await;
        match fetched {
            Ok(owned) => Ok(owned),
            Err(error) => self.stale(target, set).await.ok_or(error),
        }
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
            Freshness::Fresh | Freshness::Cached => set.fresh_for(),
            Freshness::Stale => set.stale_for(),
        };
        let age = self.shared.clock.now().duration_since(stored.as_of);
        // A set from the future was stored by a pod whose clock runs ahead: not known to be fresh.
        let young = age >= SignedDuration::from_secs(-2) && age <= within;
        young.then(|| Owned::reopen(target, set, Arc::clone(stored), freshness))?
    }
}

impl LoaderParts {
    async fn fetch_whole(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        context: &LoadContext,
        generation: Option<Generation>,
    ) -> Fetch {
        let owned = self.fetch(target, set, Vec::new(), context).await?;
        if let Some(generation) = generation {
            self.cache.store(target, owned.stored(), generation).await;
        }
        Ok(owned)
    }

    async fn fetch(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        ids: Vec<Box<str>>,
        context: &LoadContext,
    ) -> Fetch {
        let request = SourceRequest {
            target: target.clone(),
            set,
            ids,
            context: context.call.clone(),
        };
        let fetched = self.sources.fetch(&request).await?;
        let book = self.rules.book(target.tenant());
        let base_url = self.rules.base_url(set.source(), target.tenant());
        let origin = Origin {
            book: &book,
            base: self.rules.base(set.source()),
            base_url: &base_url,
            public_url: self.rules.public_url(),
            zone: &context.zone,
        };
        let (owned, drops) = Owned::claim(target, set, fetched, &origin);
        count(set, drops);
        Ok(owned)
    }
}

/// What was dropped is counted by source; an entry of someone else's is also an alert.
fn count(set: RecordSet, drops: Drops) {
    let upstream = set.source().as_str();
    let reasons = [
        ("copy", drops.copies),
        ("unreadable", drops.unreadable),
        ("unaddressable", drops.unaddressable),
        ("duplicate", drops.duplicates),
    ];
    for (reason, dropped) in reasons.into_iter().filter(|(_, dropped)| *dropped > 0) {
        counter!("portal_dropped_entries_total", "upstream" => upstream, "reason" => reason)
            .increment(dropped as u64);
    }
    if drops.foreign > 0 {
        counter!("portal_compartment_violations_total", "upstream" => upstream)
            .increment(drops.foreign as u64);
        tracing::error!(upstream, count = drops.foreign, "compartment.violated");
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
