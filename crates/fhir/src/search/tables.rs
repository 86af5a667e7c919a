//! The tables of search parameters: what is served and what the `CapabilityStatement` says. They
//! are those of the specification and the searches that US Core 6.1 asks of a server.

use super::parameters::{
    DateElement, ParameterKind, ParameterSpec, Target, TextElement, TokenElement, date, text, token,
};
use crate::resource_type::ResourceType;

/// The declared search parameters of a type.
pub fn parameters(resource_type: ResourceType) -> &'static [ParameterSpec] {
    match resource_type {
        ResourceType::Patient => &PATIENT_TYPE,
        ResourceType::AllergyIntolerance => &ALLERGY_INTOLERANCE,
        ResourceType::Condition => &CONDITION,
        ResourceType::Observation => &OBSERVATION,
        ResourceType::DiagnosticReport => &DIAGNOSTIC_REPORT,
        ResourceType::ImagingStudy => &IMAGING_STUDY,
        ResourceType::MedicationRequest => &MEDICATION_REQUEST,
        ResourceType::MedicationDispense => &MEDICATION_DISPENSE,
        ResourceType::Immunization => &IMMUNIZATION,
        ResourceType::Appointment => &APPOINTMENT,
        ResourceType::Coverage => &COVERAGE,
        ResourceType::ExplanationOfBenefit => &EXPLANATION_OF_BENEFIT,
        ResourceType::Communication => &COMMUNICATION,
        ResourceType::DocumentReference => &DOCUMENT_REFERENCE,
        ResourceType::Encounter => &ENCOUNTER,
        ResourceType::Procedure => &PROCEDURE,
        ResourceType::CarePlan => &CARE_PLAN,
        ResourceType::CareTeam => &CARE_TEAM,
        ResourceType::Goal => &GOAL,
        ResourceType::ServiceRequest => &SERVICE_REQUEST,
        ResourceType::Specimen => &SPECIMEN,
        ResourceType::Device => &DEVICE,
        ResourceType::QuestionnaireResponse => &QUESTIONNAIRE_RESPONSE,
        ResourceType::Provenance => &PROVENANCE,
        ResourceType::AuditEvent => &AUDIT_EVENT,
        ResourceType::Consent => &CONSENT,
        ResourceType::RelatedPerson => &RELATED_PERSON,
        ResourceType::Medication
        | ResourceType::Binary
        | ResourceType::Practitioner
        | ResourceType::PractitionerRole
        | ResourceType::Organization
        | ResourceType::Location => &[],
    }
}

/// Whether a type can be searched; otherwise records of it are read by their ids alone.
pub fn is_searchable(resource_type: ResourceType) -> bool {
    !parameters(resource_type).is_empty()
}

/// What a search can bring along beside its matches: what they refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncludeSpec {
    /// The value of `_include`, such as `MedicationRequest:medication`.
    pub name: &'static str,
    /// The top-level element whose references are followed.
    pub element: &'static str,
    /// The type that is brought along.
    pub target: ResourceType,
}

/// The declared values of `_include` of a type.
pub fn includes(resource_type: ResourceType) -> &'static [IncludeSpec] {
    match resource_type {
        ResourceType::MedicationRequest => &REQUESTED,
        ResourceType::MedicationDispense => &DISPENSED,
        _ => &[],
    }
}

/// The declared values of `_revinclude` of a type: those that US Core 6.1 asks of a server.
pub fn rev_includes(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::Patient
        | ResourceType::AllergyIntolerance
        | ResourceType::CarePlan
        | ResourceType::CareTeam
        | ResourceType::Condition
        | ResourceType::Coverage
        | ResourceType::Device
        | ResourceType::DiagnosticReport
        | ResourceType::DocumentReference
        | ResourceType::Encounter
        | ResourceType::Goal
        | ResourceType::Immunization
        | ResourceType::MedicationDispense
        | ResourceType::MedicationRequest
        | ResourceType::Observation
        | ResourceType::Procedure
        | ResourceType::QuestionnaireResponse
        | ResourceType::ServiceRequest => &["Provenance:target"],
        _ => &[],
    }
}

static REQUESTED: [IncludeSpec; 1] = [medication("MedicationRequest:medication")];
static DISPENSED: [IncludeSpec; 1] = [medication("MedicationDispense:medication")];

const fn medication(name: &'static str) -> IncludeSpec {
    IncludeSpec {
        name,
        element: "medicationReference",
        target: ResourceType::Medication,
    }
}

const ID: ParameterSpec = ParameterSpec {
    name: "_id",
    kind: ParameterKind::Token,
    comparators: false,
    sortable: false,
    documentation: "The logical id",
    target: Target::Id,
};
const PATIENT: ParameterSpec = ParameterSpec {
    name: "patient",
    kind: ParameterKind::Reference,
    comparators: false,
    sortable: false,
    documentation: "The patient, as ID or Patient/ID; without it the patient of the token",
    target: Target::Patient,
};
const LAST_UPDATED: ParameterSpec = date(
    "_lastUpdated",
    DateElement::LastUpdated,
    "When the version came to be",
);
const CATEGORY: ParameterSpec = token("category", TokenElement::Category, "The category");
const CODE: ParameterSpec = token("code", TokenElement::Code, "What it is about");
const STATUS: ParameterSpec = token("status", TokenElement::Status, "The status");
const CLINICAL_STATUS: ParameterSpec = token(
    "clinical-status",
    TokenElement::ClinicalStatus,
    "The clinical status",
);
const DATE: ParameterSpec = ParameterSpec {
    sortable: true,
    ..date(
        "date",
        DateElement::Main,
        "When it was true or done; the default order, newest first",
    )
};
const fn sorted(name: &'static str, documentation: &'static str) -> ParameterSpec {
    ParameterSpec {
        sortable: true,
        ..date(name, DateElement::Main, documentation)
    }
}

