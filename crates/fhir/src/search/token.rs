//! Token values: `code`, `system|code`, `|code`, `system|` (FHIR R4 3.1.1.4.10).

use super::parameters::TokenElement;
use super::text::{split, unescape};
use crate::header::Header;
use crate::privacy::hidden_debug;
use crate::resource_type::ResourceType;

/// One asked token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    system: System,
    code: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum System {
    Any,
    None,
    Is(String),
}

hidden_debug!(Token, System);

impl Token {
    /// Reads one value of an OR list, still escaped. Neither system nor code is no token.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let parts = split(value, '|');
        let (system, code) = match parts.as_slice() {
            [code] => (System::Any, unescape(code)?),
            ["", code] => (System::None, unescape(code)?),
            [system, code] => (System::Is(unescape(system)?), unescape(code)?),
            _ => return None,
        };
        let code = Some(code).filter(|code| !code.is_empty());
        let says_something = code.is_some() || matches!(system, System::Is(_));
        says_something.then_some(Self { system, code })
    }

    /// The asked system, when one is asked for.
    pub fn system(&self) -> Option<&str> {
        match &self.system {
            System::Is(system) => Some(system),
            System::Any | System::None => None,
        }
    }

    /// The asked code, when one is asked for.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether a code of a system is what is asked for; both are compared exactly.
    pub fn matches(&self, system: Option<&str>, code: Option<&str>) -> bool {
        let system_fits = match &self.system {
            System::Any => true,
            System::None => system.is_none(),
            System::Is(asked) => system == Some(asked),
        };
        system_fits && (self.code.is_none() || self.code.as_deref() == code)
    }
}

/// Whether one of the tokens is among what the header says in the element.
pub(super) fn matches(header: &Header, element: TokenElement, tokens: &[Token]) -> bool {
    let any = |system: Option<&str>, code: Option<&str>| {
        tokens.iter().any(|token| token.matches(system, code))
    };
    let codings = match element {
        TokenElement::Category => &header.categories,
        TokenElement::Code => &header.codes,
        TokenElement::Type => &header.types,
        TokenElement::ClinicalStatus => &header.clinical_status,
        TokenElement::Identifier => {
            let mut identifiers = header.identifiers.iter();
            return identifiers.any(|it| any(it.system.as_deref(), it.value.as_deref()));
        }
        TokenElement::Status => return bare(header, element, header.status.as_deref(), any),
        TokenElement::Intent => return bare(header, element, header.intent.as_deref(), any),
        TokenElement::Gender => {
            let gender = header
                .person
                .as_ref()
                .and_then(|person| person.gender.as_deref());
            return bare(header, element, gender, any);
        }
    };
    codings
        .iter()
        .any(|coding| any(coding.system.as_deref(), coding.code.as_deref()))
}

/// An element of type `code` has the system that its binding implies.
fn bare(
    header: &Header,
    element: TokenElement,
    code: Option<&str>,
    any: impl Fn(Option<&str>, Option<&str>) -> bool,
) -> bool {
    code.is_some() && any(implied_system(header.resource_type, element), code)
}

fn implied_system(resource_type: ResourceType, element: TokenElement) -> Option<&'static str> {
    match element {
        TokenElement::Gender => Some("http://hl7.org/fhir/administrative-gender"),
        TokenElement::Intent if resource_type == ResourceType::MedicationRequest => {
            Some("http://hl7.org/fhir/CodeSystem/medicationrequest-intent")
        }
        TokenElement::Intent => Some("http://hl7.org/fhir/request-intent"),
        _ => status_system(resource_type),
    }
}

/// What the status of a type is a code of (FHIR R4, the bindings of each resource).
const fn status_system(resource_type: ResourceType) -> Option<&'static str> {
    Some(match resource_type {
        ResourceType::Observation => "http://hl7.org/fhir/observation-status",
        ResourceType::DiagnosticReport => "http://hl7.org/fhir/diagnostic-report-status",
        ResourceType::ImagingStudy => "http://hl7.org/fhir/imagingstudy-status",
        ResourceType::MedicationRequest => {
            "http://hl7.org/fhir/CodeSystem/medicationrequest-status"
        }
        ResourceType::MedicationDispense => {
            "http://terminology.hl7.org/CodeSystem/medicationdispense-status"
        }
        ResourceType::Immunization | ResourceType::Communication | ResourceType::Procedure => {
            "http://hl7.org/fhir/event-status"
        }
        ResourceType::Appointment => "http://hl7.org/fhir/appointmentstatus",
        ResourceType::Coverage => "http://hl7.org/fhir/fm-status",
        ResourceType::ExplanationOfBenefit => "http://hl7.org/fhir/explanationofbenefit-status",
        ResourceType::DocumentReference => "http://hl7.org/fhir/document-reference-status",
        ResourceType::Encounter => "http://hl7.org/fhir/encounter-status",
        ResourceType::CarePlan | ResourceType::ServiceRequest => {
            "http://hl7.org/fhir/request-status"
        }
        ResourceType::CareTeam => "http://hl7.org/fhir/care-team-status",
        ResourceType::Goal => "http://hl7.org/fhir/goal-status",
        ResourceType::Specimen => "http://hl7.org/fhir/specimen-status",
        ResourceType::Device => "http://hl7.org/fhir/device-status",
        ResourceType::QuestionnaireResponse => "http://hl7.org/fhir/questionnaire-answers-status",
        ResourceType::Consent => "http://hl7.org/fhir/consent-state-codes",
        ResourceType::Medication => "http://hl7.org/fhir/CodeSystem/medication-status",
        ResourceType::Location => "http://hl7.org/fhir/location-status",
        ResourceType::Patient
        | ResourceType::AllergyIntolerance
        | ResourceType::Condition
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole
        | ResourceType::Organization
        | ResourceType::Provenance
        | ResourceType::AuditEvent
        | ResourceType::RelatedPerson
        | ResourceType::Binary => {
            return None;
        }
    })
}
