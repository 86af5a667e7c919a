//! A parsed search and the questions that can be asked of it.

use jiff::tz::TimeZone;

use super::IncludeSpec;
use super::date::{self, DateTest};
use super::order::Sort;
use super::parameters::{DateElement, TextElement, TokenElement};
use super::text;
use super::token::{self, Token};
use crate::header::{Header, Interval};
use crate::privacy::hidden_debug;
use crate::resource_type::ResourceType;

/// Results in a page when nobody asks for another number.
pub(super) const DEFAULT_COUNT: usize = 20;

/// A search of one type. Holds what a client wrote, so it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) resource_type: ResourceType,
    pub(super) patients: Vec<String>,
    pub(super) ids: Option<Vec<String>>,
    pub(super) categories: Option<Vec<Token>>,
    pub(super) filters: Vec<Filter>,
    pub(super) count: Option<usize>,
    pub(super) summary_count: bool,
    pub(super) elements: Option<Vec<String>>,
    pub(super) sort: Option<Sort>,
    pub(super) includes: Vec<IncludeSpec>,
    pub(super) provenance: bool,
    pub(super) applied: Vec<(String, String)>,
}

/// One parameter: its values are alternatives.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Filter {
    Id(Vec<String>),
    Token(TokenElement, Vec<Token>),
    Date(DateElement, Vec<DateTest>),
    Text(TextElement, Vec<String>),
}

hidden_debug!(Query, Filter);

impl Query {
    /// A search without any parameter.
    pub fn all(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            patients: Vec::new(),
            ids: None,
            categories: None,
            filters: Vec::new(),
            count: None,
            summary_count: false,
            elements: None,
            sort: None,
            includes: Vec::new(),
            provenance: false,
            applied: Vec::new(),
        }
    }

    /// The searched type.
    pub fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// Every patient id asked for by `patient`, without a leading `Patient/`, otherwise as given.
    /// The caller compares each with the patient that it may read; no filter is made of them.
    pub fn patient(&self) -> &[String] {
        &self.patients
    }

    /// Alternatives of the first `category`, when there is one: a resource outside of them cannot
    /// match, so that the caller may leave out sets.
    pub fn categories(&self) -> Option<&[Token]> {
        self.categories.as_deref()
    }

    /// Alternatives of the first `_id`, when there is one.
    pub fn ids(&self) -> Option<&[String]> {
        self.ids.as_deref()
    }

    /// How many results a page has, 0 to 100.
    pub fn count(&self) -> usize {
        self.count.unwrap_or(DEFAULT_COUNT)
    }

    /// Whether only the number of matches is asked for: `_summary=count`, or `_count=0`, which
    /// means the same (FHIR R4 3.1.1.5.2).
    pub fn summary_count(&self) -> bool {
        self.summary_count || self.count == Some(0)
    }

    /// The top-level elements that `_elements` asks for.
    pub fn elements(&self) -> Option<&[String]> {
        self.elements.as_deref()
    }

    /// The asked order.
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or_default()
    }

    /// What is to be brought along with the matches, each once.
    pub fn includes(&self) -> &[IncludeSpec] {
        &self.includes
    }

    /// Whether the Provenance of the matches is to be brought along.
    pub fn brings_provenance(&self) -> bool {
        self.provenance
    }

    /// Whether a resource matches every parameter. Dates without an offset are in `zone`.
    pub fn matches(&self, header: &Header, zone: &TimeZone) -> bool {
        header.resource_type == self.resource_type
            && self.filters.iter().all(|filter| match filter {
                Filter::Id(ids) => ids.iter().any(|id| *id == *header.id),
                Filter::Token(element, tokens) => token::matches(header, *element, tokens),
                Filter::Date(element, tests) => date::matches(header, *element, tests, zone),
                Filter::Text(element, starts) => text::matches(header, *element, starts),
            })
    }

    /// A stretch of time outside of which no moment in the date that the type is searched by passes the
    /// query's tests of it; wider than need be.
    pub fn stretch(&self, zone: &TimeZone) -> Interval {
        let mut stretch = Interval {
            start: None,
            end: None,
        };
        for filter in &self.filters {
            if let Filter::Date(DateElement::Main, tests) = filter {
                let of_any = date::stretch(tests, zone);
                stretch.start = stretch.start.max(of_any.start);
                stretch.end = [stretch.end, of_any.end].into_iter().flatten().min();
            }
        }
        stretch
    }

    /// What was applied, in the order of the query, for the `self` link. `_format` is negotiation
    /// and not part of it; `_count` is what it was clamped to.
    pub fn applied(&self) -> &[(String, String)] {
        &self.applied
    }
}
