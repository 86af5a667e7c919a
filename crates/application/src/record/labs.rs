//! Laboratory results, as the portal's own clients show them: grouped by report, with a trend.

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Group, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Handling, Header, Query, ResourceType, Sort, SortKey, When, sort_key};
use serde::{Deserialize, Serialize};

use crate::answer::{Completeness, LabItem, Withheld};
use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::paging::{Page, binding, page};
use super::read::places;
use super::search::{matching, missing};
use super::summary::trend_key;

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const REPORTS: RecordSet = RecordSet::LaboratoryReports;

/// `GET /v1/portal/results/labs`
pub(crate) struct Labs<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about a page of results.
pub(crate) struct LabsAbout {
    pub(crate) items: Vec<LabItem>,
    pub(crate) next: Option<String>,
    pub(crate) withheld: Withheld,
    pub(crate) completeness: Completeness,
}

/// `GET /v1/portal/results/labs/{id}`
pub(crate) struct Lab<'a> {
    pub(crate) id: &'a str,
    pub(crate) raw: &'a [(String, String)],
}

/// Groups stand together, the newest first; a result that no report names is a group of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct LabKey {
    group_date: Reverse<Option<Timestamp>>,
    group: String,
    result: SortKey,
}

struct Panelled {
    record: ReleasedRecord,
    panel: Option<ReleasedRecord>,
}

#[async_trait]
impl Look for Labs<'_> {
    type About = LabsAbout;

    fn action(&self) -> Action {
        operation::LIST_LAB_RESULTS
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<LabsAbout>, AccessError> {
        let zone = &grant.tenant().time_zone;
        let known = ["code", "category", "from", "to", "limit", "cursor"];
        let parameters = Parameters::read(self.raw, &known)?;
        let (range, limit) = (parameters.range(zone)?, parameters.limit()?);
        let query = tokens(&parameters)?;
        let binding = binding(grant, &parameters.fingerprint());
        let after: Option<LabKey> = portal.unseal(&binding, parameters.get("cursor"))?;

        let mut reading = Reading::new(&portal.loader, grant, caller);
        let sets = sets(grant);
        reading.load(&sets).await;
        missing(&reading, &[RESULTS])?;
        let results = matching(&reading, &[RESULTS], Sort::default(), zone, |header| {
            query.matches(header, zone) && range.holds(header, zone)
        });
        let mut results = with_panels(results, &reports(&reading, zone));
        let key = |result: &Panelled| lab_key(result, zone);
        results.sort_by_cached_key(key);
        let Page { items, next } = page(results, after.as_ref(), limit, key);
        let completeness = reading.completeness(&sets);
        let filtered = parameters
            .get("code")
            .or(parameters.get("category"))
            .is_some();
        // A filter on codes would tell what kind of result is held.
        let said_of = (!filtered).then_some(RESULTS);
        let withheld = reading.said_of_withheld(said_of, |header| range.holds(header, zone));
        let (answer, items) = shown(&mut reading, items).await;
        let next = next.map(|key| portal.seal(&binding, &key));
        Ok(Seen {
            answer,
            about: LabsAbout {
                items,
                next,
                withheld,
                completeness,
            },
        })
    }
}

#[async_trait]
impl Look for Lab<'_> {
    type About = Completeness;

    fn action(&self) -> Action {
        operation::GET_LAB_RESULT
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<Completeness>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let rules = portal.loader.rules();
        places(rules, grant, ResourceType::Observation, self.id)
            .filter(|(sets, _)| sets.contains(&RESULTS))
            .ok_or(AccessError::NotFound)?;
        let zone = &grant.tenant().time_zone;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let sets = sets(grant);
        reading.load(&sets).await;
        missing(&reading, &[RESULTS])?;
        let all = matching(&reading, &[RESULTS], Sort::default(), zone, |_| true);
        let result = all
            .iter()
            .find(|record| &*record.header().id == self.id)
            .cloned()
            .ok_or(AccessError::NotFound)?;
        let trend = trend(all, result.header());
        let panel = panel_of(&result, &reports(&reading, zone));
        let completeness = reading.completeness(&sets);
        let groups = vec![
            Group {
                name: "result",
                records: reading.masked(vec![result]).await,
            },
            Group {
                name: "panels",
                records: reading.masked(panel.into_iter().collect()).await,
            },
            Group {
                name: "trend",
                records: reading.masked(trend).await,
            },
        ];
        Ok(Seen {
            answer: Answer::new(groups),
            about: completeness,
        })
    }
}

