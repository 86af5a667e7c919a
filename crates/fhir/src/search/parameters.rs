//! The tables of search parameters: what is served and what the `CapabilityStatement` says.

use crate::resource_type::ResourceType;

/// The kind of a search parameter (FHIR R4 search-param-type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A code, with or without its system.
    Token,
    /// A date or a stretch of time.
    Date,
    /// A reference to another resource.
    Reference,
    /// Text that a value starts with.
    String,
    /// A parameter with rules of its own.
    Special,
}

impl ParameterKind {
    /// The code of the kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Date => "date",
            Self::Reference => "reference",
            Self::String => "string",
            Self::Special => "special",
        }
    }
}

/// One declared search parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Its name in a query.
    pub name: &'static str,
    /// Its kind.
    pub kind: ParameterKind,
    /// Whether it takes the prefixes `eq ne gt ge lt le sa eb`.
    pub comparators: bool,
    /// Whether `_sort` may name it.
    pub sortable: bool,
    /// What it means, for the `CapabilityStatement`.
    pub documentation: &'static str,
    pub(super) target: Target,
}

/// What a parameter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Patient,
    Id,
    Token(TokenElement),
    Date(DateElement),
    Text(TextElement),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenElement {
    Category,
    Code,
    ClinicalStatus,
    Status,
    Intent,
    Gender,
    Identifier,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateElement {
    LastUpdated,
    Main,
    Recorded,
    BirthDate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextElement {
    Name,
    Family,
    Given,
}

/// The declared search parameters of a type.
pub fn parameters(resource_type: ResourceType) -> &'static [ParameterSpec] {
    match resource_type {
        ResourceType::Patient => &PATIENT_TYPE,
        ResourceType::AllergyIntolerance => &ALLERGY_INTOLERANCE,
        ResourceType::Condition => &CONDITION,
        ResourceType::Observation => &OBSERVATION,
        ResourceType::DiagnosticReport => &DIAGNOSTIC_REPORT,
        ResourceType::MedicationRequest => &MEDICATION_REQUEST,
        ResourceType::Immunization => &IMMUNIZATION,
    }
}

pub(super) fn find(resource_type: ResourceType, name: &str) -> Option<&'static ParameterSpec> {
    parameters(resource_type)
        .iter()
        .find(|parameter| parameter.name == name)
}

const fn token(
    name: &'static str,
    element: TokenElement,
    documentation: &'static str,
) -> ParameterSpec {
    let kind = ParameterKind::Token;
    let target = Target::Token(element);
    ParameterSpec {
        name,
        kind,
        comparators: false,
        sortable: false,
        documentation,
        target,
    }
}

const fn date(
    name: &'static str,
    element: DateElement,
    documentation: &'static str,
) -> ParameterSpec {
    let kind = ParameterKind::Date;
    let target = Target::Date(element);
    ParameterSpec {
        name,
        kind,
        comparators: true,
        sortable: false,
        documentation,
        target,
    }
}

const fn text(
    name: &'static str,
    element: TextElement,
    documentation: &'static str,
) -> ParameterSpec {
    let kind = ParameterKind::String;
    let target = Target::Text(element);
    ParameterSpec {
        name,
        kind,
        comparators: false,
        sortable: false,
        documentation,
        target,
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

static PATIENT_TYPE: [ParameterSpec; 8] = [
    ID,
    LAST_UPDATED,
    token(
        "identifier",
        TokenElement::Identifier,
        "A business identifier",
    ),
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
    token("intent", TokenElement::Intent, "The intent"),
    date("authoredon", DateElement::Main, "When it was written"),
];
static IMMUNIZATION: [ParameterSpec; 5] = [ID, LAST_UPDATED, PATIENT, DATE, STATUS];
