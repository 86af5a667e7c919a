//! Lists of records as the portal's own clients read them, and one record of such a list.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Group, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_domain::tenant::Tenant;
use portal_fhir::{ResourceType, Sort, SortKey, sort_key};

use crate::answer::{Completeness, Withheld};
use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::paging::{Page, binding, page};
use super::places::{PlaceZones, zones};
use super::read::find;
use super::search::{matching, missing};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordList {
    /// Every record that the caller may see, the patient's own apart.
    Timeline,
    /// Radiology reports.
    Radiology,
    /// Prescriptions, with what was dispensed of them where the caller may see that.
    Medications,
    /// Cover.
    Coverage,
    /// Explanations of benefit.
    ExplanationsOfBenefit,
    /// Statements of account.
    Statements,
    /// Appointments.
    Appointments,
    /// The one Patient.
    Demographics,
}

/// A page of a list.
pub(crate) struct ListPage<'a> {
    pub(crate) list: RecordList,
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about a page, or about one record.
pub(crate) struct ListAbout {
    pub(crate) next: Option<String>,
    pub(crate) withheld: Withheld,
    pub(crate) completeness: Completeness,
    pub(crate) decided_at: Timestamp,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) time_zones: HashMap<Box<str>, Box<str>>,
}

impl ListAbout {
    fn of(grant: &PatientGrant, completeness: Completeness) -> Self {
        Self {
            next: None,
            withheld: Withheld::Unsaid,
            completeness,
            decided_at: grant.decided_at(),
            tenant: Arc::clone(grant.tenant()),
            time_zones: HashMap::new(),
        }
    }
}

/// One record of a list: that of an id, or the only one that there is.
pub(crate) struct ListedOne<'a> {
    pub(crate) list: RecordList,
    pub(crate) id: Option<&'a str>,
    pub(crate) raw: &'a [(String, String)],
}

/// The group of an answer that holds the records of a list.
pub const RECORDS: &str = "records";
/// The group of what was dispensed of them.
pub const DISPENSES: &str = "dispenses";

// Two types may have the same id at one base.
type ListKey = (SortKey, ResourceType);

impl RecordList {
    /// Its operation.
    pub const fn action(self) -> Action {
        match self {
            Self::Timeline => operation::LIST_TIMELINE,
            Self::Radiology => operation::LIST_RADIOLOGY_REPORTS,
            Self::Medications => operation::LIST_PRESCRIPTIONS,
            Self::Coverage => operation::LIST_COVERAGE,
            Self::ExplanationsOfBenefit => operation::LIST_EXPLANATIONS_OF_BENEFIT,
            Self::Statements => operation::LIST_STATEMENTS,
            Self::Appointments => operation::LIST_APPOINTMENTS,
            Self::Demographics => operation::GET_DEMOGRAPHICS,
        }
    }

    /// The operation of one record; the list's own where there is no such route.
    const fn one(self) -> Action {
        match self {
            Self::Radiology => operation::GET_RADIOLOGY_REPORT,
            Self::ExplanationsOfBenefit => operation::GET_EXPLANATION_OF_BENEFIT,
            Self::Statements => operation::GET_STATEMENT,
            Self::Appointments => operation::GET_APPOINTMENT,
            Self::Timeline | Self::Medications | Self::Coverage | Self::Demographics => {
                self.action()
            }
        }
    }

    fn sets(self, grant: &PatientGrant) -> Vec<RecordSet> {
        match self {
            Self::Timeline => RecordSet::all()
                .filter(|set| set.is_of_patient() && set.is_fhir())
                .filter(|set| !set.is_of_portal() && *set != RecordSet::Provenances)
                .filter(|set| *set != RecordSet::Patient)
                .filter(|set| grant.reaches(set.resource_type()))
                .collect(),
            Self::Radiology => vec![RecordSet::RadiologyReports],
            Self::Medications => vec![RecordSet::MedicationRequests],
            Self::Coverage => vec![RecordSet::Coverages],
            Self::ExplanationsOfBenefit => vec![RecordSet::ExplanationsOfBenefit],
            Self::Statements => vec![RecordSet::Statements],
            Self::Appointments => vec![RecordSet::Appointments],
            Self::Demographics => vec![RecordSet::Patient],
        }
    }
}

