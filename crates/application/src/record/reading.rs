//! What one request has loaded: each set once, judged once.

use std::collections::BTreeMap;

use futures::future::join_all;
use metrics::counter;
use portal_domain::access::PatientGrant;
use portal_domain::disclosure::{Freshness, Owned, Released, ReleasedRecord, is_reached};
use portal_domain::release::{Masks, Until, Verdicts};
use portal_domain::source::{RecordSet, Source};
use portal_fhir::{Header, ResourceType};

use crate::answer::{Completeness, HeldBack, SourceReport, SourceStatus, Withheld};
use crate::caller::Caller;
use crate::ports::{Content, LogWindow, SourceError};

use super::RecordRules;
use super::held;
use super::load::{LoadContext, Loader};

type Loaded = Result<Owned, SourceError>;

/// The sets of one request, under its grant.
pub(crate) struct Reading<'g> {
    loader: &'g Loader,
    grant: &'g PatientGrant,
    context: LoadContext,
    window: LogWindow,
    loaded: BTreeMap<RecordSet, Loaded>,
    // Apart from the whole sets, because references cannot be judged by a part of one.
    parts: BTreeMap<RecordSet, Loaded>,
}

impl<'g> Reading<'g> {
    pub(crate) fn new(loader: &'g Loader, grant: &'g PatientGrant, caller: &Caller) -> Self {
        let context = LoadContext::new(grant.tenant(), caller);
        Self {
            loader,
            grant,
            context,
            window: LogWindow::default(),
            loaded: BTreeMap::new(),
            parts: BTreeMap::new(),
        }
    }

    /// Shows of the log what is in a window, from now on.
    pub(crate) fn look_at(&mut self, window: LogWindow) {
        self.window = window;
        self.loaded.remove(&RecordSet::AuditEvents);
    }

    /// Whether the log holds more than what was looked at.
    pub(crate) fn log_goes_on(&self) -> bool {
        let loaded = self.loaded(RecordSet::AuditEvents);
        let log = loaded.and_then(|loaded| loaded.as_ref().ok());
        log.is_some_and(|log| log.headers().count() >= self.window.limit)
    }

