//! The clinical services behind the portal, which of them is the authority for what, and the sets
//! that are fetched whole and cached.

use portal_fhir::{Coding, Contained, Header, ResourceType};
use serde::{Deserialize, Serialize};

/// A clinical service, by the name that answers use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// registration-service: who the patient is.
    Registration,
    /// patient-chart-service: problems, allergies, vital signs.
    PatientChart,
    /// laboratory-service: laboratory results and reports.
    Laboratory,
    /// medication-service: prescriptions.
    Medication,
    /// immunizations-service.
    Immunizations,
}

impl Source {
    /// Every source that this service reads.
    pub const ALL: [Self; 5] = [
        Self::Registration,
        Self::PatientChart,
        Self::Laboratory,
        Self::Medication,
        Self::Immunizations,
    ];

    /// The name in `meta.sources`, headers and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::PatientChart => "patient-chart",
            Self::Laboratory => "laboratory",
            Self::Medication => "medication",
            Self::Immunizations => "immunizations",
        }
    }

    /// The source of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }

    /// The default short code in record ids.
    pub const fn default_code(self) -> &'static str {
        match self {
            Self::Registration => "reg",
            Self::PatientChart => "cht",
            Self::Laboratory => "lab",
            Self::Medication => "med",
            Self::Immunizations => "imm",
        }
    }
}

/// A set of records that is fetched, owned, cached and filtered as one: one type from its one
/// authority. Observations are two sets, because two services own them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordSet {
    /// Patient.
    Patient,
    /// AllergyIntolerance.
    Allergies,
    /// Condition.
    Conditions,
    /// Observation of every category but `laboratory`.
    ChartObservations,
    /// Observation of category `laboratory`.
    LaboratoryObservations,
    /// DiagnosticReport of category `LAB`.
    LaboratoryReports,
    /// MedicationRequest.
    MedicationRequests,
    /// Immunization.
    Immunizations,
}

/// One row of the routing table.
struct Route {
    set: RecordSet,
    name: &'static str,
    resource_type: ResourceType,
    source: Source,
    category: Option<&'static str>,
}

const ROUTES: [Route; 8] = {
    use RecordSet as S;
    use ResourceType as T;
    const fn route(
        set: RecordSet,
        name: &'static str,
        resource_type: ResourceType,
        source: Source,
        category: Option<&'static str>,
    ) -> Route {
        Route {
            set,
            name,
            resource_type,
            source,
            category,
        }
    }
    [
        route(
            S::Patient,
            "patient",
            T::Patient,
            Source::Registration,
            None,
        ),
        route(
            S::Allergies,
            "allergies",
            T::AllergyIntolerance,
            Source::PatientChart,
            None,
        ),
        route(
            S::Conditions,
            "conditions",
            T::Condition,
            Source::PatientChart,
            None,
        ),
        route(
            S::ChartObservations,
            "observations",
            T::Observation,
            Source::PatientChart,
            None,
        ),
        route(
            S::LaboratoryObservations,
            "results",
            T::Observation,
            Source::Laboratory,
            Some("laboratory"),
        ),
        route(
            S::LaboratoryReports,
            "reports",
            T::DiagnosticReport,
            Source::Laboratory,
            Some("LAB"),
        ),
        route(
            S::MedicationRequests,
            "medications",
            T::MedicationRequest,
            Source::Medication,
            None,
        ),
        route(
            S::Immunizations,
            "immunizations",
            T::Immunization,
            Source::Immunizations,
            None,
        ),
    ]
};

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

    /// The sets that together hold a type.
    pub fn of_type(resource_type: ResourceType) -> impl Iterator<Item = Self> {
        ROUTES
            .iter()
            .filter(move |route| route.resource_type == resource_type)
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
            Self::Patient
            | Self::Allergies
            | Self::Conditions
            | Self::MedicationRequests
            | Self::Immunizations => true,
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

    // A chart Observation whose category cannot be read might be a laboratory copy.
    const fn tolerates_unreadable(self) -> bool {
        !matches!(
            self,
            Self::ChartObservations | Self::LaboratoryObservations | Self::LaboratoryReports
        )
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