#[async_trait]
impl Look for ListPage<'_> {
    type About = ListAbout;

    fn action(&self) -> Action {
        self.list.action()
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<ListAbout>, AccessError> {
        let zone = &grant.tenant().time_zone;
        let parameters = Parameters::read(self.raw, &["from", "to", "limit", "cursor"])?;
        let (range, limit) = (parameters.range(zone)?, parameters.limit()?);
        let binding = binding(grant, &parameters.fingerprint());
        let after: Option<ListKey> = portal.unseal(&binding, parameters.get("cursor"))?;

        let sets = self.list.sets(grant);
        let mut reading = Reading::new(&portal.loader, grant, caller);
        reading.load(&sets).await;
        missing(&reading, &sets)?;
        let key = |record: &ReleasedRecord| {
            let header = record.header();
            let place = sort_key(header, Sort::default(), zone);
            (place, header.resource_type)
        };
        let records = matching(&reading, &sets, Sort::default(), zone, |header| {
            range.holds(header, zone)
        });
        let Page { items, next } = page(records, after.as_ref(), limit, key);
        let said_of = sets.first().filter(|_| self.list == RecordList::Radiology);
        let withheld =
            reading.said_of_withheld(said_of.copied(), |header| range.holds(header, zone));
        let dispenses = self.list.dispenses(&mut reading, &items).await;
        let (places, asked) = self.list.places(&mut reading, &items).await;
        let sets: Vec<RecordSet> = sets.into_iter().chain(asked).collect();
        let completeness = reading.completeness(&sets);
        Ok(Seen {
            answer: answer(&mut reading, items, dispenses).await,
            about: ListAbout {
                next: next.map(|key| portal.seal(&binding, &key)),
                withheld,
                time_zones: places.names(),
                ..ListAbout::of(grant, completeness)
            },
        })
    }
}

impl RecordList {
    /// The zones of the places of appointments.
    async fn places(
        self,
        reading: &mut Reading<'_>,
        records: &[ReleasedRecord],
    ) -> (PlaceZones, Option<RecordSet>) {
        if self == Self::Appointments {
            zones(reading, records).await
        } else {
            Default::default()
        }
    }

    /// What was dispensed of the prescriptions, as far as the caller may see it.
    async fn dispenses(
        self,
        reading: &mut Reading<'_>,
        prescriptions: &[ReleasedRecord],
    ) -> Vec<ReleasedRecord> {
        let set = RecordSet::MedicationDispenses;
        let grant = reading.grant();
        if self != Self::Medications || grant.read(set.resource_type()).is_none() {
            return Vec::new();
        }
        reading.load(&[set]).await;
        let zone = &grant.tenant().time_zone;
        let ids: HashSet<&str> = prescriptions.iter().map(|it| &*it.header().id).collect();
        matching(reading, &[set], Sort::default(), zone, |dispense| {
            let mut targets = dispense.references.iter().map(|it| &*it.target);
            targets.any(|target| {
                let id = target.strip_prefix("MedicationRequest/");
                id.is_some_and(|id| ids.contains(id))
            })
        })
    }
}

async fn answer(
    reading: &mut Reading<'_>,
    records: Vec<ReleasedRecord>,
    dispenses: Vec<ReleasedRecord>,
) -> Answer {
    Answer::new(vec![
        Group {
            name: RECORDS,
            records: reading.masked(records).await,
        },
        Group {
            name: DISPENSES,
            records: reading.masked(dispenses).await,
        },
    ])
}

#[async_trait]
impl Look for ListedOne<'_> {
    type About = ListAbout;

    fn action(&self) -> Action {
        self.list.one()
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<ListAbout>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let sets = self.list.sets(grant);
        let record = match self.id {
            Some(id) => by_id(&mut reading, &sets, id).await?,
            None => only(&mut reading, &sets).await?,
        };
        let records = vec![record];
        let (places, asked) = self.list.places(&mut reading, &records).await;
        let sets: Vec<RecordSet> = sets.into_iter().chain(asked).collect();
        let completeness = reading.completeness(&sets);
        Ok(Seen {
            answer: answer(&mut reading, records, Vec::new()).await,
            about: ListAbout {
                time_zones: places.names(),
                ..ListAbout::of(grant, completeness)
            },
        })
    }
}

pub(super) async fn by_id(
    reading: &mut Reading<'_>,
    sets: &[RecordSet],
    id: &str,
) -> Result<ReleasedRecord, AccessError> {
    let rules = reading.rules();
    let place = rules.addresses().inward(id);
    let (base, upstream_id) = place.ok_or(AccessError::NotFound)?;
    let mut there = sets.to_vec();
    there.retain(|set| rules.base(set.source()) == Some(base));
    find(reading, &there, &upstream_id, id).await
}

async fn only(
    reading: &mut Reading<'_>,
    sets: &[RecordSet],
) -> Result<ReleasedRecord, AccessError> {
    reading.load(sets).await;
    missing(reading, sets)?;
    let zone = &reading.grant().tenant().time_zone;
    let mut records = matching(reading, sets, Sort::default(), zone, |_| true).into_iter();
    records.next().ok_or(AccessError::NotFound)
}
