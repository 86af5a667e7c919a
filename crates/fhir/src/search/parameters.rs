//! Search parameters: what one is and what it looks at.

use super::tables::parameters;
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
    Type,
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

pub(super) fn find(resource_type: ResourceType, name: &str) -> Option<&'static ParameterSpec> {
    parameters(resource_type)
        .iter()
        .find(|parameter| parameter.name == name)
}

pub(super) const fn token(
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

pub(super) const fn date(
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

pub(super) const fn text(
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
