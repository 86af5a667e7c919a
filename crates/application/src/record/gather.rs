//! One fetch: asked of the source, claimed for the patient, stored.

use std::sync::Arc;

use jiff::tz::TimeZone;
use metrics::counter;
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::{Drops, Fetched, Origin, Owned};
use portal_domain::source::RecordSet;

use crate::large::work_on;
use crate::ports::{Clock, Generation, RecordCache, SourceError, SourceRequest, Sources};

use super::RecordRules;
use super::load::{Fetches, LoadContext};

/// What fetches run on, which outlast the requests that began them.
pub(super) struct LoaderParts {
    pub(super) sources: Arc<dyn Sources>,
    pub(super) cache: Arc<dyn RecordCache>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rules: Arc<RecordRules>,
}

impl LoaderParts {
    /// Whole sets of one base and type, stored under the generations that they had before.
    pub(super) async fn fetch_whole(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        context: &LoadContext,
        generations: &[Option<Generation>],
    ) -> Fetches {
        let all = self.fetch(target, sets, Vec::new(), context).await?;
        for (owned, generation) in all.iter().zip(generations) {
            if let Some(generation) = *generation {
                self.cache.store(target, owned.stored(), generation).await;
            }
        }
        Ok(all)
    }

    /// Sets of one base and type, by one question.
    pub(super) async fn fetch(
        &self,
        target: &RecordTarget,
        sets: &[RecordSet],
        ids: Vec<Box<str>>,
        context: &LoadContext,
    ) -> Fetches {
        let first = *sets.first().ok_or(SourceError::Invalid)?;
        let request = SourceRequest {
            target: target.clone(),
            set: first,
            category: self.rules.asked_category(first),
            ids,
            context: context.call.clone(),
        };
        let fetched = self.sources.fetch(&request).await?;
        let base = self.rules.base(first.source());
        let base = base.ok_or(SourceError::Invalid)?;
        let rules = Arc::clone(&self.rules);
        let (sets, zone) = (sets.to_vec(), context.zone.clone());
        let bytes = fetched.bytes();
        let claim = move || claim(&rules, (&request.target, &sets), (fetched, base), &zone);
        work_on(bytes, claim).await.ok_or(SourceError::Invalid)
    }
}

/// What of an answer is this patient's, for each of the sets that it was asked for.
fn claim(
    rules: &RecordRules,
    (target, sets): (&RecordTarget, &[RecordSet]),
    (fetched, base): (Fetched, usize),
    zone: &TimeZone,
) -> Arc<[Owned]> {
    let book = rules.book(target.tenant());
    let claimed = fetched.among(sets).into_iter().map(|(set, fetched)| {
        let base_url = rules.base_url(set.source(), target.tenant());
        let origin = Origin {
            book: &book,
            base,
            base_url: &base_url,
            public_url: rules.public_url(),
            zone,
        };
        let (owned, drops) = Owned::claim(target, set, fetched, &origin);
        count(set, drops);
        owned
    });
    claimed.collect()
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
