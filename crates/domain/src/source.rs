//! The clinical services behind the portal and the portal itself, which of them is the authority for what, and the sets
//! that are fetched whole and cached.

use jiff::SignedDuration;
use portal_fhir::{Coding, Contained, Header, ResourceType};
use serde::{Deserialize, Serialize};

/// Declares [`Source`] from one table: variant, name in answers, default code in record ids.
macro_rules! sources {
    ($($(#[$doc:meta])* $source:ident, $name:literal, $code:literal;)+) => {
        /// A clinical service, by the name that answers use.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Source {
            $($(#[$doc])* $source,)+
            /// The portal itself: what it holds of its own is read from its database.
            Portal,
        }

        impl Source {
            /// Every service that is asked.
            pub const ALL: [Self; 11] = [$(Self::$source),+];

            /// The name in `meta.sources`, headers and metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$source => $name,)+
                    Self::Portal => "portal",
                }
            }

            /// The default short code in record ids; the portal's own have none.
            pub const fn default_code(self) -> &'static str {
                match self {
                    $(Self::$source => $code,)+
                    Self::Portal => "",
                }
            }
        }
    };
}

sources! {
    /// registration-service: who the patient is.
    Registration, "registration", "reg";
    /// scheduling-service: appointments.
    Scheduling, "scheduling", "sch";
    /// laboratory-service: laboratory results and reports, specimens.
    Laboratory, "laboratory", "lab";
    /// radiology-service: radiology reports and imaging studies.
    Radiology, "radiology", "rad";
    /// medication-service: prescriptions and what was dispensed.
    Medication, "medication", "med";
    /// claims-service: coverage and explanations of benefit.
    Claims, "claims", "clm";
    /// immunizations-service.
    Immunizations, "immunizations", "imm";
    /// patient-chart-service: problems, allergies, vital signs, and the rest of the chart.
    PatientChart, "patient-chart", "cht";
    /// document-service: documents and their contents.
    Documents, "documents", "doc";
    /// communication-service: messages.
    Communication, "communication", "com";
    /// provider-directory: who and where.
    ProviderDirectory, "provider-directory", "dir";
}

impl Source {
    /// The source of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// One row of the routing table.
struct Route {
    set: RecordSet,
    name: &'static str,
    resource_type: ResourceType,
    source: Source,
    category: Option<&'static str>,
}

/// Declares [`RecordSet`] and its routing table: set, word for cache keys, type, source, and the
/// category that the source is asked for.
macro_rules! record_sets {
    ($($(#[$doc:meta])* $set:ident, $name:literal, $type:ident, $source:ident $(, $category:literal)?;)+) => {
        /// A set of records that is fetched, owned, cached and filtered as one: one type from its
        /// one authority. Observations and reports are two sets each, because two services own
        /// them.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum RecordSet { $($(#[$doc])* $set),+ }

        const ROUTES: &[Route] = &[$(Route {
            set: RecordSet::$set,
            name: $name,
            resource_type: ResourceType::$type,
            source: Source::$source,
            category: record_sets!(@category $($category)?),
        }),+];
    };
    (@category) => { None };
    (@category $category:literal) => { Some($category) };
}

record_sets! {
    /// Patient.
    Patient, "patient", Patient, Registration;
    /// AllergyIntolerance.
    Allergies, "allergies", AllergyIntolerance, PatientChart;
    /// Condition.
    Conditions, "conditions", Condition, PatientChart;
    /// Observation of every category but `laboratory`.
    ChartObservations, "observations", Observation, PatientChart;
    /// Observation of category `laboratory`.
    LaboratoryObservations, "results", Observation, Laboratory, "laboratory";
    /// DiagnosticReport of every category but radiology's.
    LaboratoryReports, "reports", DiagnosticReport, Laboratory;
    /// DiagnosticReport of radiology.
    RadiologyReports, "radiology-reports", DiagnosticReport, Radiology;
    /// ImagingStudy.
    ImagingStudies, "imaging-studies", ImagingStudy, Radiology;
    /// MedicationRequest.
    MedicationRequests, "medications", MedicationRequest, Medication;
    /// MedicationDispense.
    MedicationDispenses, "dispenses", MedicationDispense, Medication;
    /// Immunization.
    Immunizations, "immunizations", Immunization, Immunizations;
    /// Appointment.
    Appointments, "appointments", Appointment, Scheduling;
    /// Coverage.
    Coverages, "coverages", Coverage, Claims;
    /// ExplanationOfBenefit.
    ExplanationsOfBenefit, "explanations-of-benefit", ExplanationOfBenefit, Claims;
    /// Statements of account: no FHIR resources, but handled as if each was an
    /// ExplanationOfBenefit, so that every rule for these is theirs too. Not on `/fhir`.
    Statements, "statements", ExplanationOfBenefit, Claims;
    /// Communication.
    Communications, "communications", Communication, Communication;
    /// DocumentReference.
    DocumentReferences, "documents", DocumentReference, Documents;
    /// Encounter.
    Encounters, "encounters", Encounter, PatientChart;
    /// Procedure.
    Procedures, "procedures", Procedure, PatientChart;
    /// CarePlan.
    CarePlans, "care-plans", CarePlan, PatientChart;
    /// CareTeam.
    CareTeams, "care-teams", CareTeam, PatientChart;
    /// Goal.
    Goals, "goals", Goal, PatientChart;
    /// ServiceRequest.
    ServiceRequests, "service-requests", ServiceRequest, PatientChart;
    /// Specimen.
    Specimens, "specimens", Specimen, Laboratory;
    /// Device.
    Devices, "devices", Device, PatientChart;
    /// QuestionnaireResponse.
    QuestionnaireResponses, "questionnaire-responses", QuestionnaireResponse, PatientChart;
    /// Provenance.
    Provenances, "provenances", Provenance, PatientChart;
    /// Binary.
    Binaries, "binaries", Binary, Documents;
    /// Medication.
    Medications, "medication-kinds", Medication, Medication;
    /// Practitioner.
    Practitioners, "practitioners", Practitioner, ProviderDirectory;
    /// PractitionerRole.
    PractitionerRoles, "practitioner-roles", PractitionerRole, ProviderDirectory;
    /// Organization.
    Organizations, "organizations", Organization, ProviderDirectory;
    /// Location.
    Locations, "locations", Location, ProviderDirectory;
    /// AuditEvent: the access log.
    AuditEvents, "audit-events", AuditEvent, Portal;
    /// Consent: the delegations that the patient grants.
    Consents, "consents", Consent, Portal;
    /// RelatedPerson: who holds them.
    RelatedPersons, "related-persons", RelatedPerson, Portal;
}

impl RecordSet {
    fn route(self) -> &'static Route {
        &ROUTES[self as usize]
    }

    /// A word for cache keys and metrics.
    pub fn name(self) -> &'static str {
        self.route().name
    }

    /// The type of every record in it.
    pub fn resource_type(self) -> ResourceType {
        self.route().resource_type
    }

    /// The one service that is believed about it.
    pub fn source(self) -> Source {
        self.route().source
    }

    /// The `category` that the source is asked for.
    pub fn category(self) -> Option<&'static str> {
        self.route().category
    }

