//! What calendars say, remembered for a while by tenant and query. It is about nobody, so that one
//! answer is good for every patient of the tenant.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;

use crate::answer::SourceStatus;
use crate::ports::{FoundSlots, SlotQuery, SourceError};

use super::load::{LoadContext, Loader};
use super::rules::SOURCE_BUDGET;

/// How long an answer of a calendar is good (specification 04, "Cache"). None stands in for one
/// that is down: an old time is no time.
const KEPT_FOR: Duration = Duration::from_mins(5);
/// Open times in memory, of all tenants together.
const KEPT_SLOTS: u64 = 200_000;
/// The answers of calendars that this pod remembers.
pub(crate) struct Calendars {
    known: Cache<SlotQuery, Arc<FoundSlots>>,
}

impl Calendars {
    pub(crate) fn new() -> Self {
        let weight = |_: &SlotQuery, found: &Arc<FoundSlots>| {
            u32::try_from(found.slots.len()).unwrap_or(u32::MAX).max(1)
        };
        let known = Cache::builder()
            .max_capacity(KEPT_SLOTS)
            .weigher(weight)
            .time_to_live(KEPT_FOR)
            .build();
        Self { known }
    }

    /// The open times of a query, and whether they were asked for just now.
    pub(super) async fn of(
        &self,
        query: &SlotQuery,
        loader: &Loader,
        context: &LoadContext,
        now: Timestamp,
    ) -> Result<(Arc<FoundSlots>, SourceStatus), SourceError> {
        if let Some(found) = self.known.get(query).await {
            let age = now.duration_since(found.as_of);
            let kept_for = SignedDuration::try_from(KEPT_FOR).unwrap_or_default();
            if (SignedDuration::ZERO..kept_for).contains(&age) {
                return Ok((found, SourceStatus::Cached));
            }
        }
        let found = Arc::new(loader.slots(query, context).await?);
        self.known.insert(query.clone(), Arc::clone(&found)).await;
        Ok((found, SourceStatus::Fresh))
    }
}

impl Loader {
    /// The open times of a query, within one source's share of the request.
    async fn slots(
        &self,
        query: &SlotQuery,
        context: &LoadContext,
    ) -> Result<FoundSlots, SourceError> {
        let mut call = context.call.clone();
        call.deadline = call.deadline.min(Instant::now() + SOURCE_BUDGET);
        self.sources().slots(query, &call).await
    }
}