/// Reports name panels only for those who may read reports.
fn sets(grant: &PatientGrant) -> Vec<RecordSet> {
    let reports = grant.read(ResourceType::DiagnosticReport).map(|_| REPORTS);
    std::iter::once(RESULTS).chain(reports).collect()
}

/// What `code` and `category` ask for.
pub(super) fn tokens(parameters: &Parameters<'_>) -> Result<Query, AccessError> {
    let raw: Vec<(String, String)> = ["code", "category"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), parameters.get(name)?.to_owned())))
        .collect();
    Ok(Query::parse(
        ResourceType::Observation,
        &raw,
        Handling::Strict,
    )?)
}

fn reports(reading: &Reading<'_>, zone: &TimeZone) -> HashMap<String, ReleasedRecord> {
    let mut by_result = HashMap::new();
    for report in matching(reading, &[REPORTS], Sort::default(), zone, |_| true) {
        let results: Vec<String> = report
            .header()
            .references
            .iter()
            .filter_map(|reference| reference.target.strip_prefix("Observation/"))
            .map(str::to_owned)
            .collect();
        // Newest first: a result of several reports stands with the newest.
        for result in results {
            by_result.entry(result).or_insert_with(|| report.clone());
        }
    }
    by_result
}

fn panel_of(
    result: &ReleasedRecord,
    reports: &HashMap<String, ReleasedRecord>,
) -> Option<ReleasedRecord> {
    reports.get(&*result.header().id).cloned()
}

fn with_panels(
    results: Vec<ReleasedRecord>,
    reports: &HashMap<String, ReleasedRecord>,
) -> Vec<Panelled> {
    results
        .into_iter()
        .map(|record| Panelled {
            panel: panel_of(&record, reports),
            record,
        })
        .collect()
}

fn lab_key(result: &Panelled, zone: &TimeZone) -> LabKey {
    let group = result.panel.as_ref().unwrap_or(&result.record).header();
    LabKey {
        group_date: Reverse(start(group, zone)),
        group: group.id.to_string(),
        result: sort_key(result.record.header(), Sort::default(), zone),
    }
}

fn start(header: &Header, zone: &TimeZone) -> Option<Timestamp> {
    match header.date.as_ref()? {
        When::Date(date) => date.interval(zone).start,
        When::Period(period) => period.start.as_ref()?.interval(zone).start,
        When::Unreadable => None,
    }
}

fn trend(all: Vec<ReleasedRecord>, of: &Header) -> Vec<ReleasedRecord> {
    let key = trend_key(of);
    let same = |record: &ReleasedRecord| match &key {
        Some(key) => trend_key(record.header()).as_ref() == Some(key),
        None => record.header().id == of.id,
    };
    all.into_iter().rev().filter(same).collect()
}

async fn shown(reading: &mut Reading<'_>, page: Vec<Panelled>) -> (Answer, Vec<LabItem>) {
    let items = page
        .iter()
        .map(|item| LabItem {
            panel: item
                .panel
                .as_ref()
                .map(|panel| panel.header().id.to_string()),
        })
        .collect();
    let mut results = Vec::with_capacity(page.len());
    let mut panels: Vec<ReleasedRecord> = Vec::new();
    for Panelled { record, panel } in page {
        results.push(record);
        let known = |panel: &ReleasedRecord| {
            panels
                .iter()
                .any(|known| known.header().id == panel.header().id)
        };
        if let Some(panel) = panel.filter(|panel| !known(panel)) {
            panels.push(panel);
        }
    }
    let groups = vec![
        Group {
            name: "results",
            records: reading.masked(results).await,
        },
        Group {
            name: "panels",
            records: reading.masked(panels).await,
        },
    ];
    (Answer::new(groups), items)
}
