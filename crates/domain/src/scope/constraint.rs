//! The parameters of a granular scope: which records of a type it is about.

use std::collections::BTreeSet;
use std::fmt;

use portal_fhir::{Header, ResourceType, parameters};

use super::parse::RejectedScope;
use super::token::Token;

/// Values of one scope in all: each is tried on each record of a set.
const MAX_VALUES: usize = 16;

/// What every covered record has to match. Two of them are the same if they have the same clauses,
/// in whatever order they were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Constraint(BTreeSet<Clause>);

/// One `parameter=value,value`: the values are alternatives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Clause {
    parameter: Parameter,
    any_of: BTreeSet<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Parameter {
    Category,
    Code,
    Status,
}

impl Constraint {
    /// Reads what stands behind the question mark. There is no percent decoding: whether an issuer
    /// means a percent sign or what it encodes cannot be told.
    pub(super) fn parse(text: &str) -> Result<Self, RejectedScope> {
        if !text.bytes().all(is_plain) {
            return Err(RejectedScope::MalformedParameters);
        }
        if text.split(['&', ',']).count() > MAX_VALUES {
            return Err(RejectedScope::TooManyValues);
        }
        text.split('&')
            .map(Clause::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether the type can be searched by every parameter. One that it is not searched by is as
    /// unknown as one that does not exist.
    pub(super) fn is_known_to(&self, resource_type: ResourceType) -> bool {
        self.0.iter().all(|clause| {
            let name = clause.parameter.as_str();
            parameters(resource_type)
                .iter()
                .any(|known| known.name == name)
        })
    }

    /// Whether the record is one that the scope is about.
    pub(super) fn matches(&self, header: &Header) -> bool {
        self.0.iter().all(|clause| clause.matches(header))
    }

    /// Both at once.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether it asks for everything that the other asks for, so that what it matches the other
    /// matches as well. Looks at clauses as wholes, so not every such pair is found.
    pub(super) fn implies(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }
}

/// A character that a scope may have (RFC 6749 section 3.3) and that stands for itself.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'%')
}

impl Clause {
    fn parse(text: &str) -> Result<Self, RejectedScope> {
        let (name, values) = text
            .split_once('=')
            .ok_or(RejectedScope::MalformedParameters)?;
        // A modifier or a chain is part of the name, which then is none of these.
        let parameter = Parameter::parse(name).ok_or(RejectedScope::UnsupportedParameters)?;
        let one = |value| Token::parse(value).filter(|token| parameter.takes(token));
        let any_of = values.split(',').map(one).collect::<Option<_>>();
        let any_of = any_of.ok_or(RejectedScope::MalformedParameters)?;
        Ok(Self { parameter, any_of })
    }

    /// An element that cannot be read in whole could say anything, so it is no match.
    fn matches(&self, header: &Header) -> bool {
        let (unreadable, codings) = match self.parameter {
            Parameter::Category => (header.category_unreadable, &header.categories),
            Parameter::Code => (header.codes_unreadable, &header.codes),
            Parameter::Status => return self.has(None, header.status.as_deref()),
        };
        let mut codings = codings.iter();
        !unreadable && codings.any(|it| self.has(it.system.as_deref(), it.code.as_deref()))
    }

    fn has(&self, system: Option<&str>, code: Option<&str>) -> bool {
        self.any_of.iter().any(|token| token.matches(system, code))
    }
}

impl Parameter {
    fn parse(name: &str) -> Option<Self> {
        let all = [Self::Category, Self::Code, Self::Status];
        all.into_iter().find(|parameter| parameter.as_str() == name)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Code => "code",
            Self::Status => "status",
        }
    }

    /// A status is a bare code: its system is only implied by the type (FHIR R4 3.1.1.4.10).
    const fn takes(self, token: &Token) -> bool {
        match self {
            Self::Category | Self::Code => true,
            Self::Status => matches!(token, Token::Code(_)),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(formatter, "&", &self.0)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}=", self.parameter.as_str())?;
        write_list(formatter, ",", &self.any_of)
    }
}

fn write_list<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    separator: &str,
    items: &BTreeSet<T>,
) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        let before = if position == 0 { "" } else { separator };
        write!(formatter, "{before}{item}")?;
    }
    Ok(())
}