    /// Whether it holds one patient's records, so that it is fetched whole and cached. The records
    /// of any other set are nobody's: they are asked for by their ids, and kept by nobody.
    pub fn is_of_patient(self) -> bool {
        let resource_type = self.resource_type();
        let reached = [ResourceType::Medication, ResourceType::Binary];
        !reached.contains(&resource_type) && !resource_type.is_directory()
    }

    /// Whether it is what the portal itself holds: never cached, so that what changed is seen at once.
    pub fn is_of_portal(self) -> bool {
        self.source() == Source::Portal
    }

    /// How long a cached set is as good as a fetched one (specification 04, "Cache").
    pub const fn fresh_for(self) -> SignedDuration {
        if self.changes_seldom() {
            SignedDuration::from_mins(1)
        } else {
            SignedDuration::from_secs(30)
        }
    }

    /// How long a cached set stands in for a source that is down.
    pub const fn stale_for(self) -> SignedDuration {
        if self.changes_seldom() {
            SignedDuration::from_mins(15)
        } else {
            SignedDuration::from_mins(5)
        }
    }

    // Dates and money, of which an old copy does no harm that a missing one would not do.
    const fn changes_seldom(self) -> bool {
        matches!(
            self,
            Self::Appointments | Self::Coverages | Self::ExplanationsOfBenefit | Self::Statements
        )
    }

    /// Whether its records are resources that the source itself serves as such.
    pub fn is_fhir(self) -> bool {
        self != Self::Statements
    }

    /// Every set.
    pub fn all() -> impl Iterator<Item = Self> {
        ROUTES.iter().map(|route| route.set)
    }

    /// The sets that together hold a FHIR type.
    pub fn of_type(resource_type: ResourceType) -> impl Iterator<Item = Self> {
        ROUTES
            .iter()
            .filter(move |route| route.resource_type == resource_type && route.set.is_fhir())
            .map(|route| route.set)
    }

    /// Whether this set's source is the authority for a record; otherwise it is a copy of what
    /// another service owns, and could bypass that service's release rule. With several
    /// categories, the strictest owner counts: one `laboratory` among them suffices.
    pub fn is_authority_for(self, header: &Header) -> bool {
        if header.resource_type != self.resource_type() || self.smuggles(header) {
            return false;
        }
        if header.category_unreadable {
            return self.tolerates_unreadable();
        }
        match self {
            Self::LaboratoryObservations => is_laboratory(&header.categories),
            Self::ChartObservations => !is_laboratory(&header.categories),
            Self::LaboratoryReports => !is_radiology(&header.categories),
            Self::RadiologyReports => is_radiology(&header.categories),
            _ => true,
        }
    }

    // A laboratory result inside another source's record would leave without its mark.
    fn smuggles(self, header: &Header) -> bool {
        let is_result = |inner: &Contained| {
            let report = inner.type_name.as_ref() == ResourceType::DiagnosticReport.as_str();
            report || is_laboratory(&inner.categories)
        };
        self.source() != Source::Laboratory && header.contained.iter().any(is_result)
    }

    // An Observation or report whose category cannot be read might be a copy of the other source's.
    fn tolerates_unreadable(self) -> bool {
        Self::of_type(self.resource_type()).count() == 1
    }
}

fn any_code(categories: &[Coding], wanted: &[&str]) -> bool {
    categories
        .iter()
        .filter_map(|coding| coding.code.as_deref())
        .any(|code| wanted.iter().any(|word| word.eq_ignore_ascii_case(code)))
}

/// Whether a category says laboratory: the R4 observation category, or the v2-0074 section.
pub fn is_laboratory(categories: &[Coding]) -> bool {
    any_code(categories, &["laboratory", "LAB"])
}

/// Whether a category says radiology: v2-0074 `RAD`, or the LOINC part.
pub fn is_radiology(categories: &[Coding]) -> bool {
    any_code(categories, &["RAD", "LP29684-5"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_routing_table_is_in_the_order_of_the_sets() {
        for (index, route) in ROUTES.iter().enumerate() {
            assert_eq!(route.set as usize, index);
        }
    }

    #[test]
    fn every_type_has_an_authority() {
        for resource_type in ResourceType::ALL {
            assert!(RecordSet::of_type(*resource_type).count() > 0);
        }
    }
}
