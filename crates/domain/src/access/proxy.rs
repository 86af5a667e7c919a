//! What a delegation opens, at one moment: its scope, narrowed by the patient's age for who acts
//! by law, and by what is sensitive for everybody else.

use std::sync::Arc;

use jiff::Timestamp;
use portal_fhir::{Coding, Header, ResourceType};

use crate::age_bands::{ParentAccess, ParentalAccess};
use crate::proxy_delegation::{DelegationRight, DelegationSnapshot, RelationshipType, RightSet};
use crate::release::{Audience, Viewer};
use crate::sensitivity::SensitivitySet;
use crate::source::RecordSet;
use crate::tenant::Tenant;

use super::{BirthDate, Denial};

/// What one delegation opens now. Part of the grant that it was decided for.
#[derive(Debug, Clone)]
pub struct ProxyAccess {
    delegation: Arc<DelegationSnapshot>,
    rights: RightSet,
    full: bool,
    viewer: Viewer,
}

impl ProxyAccess {
    /// Decides it anew. A legal delegation is judged by the patient's age today: without a birth
    /// date it opens nothing, and nothing once the patient is of age, but for a guardian whom a
    /// court appointed.
    pub(super) fn decide(
        delegation: &Arc<DelegationSnapshot>,
        tenant: &Tenant,
        birth_date: BirthDate,
        now: Timestamp,
    ) -> Result<Self, Denial> {
        if !delegation.relationship.is_legal() {
            let viewer = Viewer {
                audience: Audience::Proxy,
                sensitive: Some(delegation.sensitive),
            };
            return Ok(Self::new(delegation, delegation.scope, false, viewer));
        }
        let today = tenant.day(now);
        // A date that is still to come tells no age.
        let born = match birth_date {
            BirthDate::Day(born) if born <= today => born,
            BirthDate::Day(_) | BirthDate::Unknown | BirthDate::NotAsked => {
                return Err(Denial::BirthDateUnknown);
            }
        };
        let (access, hides_sensitive) = match tenant.config.age_bands.of(born, today) {
            ParentalAccess::Minor {
                access,
                hides_sensitive,
            } => (access, hides_sensitive),
            ParentalAccess::Adult if survives_majority(delegation) => (ParentAccess::Full, false),
            ParentalAccess::Adult => return Err(Denial::PatientOfAge),
        };
        let viewer = Viewer {
            audience: Audience::Parent,
            sensitive: hides_sensitive.then_some(SensitivitySet::NONE),
        };
        match access {
            ParentAccess::Nothing => Err(Denial::ClosedToParents),
            ParentAccess::Full => Ok(Self::new(delegation, delegation.scope, true, viewer)),
            ParentAccess::Limited(limit) => {
                let rights = delegation.scope.intersection(limit);
                Ok(Self::new(delegation, rights, false, viewer))
            }
        }
    }

    fn new(
        delegation: &Arc<DelegationSnapshot>,
        rights: RightSet,
        full: bool,
        viewer: Viewer,
    ) -> Self {
        Self {
            delegation: Arc::clone(delegation),
            rights,
            full,
            viewer,
        }
    }

    /// The delegation, in the version that the decision used.
    pub const fn delegation(&self) -> &Arc<DelegationSnapshot> {
        &self.delegation
    }

    /// What it opens.
    pub const fn rights(&self) -> RightSet {
        self.rights
    }

    /// Whether the whole Patient is shown, and kinds of records that no right names.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// For whom records are judged.
    pub const fn viewer(&self) -> Viewer {
        self.viewer
    }

    /// The chart summary opens its own parts, whatever else is delegated.
    pub(super) fn with_summary_parts(mut self) -> Self {
        use DelegationRight as R;
        let parts = [
            R::Allergies,
            R::Medications,
            R::Vitals,
            R::Immunizations,
            R::Problems,
        ];
        self.rights = self.rights.union(RightSet::of(parts));
        self
    }

    /// Whether a record of a set is open. An Observation needs every one of its categories.
    pub(super) fn opens(&self, set: RecordSet, header: &Header) -> bool {
        match set {
            RecordSet::ChartObservations | RecordSet::LaboratoryObservations => {
                self.opens_observation(header)
            }
            set => self.has(&needs(set)),
        }
    }

