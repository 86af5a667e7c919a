//! A FHIR search: a filter over the sets of one type.

use async_trait::async_trait;
use jiff::tz::TimeZone;
use portal_domain::access::{Action, Denial, PatientGrant};
use portal_domain::disclosure::{Answer, Group, Released, ReleasedRecord};
use portal_domain::id::PatientId;
use portal_domain::source::RecordSet;
use portal_fhir::{Handling, Header, Query, ResourceType, Sort, SortKey, Token, sort_key};

use crate::answer::Completeness;
use crate::caller::Caller;
use crate::error::AccessError;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::held;
use super::matches::{Matches, Order};
use super::paging::{Page, binding};
use super::provenance::{about_what_is_shown, provenance_of};
use super::reach::{INCLUDED, included};

/// The parameter that carries the sealed cursor of a `next` link.
pub(crate) const CURSOR: &str = "_cursor";

/// `GET /fhir/R4/{type}`
pub(crate) struct Search<'a> {
    pub(crate) resource_type: ResourceType,
    pub(crate) raw: &'a [(String, String)],
    pub(crate) handling: Handling,
}

/// What is said about a page.
pub(crate) struct PageAbout {
    pub(crate) total: Option<usize>,
    pub(crate) next: Option<String>,
    pub(crate) applied: Vec<(String, String)>,
    pub(crate) elements: Option<Vec<String>>,
    pub(crate) summary_count: bool,
    pub(crate) completeness: Completeness,
}

/// The visible records of some sets that pass a filter, in order.
pub(crate) fn matching(
    reading: &Reading<'_>,
    sets: &[RecordSet],
    sort: Sort,
    zone: &TimeZone,
    matches: impl Fn(&Header) -> bool,
) -> Vec<ReleasedRecord> {
    let matches = |set: &mut Released| set.retain(&matches);
    Matches::of(reading, sets, (sort, zone), matches).into_records()
}

#[async_trait]
impl Look for Search<'_> {
    type About = PageAbout;

    fn action(&self) -> Action {
        operation::fhir_search(self.resource_type)
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<PageAbout>, AccessError> {
        let (cursor, raw) = split_cursor(self.raw)?;
        let query = Query::parse(self.resource_type, &raw, self.handling)?;
        check_patients(portal, grant, &query)?;
        let applied = query.applied().to_vec();
        let binding = binding(grant, &fingerprint(&applied));
        let after: Option<SortKey> = portal.unseal(&binding, cursor)?;

        let zone = &grant.tenant().time_zone;
        let sets = sets(&query);
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let order = (query.sort(), zone);
        let of_log = self.resource_type == ResourceType::AuditEvent;
        if of_log {
            reading.look_at(held::of_search(&query, after.as_ref(), zone));
        }
        reading.load(&sets).await;
        let cut = reading.log_goes_on();
        // Behind the first page of the log nothing is counted.
        let is_further = after.is_some() && of_log;
        let matches = Matches::of(&reading, &sets, order, |set| {
            set.retain(|header| query.matches(header, zone));
        });
        let missing = missing(&reading, &sets)?;
        let (matches, mut asked) = about_what_is_shown(&mut reading, matches).await;
        let missing = missing.or_else(|| asked.iter().find_map(|set| reading.error(*set)));
        asked.extend(&sets);
        let total = matches.len();
        if let (true, Some(error)) = (query.summary_count(), missing) {
            return Err(error.into());
        }
        let limit = if query.summary_count() {
            0
        } else {
            query.count()
        };
        let Page { items, next } = matches.page(after.as_ref(), limit, order);
        let goes_on = cut && limit > 0;
        let next = match next {
            None if goes_on => end_of_log(&reading, order),
            next => next,
        };
        let items = reading.masked(items).await;
        let (mut brought, more) = included(&mut reading, query.includes(), &items).await;
        asked.extend(more);
        if query.brings_provenance() {
            let (provenance, more) = provenance_of(&mut reading, &items).await;
            brought.extend(provenance);
            asked.extend(more);
        }
        let mut completeness = reading.completeness(&asked);
        completeness.incomplete |= goes_on && !is_further;
        Ok(Seen {
            answer: Answer::new(vec![
                Group {
                    name: "",
                    records: items,
                },
                Group {
                    name: INCLUDED,
                    records: brought,
                },
            ]),
            about: PageAbout {
                total: Some(total).filter(|_| missing.is_none() && !(goes_on || is_further)),
                next: next.map(|key| portal.seal(&binding, &key)),
                applied,
                elements: query.elements().map(<[String]>::to_vec),
                summary_count: query.summary_count(),
                completeness,
            },
        })
    }
}

/// Where a log that was cut goes on.
fn end_of_log(reading: &Reading<'_>, (sort, zone): Order<'_>) -> Option<SortKey> {
    let log = reading.released(RecordSet::AuditEvents)?;
    let keys = log.headers();
    keys.map(|header| sort_key(header, sort, zone)).max()
}

/// The error of a missing set; fails when every set is missing.
pub(crate) fn missing(
    reading: &Reading<'_>,
    sets: &[RecordSet],
) -> Result<Option<crate::ports::SourceError>, AccessError> {
    let errors: Vec<_> = sets.iter().filter_map(|set| reading.error(*set)).collect();
    match errors.first() {
        Some(error) if errors.len() == sets.len() => Err((*error).into()),
        first => Ok(first.copied()),
    }
}

/// The sets that can hold a match. The chart holds no laboratory result, so a search for those
/// alone does not wait for it; a laboratory result may well be a vital sign too.
fn sets(query: &Query) -> Vec<RecordSet> {
    let laboratory = |token: &Token| token.code() == Some("laboratory");
    let only_laboratory = query
        .categories()
        .is_some_and(|tokens| tokens.iter().all(laboratory));
    RecordSet::of_type(query.resource_type())
        .filter(|set| !(only_laboratory && *set == RecordSet::ChartObservations))
        .collect()
}

type Raw = Vec<(String, String)>;

fn split_cursor(raw: &[(String, String)]) -> Result<(Option<&str>, Raw), AccessError> {
    let mut cursors = raw.iter().filter(|(name, _)| name == CURSOR);
    let cursor = cursors.next().map(|(_, value)| value.as_str());
    if cursors.next().is_some() {
        return Err(crate::ports::CursorInvalid.into());
    }
    let rest = raw
        .iter()
        .filter(|(name, _)| name != CURSOR)
        .cloned()
        .collect();
    Ok((cursor, rest))
}

/// Every patient that the query names must be the grant's: the same refusal for every other id.
fn check_patients(portal: &Inner, grant: &PatientGrant, query: &Query) -> Result<(), AccessError> {
    for named in query.patient() {
        let patient = portal
            .loader
            .rules()
            .addresses()
            .inward_patient(named)
            .and_then(|id| PatientId::parse(&id).ok())
            .ok_or(Denial::OtherPatient)?;
        grant.check_named_patient(&patient)?;
    }
    Ok(())
}

pub(crate) fn fingerprint(applied: &[(String, String)]) -> String {
    serde_json::to_string(applied).unwrap_or_default()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
