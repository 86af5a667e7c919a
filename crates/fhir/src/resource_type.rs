//! The resource types that the portal serves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares [`ResourceType`] from one table, so that a later type is one more row.
macro_rules! resource_types {
    ($($name:ident),+ $(,)?) => {
        /// A FHIR R4 resource type that the portal serves.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "the FHIR type names are their own documentation")]
        pub enum ResourceType { $($name),+ }

        impl ResourceType {
            /// Every served type, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The FHIR name of the type.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// Reads a FHIR type name, exactly and case-sensitively.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

resource_types!(
    Patient,
    AllergyIntolerance,
    Condition,
    Observation,
    DiagnosticReport,
    ImagingStudy,
    MedicationRequest,
    MedicationDispense,
    Immunization,
    Appointment,
    Coverage,
    ExplanationOfBenefit,
    Communication,
    DocumentReference,
    Encounter,
    Procedure,
    CarePlan,
    CareTeam,
    Goal,
    ServiceRequest,
    Specimen,
    Device,
    QuestionnaireResponse,
    Medication,
    Practitioner,
    PractitionerRole,
    Organization,
    Location,
    Provenance,
    Binary,
    AuditEvent,
    Consent,
    RelatedPerson,
);

impl ResourceType {
    /// Whether the portal itself holds it: who looked, whom the patient lets act, and who that is.
    pub const fn is_of_portal(self) -> bool {
        matches!(self, Self::AuditEvent | Self::Consent | Self::RelatedPerson)
    }

    /// Whether it is directory data: who and where, and nobody's record.
    pub const fn is_directory(self) -> bool {
        matches!(
            self,
            Self::Practitioner | Self::PractitionerRole | Self::Organization | Self::Location
        )
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_exactly_and_nothing_else_does() {
        for &resource_type in ResourceType::ALL {
            assert_eq!(
                ResourceType::parse(resource_type.as_str()),
                Some(resource_type)
            );
        }
        assert_eq!(ResourceType::parse("patient"), None);
        assert_eq!(ResourceType::parse("Observation "), None);
        assert_eq!(ResourceType::parse("Group"), None);
    }
}
