//! By which id a source knows a patient: found by an identifier that both registration's record and
//! the source's carry, kept, and found out anew from time to time.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::counter;
use moka::Expiry;
use moka::future::Cache;
use portal_domain::access::RecordTarget;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::patient_link::{Matched, identifying_value, matched};
use portal_domain::source::{RecordSet, Source};

use crate::ports::{
    Clock, LinkPlace, PatientLink, PatientLinks, PatientQuery, SourceError, StoreError,
};

use super::load::{LoadContext, Loader};
use super::rules::RecordRules;

const REMEMBERED: u64 = 100_000;
/// How long a pod remembers a link: no longer than other facts about people.
const KNOWN_FOR: Duration = Duration::from_secs(5);
/// How long it remembers that there is none.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);
/// From this age on a link is found out anew: a source may have corrected whose the id is.
const VERIFIED_FOR: SignedDuration = SignedDuration::from_hours(1);
/// For how long an older link is used while nobody can say whether it still holds.
const USED_FOR: SignedDuration = SignedDuration::from_hours(24);

type Key = (LinkPlace, PatientId);

/// Whom sources know by which id. Cheap to clone.
#[derive(Clone)]
pub struct PatientNames {
    links: Arc<dyn PatientLinks>,
    rules: Arc<RecordRules>,
    clock: Arc<dyn Clock>,
    known: Cache<Key, Option<PatientId>>,
}

struct ByAnswer;

impl Expiry<Key, Option<PatientId>> for ByAnswer {
    fn expire_after_create(
        &self,
        _: &Key,
        known: &Option<PatientId>,
        _: std::time::Instant,
    ) -> Option<Duration> {
        Some(known.as_ref().map_or(UNKNOWN_FOR, |_| KNOWN_FOR))
    }
}

impl PatientNames {
    /// Over what is kept of links.
    pub fn new(
        links: Arc<dyn PatientLinks>,
        rules: Arc<RecordRules>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let known = Cache::builder().max_capacity(REMEMBERED);
        Self {
            links,
            rules,
            clock,
            known: known.expire_after(ByAnswer).build(),
        }
    }

    /// The patient whom a source means by an id of its own; none for whom it was never asked.
    pub async fn patient_of(
        &self,
        tenant: &TenantId,
        source: Source,
        named: &PatientId,
    ) -> Result<Option<PatientId>, StoreError> {
        match self.rules.link_place(source, tenant) {
            None => Ok(Some(named.clone())),
            Some(place) => self.links.patient_of(&place, named).await,
        }
    }

    /// A target by the id that a source knows its patient by; none for a patient whom it does not
    /// know.
    pub(super) async fn at_source(
        &self,
        (target, set): (&RecordTarget, RecordSet),
        loader: &Loader,
        context: &LoadContext,
    ) -> Result<Option<RecordTarget>, SourceError> {
        let place = self.rules.link_place(set.source(), target.tenant());
        // Directory data is nobody's: no patient is named to ask for it.
        let is_named = !set.resource_type().is_directory();
        let Some(place) = place.filter(|_| is_named) else {
            return Ok(Some(target.clone()));
        };
        let key = (place, target.patient().clone());
        let finding = self.find(&key, (target, set), loader, context);
        let known = self.known.try_get_with(key.clone(), finding).await;
        let known = known.map_err(|error| *error)?;
        Ok(known.map(|at_source| target.known_as(at_source)))
    }

    async fn find(
        &self,
        (place, patient): &Key,
        asked: (&RecordTarget, RecordSet),
        loader: &Loader,
        context: &LoadContext,
    ) -> Result<Option<PatientId>, SourceError> {
        let kept = self.links.find(place, patient).await.map_err(missing)?;
        let now = self.clock.now();
        let age = |link: &PatientLink| now.duration_since(link.verified_at);
        if let Some(link) = kept.as_ref().filter(|link| age(link) < VERIFIED_FOR) {
            return Ok(Some(link.at_source.clone()));
        }
        let named = self.ask(place, asked, loader, context).await;
        match (named, kept) {
            (Ok(Some(at_source)), _) => self.keep(place, patient, at_source).await,
            (Ok(None), Some(_)) => {
                let forgotten = self.links.forget(place, patient).await;
                forgotten.map(|()| None).map_err(missing)
            }
            (Ok(None), None) => Ok(None),
            (Err(_), Some(link)) if age(&link) < USED_FOR => Ok(Some(link.at_source)),
            (Err(error), _) => Err(error),
        }
    }

    /// Whom the source names as the carrier of what registration's record carries.
    async fn ask(
        &self,
        place: &LinkPlace,
        (target, set): (&RecordTarget, RecordSet),
        loader: &Loader,
        context: &LoadContext,
    ) -> Result<Option<PatientId>, SourceError> {
        let own = target.of_patient();
        let registered = Box::pin(loader.load(&own, RecordSet::Patient, context)).await?;
        let Some(value) = identifying_value(&registered, &place.system) else {
            return Ok(None);
        };
        let query = PatientQuery {
            target: own,
            source: set.source(),
            system: place.system.clone(),
            value,
            context: context.call.clone(),
        };
        let answer = loader.sources().patients(&query).await?;
        let upstream = set.source().as_str();
        Ok(match matched(&answer, &query.system, &query.value) {
            Matched::One(at_source) => Some(at_source),
            Matched::NotOne => None,
            Matched::Unasked => {
                counter!("portal_compartment_violations_total", "upstream" => upstream)
                    .increment(1);
                tracing::error!(upstream, "patient_link.foreign_patient");
                None
            }
        })
    }

    async fn keep(
        &self,
        place: &LinkPlace,
        patient: &PatientId,
        at_source: PatientId,
    ) -> Result<Option<PatientId>, SourceError> {
        let link = PatientLink {
            at_source,
            verified_at: self.clock.now(),
        };
        let kept = self.links.keep(place, patient, &link).await;
        if kept.map_err(missing)? {
            return Ok(Some(link.at_source));
        }
        // Two records of one person at registration, or one number given twice: whose the records
        // are is not for us to say.
        counter!("portal_patient_links_contested_total").increment(1);
        tracing::error!("patient_link.contested");
        self.links.forget(place, patient).await.map_err(missing)?;
        Ok(None)
    }
}

/// Without the store nobody knows whom to ask for.
fn missing(_: StoreError) -> SourceError {
    SourceError::Unavailable
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
