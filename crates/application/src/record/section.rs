//! A section of the chart, as the portal's own clients list it.

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Released};
use portal_domain::source::RecordSet;
use portal_fhir::{Sort, SortKey};

use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::matches::Matches;
use super::paging::{Page, binding};
use super::search::{PageAbout, missing};

/// A section of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// AllergyIntolerance.
    Allergies,
    /// MedicationRequest.
    Medications,
    /// Observation of category `vital-signs`.
    Vitals,
    /// Immunization.
    Immunizations,
    /// Condition, all of them.
    Problems,
    /// DocumentReference.
    Documents,
}

impl Section {
    /// Every section.
    pub const ALL: [Self; 6] = [
        Self::Allergies,
        Self::Medications,
        Self::Vitals,
        Self::Immunizations,
        Self::Problems,
        Self::Documents,
    ];

    /// Its name in the path.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allergies => "allergies",
            Self::Medications => "medications",
            Self::Vitals => "vitals",
            Self::Immunizations => "immunizations",
            Self::Problems => "problems",
            Self::Documents => "documents",
        }
    }

    /// The section of a path's name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|section| section.as_str() == text)
    }

    /// Its operation.
    pub const fn action(self) -> Action {
        match self {
            Self::Allergies => operation::LIST_ALLERGIES,
            Self::Medications => operation::LIST_MEDICATIONS,
            Self::Vitals => operation::LIST_VITALS,
            Self::Immunizations => operation::LIST_IMMUNIZATIONS,
            Self::Problems => operation::LIST_PROBLEMS,
            Self::Documents => operation::LIST_DOCUMENTS,
        }
    }

    pub(crate) const fn set(self) -> RecordSet {
        match self {
            Self::Allergies => RecordSet::Allergies,
            Self::Medications => RecordSet::MedicationRequests,
            Self::Vitals => RecordSet::ChartObservations,
            Self::Immunizations => RecordSet::Immunizations,
            Self::Problems => RecordSet::Conditions,
            Self::Documents => RecordSet::DocumentReferences,
        }
    }

    /// Leaves of a set what the section holds.
    fn narrow(self, set: &mut Released) {
        match self {
            Self::Vitals => set.retain_vital_signs(),
            Self::Allergies
            | Self::Medications
            | Self::Immunizations
            | Self::Problems
            | Self::Documents => {}
        }
    }
}

/// `GET /v1/portal/chart/{section}`
pub(crate) struct SectionPage<'a> {
    pub(crate) section: Section,
    pub(crate) raw: &'a [(String, String)],
}

#[async_trait]
impl Look for SectionPage<'_> {
    type About = PageAbout;

    fn action(&self) -> Action {
        self.section.action()
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<PageAbout>, AccessError> {
        let zone = &grant.tenant().time_zone;
        let parameters = Parameters::read(self.raw, &["from", "to", "limit", "cursor"])?;
        let (range, limit) = (parameters.range(zone)?, parameters.limit()?);
        let binding = binding(grant, &parameters.fingerprint());
        let after: Option<SortKey> = portal.unseal(&binding, parameters.get("cursor"))?;

        let sets = [self.section.set()];
        let mut reading = Reading::new(&portal.loader, grant, caller);
        reading.load(&sets).await;
        missing(&reading, &sets)?;
        let order = (Sort::default(), zone);
        let matches = Matches::of(&reading, &sets, order, |set| {
            self.section.narrow(set);
            if range.is_bounded() {
                set.retain(|header| range.holds(header, zone));
            }
        });
        let total = matches.len();
        let Page { items, next } = matches.page(after.as_ref(), limit, order);
        let items = reading.masked(items).await;
        Ok(Seen {
            answer: Answer::list(items),
            about: PageAbout {
                total: Some(total),
                next: next.map(|key| portal.seal(&binding, &key)),
                applied: parameters.applied(),
                elements: None,
                summary_count: false,
                completeness: reading.completeness(&sets),
            },
        })
    }
}