    fn has(&self, needs: &Needs) -> bool {
        match needs {
            Needs::Nothing => true,
            Needs::AnyOf(rights) => rights.iter().any(|right| self.rights.contains(*right)),
            Needs::Full => self.full,
            Needs::More => false,
        }
    }

    fn opens_observation(&self, header: &Header) -> bool {
        if header.category_unreadable {
            return false;
        }
        let mut categories = header.categories.iter().filter_map(category).peekable();
        if categories.peek().is_none() {
            return self.full;
        }
        categories.all(|category| match category {
            Category::Named(right) => self.rights.contains(right),
            Category::Other => self.full,
        })
    }
}

fn survives_majority(delegation: &DelegationSnapshot) -> bool {
    delegation.relationship == RelationshipType::Guardian && delegation.court_order
}

/// What a set's records take, Observations apart, of which each says so itself.
enum Needs {
    /// Any delegation opens them.
    Nothing,
    /// One of these rights.
    AnyOf(&'static [DelegationRight]),
    /// Full access by law: no right names them.
    Full,
    /// More than a delegation can say.
    More,
}

const fn needs(set: RecordSet) -> Needs {
    use DelegationRight as R;
    match set {
        RecordSet::Patient
        | RecordSet::Practitioners
        | RecordSet::PractitionerRoles
        | RecordSet::Organizations
        | RecordSet::Locations
        // Of these a proxy has their own alone: the set holds no other.
        | RecordSet::RelatedPersons => Needs::Nothing,
        RecordSet::Allergies => Needs::AnyOf(&[R::Allergies]),
        RecordSet::Conditions
        | RecordSet::Encounters
        | RecordSet::Procedures
        | RecordSet::CarePlans
        | RecordSet::CareTeams
        | RecordSet::Goals => Needs::AnyOf(&[R::Problems]),
        RecordSet::ChartObservations => Needs::AnyOf(&[R::Vitals]),
        RecordSet::LaboratoryObservations | RecordSet::LaboratoryReports | RecordSet::Specimens => {
            Needs::AnyOf(&[R::Labs])
        }
        RecordSet::RadiologyReports | RecordSet::ImagingStudies => Needs::AnyOf(&[R::Radiology]),
        RecordSet::MedicationRequests | RecordSet::MedicationDispenses | RecordSet::Medications => {
            Needs::AnyOf(&[R::Medications])
        }
        RecordSet::Immunizations => Needs::AnyOf(&[R::Immunizations]),
        RecordSet::Appointments => Needs::AnyOf(&[R::AppointmentsView, R::AppointmentsManage]),
        RecordSet::Coverages | RecordSet::ExplanationsOfBenefit | RecordSet::Statements => {
            Needs::AnyOf(&[R::Billing])
        }
        RecordSet::DocumentReferences | RecordSet::Binaries => Needs::AnyOf(&[R::Documents]),
        RecordSet::ServiceRequests
        | RecordSet::Devices
        | RecordSet::QuestionnaireResponses
        | RecordSet::Provenances => Needs::Full,
        // A proxy sees the threads that they take part in, which a Communication does not tell.
        // Who looked, and what else was granted, is the patient's alone to know.
        RecordSet::Communications | RecordSet::AuditEvents | RecordSet::Consents => Needs::More,
    }
}

/// Whether something of a type is open.
pub(super) fn opens_type(proxy: &ProxyAccess, resource_type: ResourceType) -> bool {
    let mut sets = RecordSet::of_type(resource_type);
    // Observations of categories that no right names are open by law alone.
    let by_law = proxy.full && resource_type == ResourceType::Observation;
    by_law || sets.any(|set| proxy.has(&needs(set)))
}

enum Category {
    Named(DelegationRight),
    Other,
}

const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";

/// What a category's coding means for rights. A local synonym beside it means nothing.
fn category(coding: &Coding) -> Option<Category> {
    match coding.code.as_deref() {
        Some("vital-signs") => Some(Category::Named(DelegationRight::Vitals)),
        Some(code)
            if code.eq_ignore_ascii_case("laboratory") || code.eq_ignore_ascii_case("LAB") =>
        {
            Some(Category::Named(DelegationRight::Labs))
        }
        _ if coding
            .system
            .as_deref()
            .is_none_or(|system| system == OBSERVATION_CATEGORY) =>
        {
            Some(Category::Other)
        }
        _ => None,
    }
}