const TYPE: ParameterSpec = token("type", TokenElement::Type, "The type");
const IDENTIFIER: ParameterSpec = token(
    "identifier",
    TokenElement::Identifier,
    "A business identifier",
);
const INTENT: ParameterSpec = token("intent", TokenElement::Intent, "The intent");

static PATIENT_TYPE: [ParameterSpec; 8] = [
    ID,
    LAST_UPDATED,
    IDENTIFIER,
    text("name", TextElement::Name, "The start of any part of a name"),
    text("family", TextElement::Family, "The start of a family name"),
    text("given", TextElement::Given, "The start of a given name"),
    date("birthdate", DateElement::BirthDate, "The date of birth"),
    token("gender", TokenElement::Gender, "The administrative gender"),
];
static ALLERGY_INTOLERANCE: [ParameterSpec; 4] = [ID, LAST_UPDATED, PATIENT, CLINICAL_STATUS];
static CONDITION: [ParameterSpec; 8] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    CATEGORY,
    CLINICAL_STATUS,
    CODE,
    date("onset-date", DateElement::Main, "When it began"),
    date(
        "recorded-date",
        DateElement::Recorded,
        "When it was recorded",
    ),
];
static OBSERVATION: [ParameterSpec; 7] = [ID, LAST_UPDATED, PATIENT, CATEGORY, CODE, DATE, STATUS];
static DIAGNOSTIC_REPORT: [ParameterSpec; 7] =
    [ID, LAST_UPDATED, PATIENT, CATEGORY, CODE, DATE, STATUS];
static MEDICATION_REQUEST: [ParameterSpec; 6] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    STATUS,
    INTENT,
    date("authoredon", DateElement::Main, "When it was written"),
];
static IMMUNIZATION: [ParameterSpec; 5] = [ID, LAST_UPDATED, PATIENT, DATE, STATUS];
static IMAGING_STUDY: [ParameterSpec; 5] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    sorted("started", "When it began; the default order, newest first"),
    STATUS,
];
static MEDICATION_DISPENSE: [ParameterSpec; 5] = [ID, LAST_UPDATED, PATIENT, STATUS, TYPE];
static APPOINTMENT: [ParameterSpec; 5] = [ID, LAST_UPDATED, PATIENT, DATE, STATUS];
static COVERAGE: [ParameterSpec; 5] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    ParameterSpec {
        name: "beneficiary",
        ..PATIENT
    },
    STATUS,
];
static EXPLANATION_OF_BENEFIT: [ParameterSpec; 5] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    sorted(
        "created",
        "When it was made; the default order, newest first",
    ),
    STATUS,
];
static COMMUNICATION: [ParameterSpec; 4] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    sorted("sent", "When it was sent; the default order, newest first"),
];
static DOCUMENT_REFERENCE: [ParameterSpec; 7] =
    [ID, LAST_UPDATED, PATIENT, CATEGORY, TYPE, DATE, STATUS];
static ENCOUNTER: [ParameterSpec; 7] = [ID, LAST_UPDATED, PATIENT, IDENTIFIER, TYPE, DATE, STATUS];
static PROCEDURE: [ParameterSpec; 6] = [ID, LAST_UPDATED, PATIENT, CODE, DATE, STATUS];
static CARE_PLAN: [ParameterSpec; 6] = [ID, LAST_UPDATED, PATIENT, CATEGORY, DATE, STATUS];
static CARE_TEAM: [ParameterSpec; 4] = [ID, LAST_UPDATED, PATIENT, STATUS];
static GOAL: [ParameterSpec; 4] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    token(
        "lifecycle-status",
        TokenElement::Status,
        "The lifecycle status",
    ),
];
static SERVICE_REQUEST: [ParameterSpec; 7] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    CATEGORY,
    CODE,
    sorted(
        "authored",
        "When it was written; the default order, newest first",
    ),
    STATUS,
];
static SPECIMEN: [ParameterSpec; 4] = [ID, LAST_UPDATED, PATIENT, TYPE];
static DEVICE: [ParameterSpec; 5] = [ID, LAST_UPDATED, PATIENT, TYPE, STATUS];
static PROVENANCE: [ParameterSpec; 3] = [ID, LAST_UPDATED, PATIENT];
static QUESTIONNAIRE_RESPONSE: [ParameterSpec; 5] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    sorted(
        "authored",
        "When it was answered; the default order, newest first",
    ),
    STATUS,
];
static AUDIT_EVENT: [ParameterSpec; 4] = [
    ID,
    LAST_UPDATED,
    PATIENT,
    sorted("date", "When it happened; the default order, newest first"),
];
static CONSENT: [ParameterSpec; 4] = [ID, LAST_UPDATED, PATIENT, STATUS];
static RELATED_PERSON: [ParameterSpec; 3] = [ID, LAST_UPDATED, PATIENT];
