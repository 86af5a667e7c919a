//! What a rule of the policy is about.

use portal_fhir::{Coding, Contained, Header, ResourceType};

use crate::source::Source;

use super::floor::{Marks, is_contained_result};
use super::pattern::CodePattern;

/// What a rule matches: every list that is not empty must hold one that fits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleMatch {
    /// Types.
    pub types: Vec<ResourceType>,
    /// Categories.
    pub categories: Vec<CodePattern>,
    /// Codes.
    pub codes: Vec<CodePattern>,
    /// Statuses.
    pub statuses: Vec<Box<str>>,
    /// Labels of `meta.security`.
    pub security_labels: Vec<CodePattern>,
    /// Only what is critical.
    pub critical_only: bool,
    /// Only what comes from this source.
    pub source: Option<Source>,
}

/// A record as rules look at it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) header: &'a Header,
    pub(super) source: Source,
    pub(super) critical: bool,
    pub(super) marks: Marks<'a>,
}

impl<'a> Subject<'a> {
    /// The contained resources that would be judged by themselves if they stood alone.
    pub(super) fn contained_results(&self) -> impl Iterator<Item = &'a Contained> + use<'a> {
        let contained = self.header.contained.iter();
        contained.filter(|inner| is_contained_result(inner))
    }
}

/// What of a record is judged.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// The record with all that is contained in it.
    Whole,
    /// One contained resource.
    Contained(&'a Contained),
}

impl RuleMatch {
    /// Whether a part is certainly meant, so that it may be released. A record is not meant by
    /// what is contained in it.
    pub(super) fn means(&self, subject: &Subject<'_>, part: Part<'_>) -> bool {
        self.fits_source(subject)
            && match part {
                Part::Whole => self.holds(&Matched::of(subject.header), Certainty::Certain),
                Part::Contained(inner) => self.holds(&Matched::inside(inner), Certainty::Certain),
            }
    }

    /// Whether a part may be meant, so that it has to be restricted: by what cannot be read too,
    /// because that may be anything, and by anything contained in it.
    pub(super) fn may_mean(&self, subject: &Subject<'_>, part: Part<'_>) -> bool {
        let inside = |inner| self.holds(&Matched::inside(inner), Certainty::Possible);
        self.fits_source(subject)
            && match part {
                Part::Whole => {
                    self.holds(&Matched::of(subject.header), Certainty::Possible)
                        || subject.header.contained.iter().any(inside)
                }
                Part::Contained(inner) => inside(inner),
            }
    }

    fn fits_source(&self, subject: &Subject<'_>) -> bool {
        (subject.critical || !self.critical_only)
            && self.source.is_none_or(|source| source == subject.source)
    }

    fn holds(&self, matched: &Matched<'_>, certainty: Certainty) -> bool {
        let type_fits = self.types.is_empty()
            || self
                .types
                .iter()
                .any(|kind| kind.as_str() == matched.type_name);
        let status_fits = self.statuses.is_empty()
            || matched
                .status
                .is_some_and(|status| self.statuses.iter().any(|one| **one == *status));
        type_fits
            && status_fits
            && matched.categories.fit(&self.categories, certainty)
            && matched.codes.fit(&self.codes, certainty)
            && matched.security.fit(&self.security_labels, certainty)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Certain,
    Possible,
}

/// A resource, contained or not, as matches look at it.
struct Matched<'a> {
    type_name: &'a str,
    status: Option<&'a str>,
    categories: Codes<'a>,
    codes: Codes<'a>,
    security: Codes<'a>,
}

/// The codes of one element, and whether some of them cannot be read.
struct Codes<'a> {
    listed: &'a [Coding],
    of_components: &'a [Coding],
    unreadable: bool,
}

impl<'a> Matched<'a> {
    fn of(header: &'a Header) -> Self {
        Self {
            type_name: header.resource_type.as_str(),
            status: header.status.as_deref(),
            categories: Codes::new(&header.categories, header.category_unreadable),
            codes: Codes {
                of_components: &header.component_codes,
                ..Codes::new(&header.codes, header.codes_unreadable)
            },
            security: Codes::new(&header.security, header.labels_unreadable),
        }
    }

    fn inside(inner: &'a Contained) -> Self {
        Self {
            type_name: &inner.type_name,
            status: inner.status.as_deref(),
            categories: Codes::new(&inner.categories, inner.is_unreadable()),
            codes: Codes::new(&inner.codes, inner.is_unreadable()),
            security: Codes::new(&inner.security, inner.is_unreadable()),
        }
    }
}

impl<'a> Codes<'a> {
    const fn new(listed: &'a [Coding], unreadable: bool) -> Self {
        Self {
            listed,
            of_components: &[],
            unreadable,
        }
    }

    fn fit(&self, patterns: &[CodePattern], certainty: Certainty) -> bool {
        let possible = certainty == Certainty::Possible;
        let fits = |pattern: &CodePattern, coding| match certainty {
            Certainty::Certain => pattern.matches(coding),
            Certainty::Possible => pattern.may_match(coding),
        };
        let mut codes = self.listed.iter().chain(self.of_components);
        patterns.is_empty()
            || (self.unreadable && possible)
            || codes.any(|coding| patterns.iter().any(|pattern| fits(pattern, coding)))
    }
}

#[cfg(test)]
#[path = "rule_match_tests.rs"]
mod tests;
