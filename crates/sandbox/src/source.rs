//! The services, and which of them holds what.

/// A service with a base path of its own: a FHIR source, or one that speaks
/// REST only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    Registration,
    PatientChart,
    Laboratory,
    Medication,
    Immunizations,
    /// Takes notifications.
    Communication,
    /// Tells entitlements.
    Identity,
}

impl Source {
    pub(crate) const ALL: [Self; 7] = [
        Self::Registration,
        Self::PatientChart,
        Self::Laboratory,
        Self::Medication,
        Self::Immunizations,
        Self::Communication,
        Self::Identity,
    ];

    /// The first segment of the base path.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::PatientChart => "patient-chart",
            Self::Laboratory => "laboratory",
            Self::Medication => "medication",
            Self::Immunizations => "immunizations",
            Self::Communication => "communication",
            Self::Identity => "identity",
        }
    }

    /// Whether it holds FHIR resources.
    pub(crate) const fn is_fhir(self) -> bool {
        !matches!(self, Self::Communication | Self::Identity)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// Every name, for answers that say what there is.
    pub(crate) fn names() -> Vec<&'static str> {
        Self::ALL.map(Self::name).to_vec()
    }

    /// The source that holds resources of this type; `is_laboratory` says
    /// whether one of its category codings is `laboratory`.
    pub(crate) fn holding(resource_type: &str, is_laboratory: bool) -> Self {
        match resource_type {
            "Patient" => Self::Registration,
            "DiagnosticReport" => Self::Laboratory,
            "Observation" if is_laboratory => Self::Laboratory,
            "MedicationRequest" => Self::Medication,
            "Immunization" => Self::Immunizations,
            _ => Self::PatientChart,
        }
    }
}