    pub(crate) fn rules(&self) -> &'g RecordRules {
        self.loader.rules()
    }

    pub(crate) const fn grant(&self) -> &'g PatientGrant {
        self.grant
    }

    /// Loads the sets that are not there yet, at once. Reports bring their results along, because
    /// they are judged together.
    pub(crate) async fn load(&mut self, wanted: &[RecordSet]) {
        let mut missing: Vec<RecordSet> = wanted
            .iter()
            .flat_map(|set| self.needed_to_judge(*set))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|set| !self.loaded.contains_key(set));
        self.load_held(&missing).await;
        missing.retain(|set| !set.is_of_portal());
        let (loader, grant, context) = (self.loader, self.grant, &self.context);
        // Those that are read together follow each other: sets of a type do.
        let same_read =
            |one: &RecordSet, other: &RecordSet| loader.rules().read_together(*one).contains(other);
        let loads = missing.chunk_by(same_read).filter_map(|sets| {
            let target = grant.inspect(sets.first()?.resource_type())?.target();
            Some(async move { loader.load_all(&target, sets, context).await })
        });
        let sets = join_all(loads).await;
        self.loaded.extend(sets.into_iter().flatten());
    }

    async fn load_held(&mut self, sets: &[RecordSet]) {
        for set in sets.iter().filter(|set| set.is_of_portal()) {
            let loading = self.loader.load_held(self.grant, *set, &self.window);
            let held = loading.await;
            self.loaded.insert(*set, held);
        }
    }

    /// Loads one record that may be in any of the sets, which are of one base and type, together
    /// with what is needed to judge it.
    pub(crate) async fn load_one(&mut self, sets: &[RecordSet], upstream_id: &str) {
        let Some(first) = sets.first() else {
            return;
        };
        if first.is_of_portal() {
            self.look_at(held::of_id(upstream_id));
            return self.load(sets).await;
        }
        if !first.is_of_patient() {
            return self.load_reached(*first, vec![upstream_id.into()]).await;
        }
        let Some(permit) = self.grant.inspect(first.resource_type()) else {
            return;
        };
        let target = permit.target();
        let needed = sets.iter().flat_map(|set| self.needed_to_judge(*set));
        let results: Vec<_> = needed.filter(|needed| !sets.contains(needed)).collect();
        let (loader, context) = (self.loader, self.context.clone());
        let parts = loader.load_one(&target, sets, upstream_id, &context);
        let (parts, ()) = futures::join!(parts, self.load(&results));
        self.parts = parts.into_iter().collect();
    }

    /// Loads records of a set that is nobody's, by their ids at its source.
    pub(crate) async fn load_reached(&mut self, set: RecordSet, upstream_ids: Vec<Box<str>>) {
        let Some(permit) = self.grant.inspect(set.resource_type()) else {
            return;
        };
        let target = permit.target();
        let loading = self
            .loader
            .load_reached(&target, set, upstream_ids, &self.context);
        self.loaded.insert(set, loading.await);
    }

    /// Opens the content of a Binary, by its id at its source.
    pub(crate) async fn open(&self, upstream_id: &str) -> Result<Option<Content>, SourceError> {
        let permit = self.grant.inspect(ResourceType::Binary);
        let Some(permit) = permit else {
            return Ok(None);
        };
        let target = permit.target();
        self.loader.open(target, upstream_id, &self.context).await
    }

    /// The ids at a set's source of those ids here that are of it.
    pub(crate) fn at_source(&self, set: RecordSet, ids: &[&str]) -> Vec<Box<str>> {
        let rules = self.loader.rules();
        ids.iter()
            .filter_map(|id| rules.id_at(set.source(), id).map(Box::from))
            .collect()
    }

    /// Whether something visible of loaded sets refers to an address by an element.
    pub(crate) fn reaches(&self, sets: &[RecordSet], element: &str, address: &str) -> bool {
        let mut loaded = sets
            .iter()
            .filter_map(|set| self.loaded(*set)?.as_ref().ok());
        loaded.any(|owned| {
            let verdicts = self.verdicts(owned);
            is_reached(self.grant, (owned, &verdicts), element, address)
        })
    }

    /// Why a set is missing, if it is. One that cannot be judged is as good as missing.
    pub(crate) fn error(&self, set: RecordSet) -> Option<SourceError> {
        self.needed_to_judge(set)
            .filter_map(|needed| self.loaded(needed))
            .find_map(|loaded| loaded.as_ref().err())
            .copied()
    }

    fn loaded(&self, set: RecordSet) -> Option<&Loaded> {
        self.parts.get(&set).or_else(|| self.loaded.get(&set))
    }

    /// The visible part of a loaded set, if the token's scopes cover its type.
    pub(crate) fn released(&self, set: RecordSet) -> Option<Released> {
        let permit = self.grant.read(set.resource_type())?;
        let owned = self.loaded(set)?.as_ref().ok()?;
        let verdicts = self.verdicts(owned);
        for reason in verdicts.reasons() {
            counter!("portal_withheld_total", "reason" => reason.as_str()).increment(1);
        }
        Released::filter(&permit, owned.clone(), &verdicts)
    }

    /// The sets without which a set cannot be judged, itself included: a report with the results
    /// that it may name. The laboratory's names the laboratory's; on a base that sources share a
    /// report may name results of each.
    fn needed_to_judge(&self, set: RecordSet) -> impl Iterator<Item = RecordSet> + use<> {
        let rules = self.loader.rules();
        let base = rules.base(set.source());
        let is_report = set.resource_type() == ResourceType::DiagnosticReport;
        let results = RecordSet::of_type(ResourceType::Observation)
            .filter(move |_| is_report)
            .filter(|results| rules.base(results.source()) == base)
            .collect::<Vec<_>>();
        std::iter::once(set).chain(results)
    }

    fn verdicts(&self, owned: &Owned) -> Verdicts {
        let source = owned.set().source();
        let judge = self
            .grant
            .judge(self.loader.rules().release(source), source);
        if owned.set().resource_type() != ResourceType::DiagnosticReport {
            return Verdicts::of(owned, &judge);
        }
        let results: Vec<Verdicts> = self
            .needed_to_judge(owned.set())
            .filter(|set| *set != owned.set())
            .filter_map(|set| self.loaded.get(&set)?.as_ref().ok())
            .map(|owned| self.verdicts(owned))
            .collect();
        Verdicts::of_reports(owned, &results, &judge)
    }

    /// What holds of the tenant's policy keep back of a set, among what a filter lets through;
    /// for those alone who are to hear of it.
    fn withheld(&self, set: RecordSet, filter: impl Fn(&Header) -> bool) -> Option<HeldBack> {
        let permit = self.grant.read(set.resource_type())?;
        let owned = self.loaded(set)?.as_ref().ok()?;
        if !self.grant.hears_of_holds() {
            return None;
        }
        let holds = self.verdicts(owned).holds(&permit, filter);
        let policy = &self.grant.tenant().config.release_policy;
        let (until, rule) = holds.next?;
        Some(HeldBack {
            reason_key: policy.reason_key(rule)?.to_owned(),
            available_from: match until {
                Until::Moment(moment) => Some(moment),
                Until::Reviewed => None,
            },
            count: policy.says_count.then_some(holds.count),
        })
    }

    /// What a list says of what it does not hold: to a proxy always the same, to the patient what
    /// is held back of a set, if the list may tell of one.
    pub(crate) fn said_of_withheld(
        &self,
        set: Option<RecordSet>,
        filter: impl Fn(&Header) -> bool,
    ) -> Withheld {
        if self.grant.proxy().is_some() {
            return Withheld::MayBeIncomplete;
        }
        let held = set.and_then(|set| self.withheld(set, filter));
        held.map_or(Withheld::Unsaid, Withheld::Held)
    }

    /// Masks what the records refer to and the caller may not see. Which sets are loaded for it
    /// depends on visible records only, so that nobody can tell from the calls what is withheld.
    pub(crate) async fn masked(&mut self, records: Vec<ReleasedRecord>) -> Vec<ReleasedRecord> {
        let types = referenced_types(&records);
        if types.is_empty() {
            return records;
        }
        let sets: Vec<RecordSet> = types
            .into_iter()
            .flat_map(RecordSet::of_type)
            .filter(|set| set.is_of_patient())
            .collect();
        self.load(&sets).await;
        let mut masks = Masks::default();
        for set in sets {
            match self.loaded.get(&set) {
                Some(Ok(owned)) => masks.add(self.verdicts(owned)),
                Some(Err(_)) | None => masks.add_unjudged(set.resource_type()),
            }
        }
        records
            .into_iter()
            .map(|record| record.masked(&masks))
            .collect()
    }

    /// What the answer is made of: a line a source, the worst of its sets.
    pub(crate) fn completeness(&self, sets: &[RecordSet]) -> Completeness {
        let mut reports: BTreeMap<Source, SourceReport> = BTreeMap::new();
        let mut incomplete = false;
        for set in sets.iter().flat_map(|set| self.needed_to_judge(*set)) {
            if !self.grant.entitles(set.source()) {
                let report = SourceReport::not_entitled(set.source());
                reports.insert(set.source(), report);
                continue;
            }
            let Some(loaded) = self.loaded(set) else {
                continue;
            };
            incomplete |= loaded.as_ref().is_ok_and(Owned::is_incomplete);
            let retry_after = self.loader.retry_after(self.rules().asked_source(set));
            let report = report(set.source(), loaded, retry_after);
            reports
                .entry(set.source())
                .and_modify(|worst| worst.merge(&report))
                .or_insert(report);
        }
        Completeness {
            sources: reports.into_values().collect(),
            incomplete,
        }
    }
}

fn referenced_types(records: &[ReleasedRecord]) -> Vec<ResourceType> {
    let mut types: Vec<ResourceType> = records
        .iter()
        .flat_map(|record| &record.header().references)
        .filter_map(|reference| reference.target.split_once('/'))
        .filter_map(|(name, _)| ResourceType::parse(name))
        // The patient's own record is never withheld from them.
        .filter(|resource_type| *resource_type != ResourceType::Patient)
        .collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn report(source: Source, loaded: &Loaded, retry_after: u32) -> SourceReport {
    match loaded {
        Ok(owned) => SourceReport {
            source,
            status: match owned.freshness() {
                Freshness::Fresh => SourceStatus::Fresh,
                Freshness::Cached => SourceStatus::Cached,
                Freshness::Stale => SourceStatus::Stale,
                Freshness::NotLinked => SourceStatus::NotLinked,
            },
            as_of: (owned.freshness() != Freshness::NotLinked).then(|| owned.as_of()),
            retry_after: (owned.freshness() == Freshness::Stale).then_some(retry_after),
        },
        Err(_) => SourceReport::missing(source, retry_after),
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
