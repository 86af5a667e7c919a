//! The services, and which of them holds what.

/// A service with a base path of its own: a FHIR source, or one that speaks
/// REST only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    Registration,
    Scheduling,
    Laboratory,
    Radiology,
    Medication,
    Claims,
    Immunizations,
    PatientChart,
    Documents,
    /// Takes notifications, too.
    Communication,
    ProviderDirectory,
    /// One server for every type; it holds what is put there alone.
    Platform,
    /// Tells entitlements.
    Identity,
}

impl Source {
    pub(crate) const ALL: [Self; 13] = [
        Self::Registration,
        Self::Scheduling,
        Self::Laboratory,
        Self::Radiology,
        Self::Medication,
        Self::Claims,
        Self::Immunizations,
        Self::PatientChart,
        Self::Documents,
        Self::Communication,
        Self::ProviderDirectory,
        Self::Platform,
        Self::Identity,
    ];

    /// The first segment of the base path.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::PatientChart => "patient-chart",
            Self::Scheduling => "scheduling",
            Self::Laboratory => "laboratory",
            Self::Radiology => "radiology",
            Self::Claims => "claims",
            Self::Documents => "documents",
            Self::ProviderDirectory => "provider-directory",
            Self::Medication => "medication",
            Self::Immunizations => "immunizations",
            Self::Communication => "communication",
            Self::Platform => "platform",
            Self::Identity => "identity",
        }
    }

    /// Whether it holds FHIR resources.
    pub(crate) const fn is_fhir(self) -> bool {
        !matches!(self, Self::Identity)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// Every name, for answers that say what there is.
    pub(crate) fn names() -> Vec<&'static str> {
        Self::ALL.map(Self::name).to_vec()
    }

    /// The source that holds resources of this type; `has` says whether one of
    /// its category codings is the given code.
    pub(crate) fn holding(resource_type: &str, has: impl Fn(&str) -> bool) -> Self {
        match resource_type {
            "Patient" => Self::Registration,
            "Appointment" | "Schedule" | "Slot" => Self::Scheduling,
            "DiagnosticReport" if has("RAD") || has("LP29684-5") => Self::Radiology,
            "ImagingStudy" => Self::Radiology,
            "DiagnosticReport" | "Specimen" => Self::Laboratory,
            "Observation" if has("laboratory") => Self::Laboratory,
            "MedicationRequest" | "MedicationDispense" | "Medication" => Self::Medication,
            "Coverage" | "ExplanationOfBenefit" | "Claim" | "Statement" => Self::Claims,
            "Immunization" => Self::Immunizations,
            "DocumentReference" | "Binary" => Self::Documents,
            "Communication" => Self::Communication,
            "Practitioner" | "PractitionerRole" | "Organization" | "Location" => {
                Self::ProviderDirectory
            }
            _ => Self::PatientChart,
        }
    }
}
