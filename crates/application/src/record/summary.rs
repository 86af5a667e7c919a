//! The chart summary: one document of what matters now, from every source at once.

use std::collections::HashSet;

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Group, Released, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Coding, Header, Sort};

use crate::answer::Completeness;
use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::matches::Matches;
use super::search::missing;

const RECENT_IMMUNIZATIONS: usize = 10;

const PARTS: [(&str, RecordSet); 6] = [
    ("patient", RecordSet::Patient),
    ("problems", RecordSet::Conditions),
    ("allergies", RecordSet::Allergies),
    ("medications", RecordSet::MedicationRequests),
    ("vitals", RecordSet::ChartObservations),
    ("immunizations", RecordSet::Immunizations),
];

/// `GET /v1/portal/chart/summary`
pub(crate) struct Summary<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about a summary.
pub(crate) struct SummaryAbout {
    pub(crate) left_out: Vec<&'static str>,
    pub(crate) unavailable: Vec<&'static str>,
    pub(crate) completeness: Completeness,
    pub(crate) decided_at: jiff::Timestamp,
}

#[async_trait]
impl Look for Summary<'_> {
    type About = SummaryAbout;

    fn action(&self) -> Action {
        operation::GET_CHART_SUMMARY
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<SummaryAbout>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let (covered, left_out): (Vec<_>, Vec<_>) = PARTS
            .into_iter()
            .partition(|(_, set)| grant.read(set.resource_type()).is_some());
        let sets: Vec<RecordSet> = covered.iter().map(|(_, set)| *set).collect();
        let mut reading = Reading::new(&portal.loader, grant, caller);
        reading.load(&sets).await;
        missing(&reading, &sets)?;
        let mut groups = Vec::with_capacity(covered.len());
        for (name, set) in &covered {
            let records = part(&reading, *set);
            groups.push(Group {
                name,
                records: reading.masked(records).await,
            });
        }
        let unavailable = covered
            .iter()
            .filter(|(_, set)| reading.error(*set).is_some());
        Ok(Seen {
            answer: Answer::new(groups),
            about: SummaryAbout {
                left_out: left_out.into_iter().map(|(name, _)| name).collect(),
                unavailable: unavailable.map(|(name, _)| *name).collect(),
                completeness: reading.completeness(&sets),
                decided_at: grant.decided_at(),
            },
        })
    }
}

fn part(reading: &Reading<'_>, set: RecordSet) -> Vec<ReleasedRecord> {
    let zone = &reading.grant().tenant().time_zone;
    let order = (Sort::default(), zone);
    let narrowed =
        |narrow: fn(&mut Released)| Matches::of(reading, &[set], order, narrow).into_records();
    match set {
        RecordSet::Conditions => narrowed(|set| set.retain(is_active_problem)),
        RecordSet::MedicationRequests => narrowed(|set| set.retain(is_current_medication)),
        RecordSet::ChartObservations => newest_of_each_code(narrowed(Released::retain_vital_signs)),
        RecordSet::Immunizations => {
            let mut records = narrowed(|_| ());
            records.truncate(RECENT_IMMUNIZATIONS);
            records
        }
        _ => narrowed(|_| ()),
    }
}

/// Active, and what FHIR R4 condition-clinical subsumes under active.
fn is_active_problem(header: &Header) -> bool {
    let is_active = |coding: &Coding| {
        matches!(
            coding.code.as_deref(),
            Some("active" | "recurrence" | "relapse")
        )
    };
    header.clinical_status.iter().any(is_active)
}

fn is_current_medication(header: &Header) -> bool {
    matches!(header.status.as_deref(), Some("active" | "on-hold"))
}

fn newest_of_each_code(newest_first: Vec<ReleasedRecord>) -> Vec<ReleasedRecord> {
    let mut seen = HashSet::new();
    newest_first
        .into_iter()
        .filter(|record| match trend_key(record.header()) {
            Some(key) => seen.insert(key),
            None => true,
        })
        .collect()
}

const LOINC: &str = "http://loinc.org";

/// What makes two observations points of one series: the first LOINC code, else the first code
/// with its system. Without a code an observation is a series of its own.
pub(crate) fn trend_key(header: &Header) -> Option<(String, String)> {
    let key = |coding: &Coding| {
        let code = coding.code.as_deref()?;
        Some((
            coding.system.as_deref().unwrap_or_default().to_owned(),
            code.to_owned(),
        ))
    };
    let loinc = header
        .codes
        .iter()
        .find(|coding| coding.system.as_deref() == Some(LOINC));
    loinc
        .and_then(key)
        .or_else(|| header.codes.iter().find_map(key))
}
