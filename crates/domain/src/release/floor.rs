//! The floor: marks, statuses, and critical results.

use jiff::{SignedDuration, Timestamp};
use portal_fhir::{Coding, Contained, Header, ResourceType, When};

use crate::sensitivity::LabelMode;

use super::policy::{RuleIndex, Until, release_moment};

/// How a source says that something may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseMode {
    /// By a `released` mark in `meta.tag`; without it nothing is shown.
    Marked,
    /// By the resource's status.
    ByStatus,
}

/// The release rules of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRules {
    /// Marks or status.
    pub mode: ReleaseMode,
    /// The system of the marks.
    pub tag_system: Box<str>,
    /// How far its labels can be relied on.
    pub labels: LabelMode,
}

/// Why something is not shown. For metrics and explanations; the caller hears of holds alone. In
/// the order of strictness, as far as rules of a policy are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Withheld {
    /// A rule of the tenant's policy holds it for a while.
    Held {
        /// Until when.
        until: Until,
        /// Which rule.
        rule: RuleIndex,
    },
    /// A rule of the tenant's policy withholds it.
    ByPolicy {
        /// Which rule.
        rule: RuleIndex,
    },
    /// It is sensitive, and not for this proxy.
    Sensitive,
    /// The source has not marked it as released.
    NotReleased,
    /// Its status is not one that is shown.
    Status,
    /// It was entered in error.
    EnteredInError,
    /// It is where somebody lives.
    Home,
    /// Critical and not acknowledged yet.
    Critical,
    /// Its labels or dates cannot be read.
    Unreadable,
    /// A result that it reports is hidden, or cannot be judged.
    HiddenResult,
}

impl Withheld {
    /// The reason as a metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::ByPolicy { .. } => "by-policy",
            Self::Sensitive => "sensitive",
            Self::NotReleased => "not-released",
            Self::Status => "status",
            Self::EnteredInError => "entered-in-error",
            Self::Home => "home",
            Self::Critical => "critical",
            Self::Unreadable => "unreadable",
            Self::HiddenResult => "hidden-result",
        }
    }
}

/// What the floor says of a record, whoever looks at it and when: it follows from the record and
/// the rules of its source alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floor {
    /// Nothing stands against it.
    Open,
    /// It waits for some time after it was issued.
    Waits,
    /// [`Withheld::NotReleased`]
    NotReleased,
    /// [`Withheld::Status`]
    Status,
    /// [`Withheld::EnteredInError`]
    EnteredInError,
    /// [`Withheld::Home`]
    Home,
    /// [`Withheld::Critical`]
    Critical,
    /// [`Withheld::Unreadable`]
    Unreadable,
}

impl Floor {
    /// The floor of one record.
    pub(crate) fn of(header: &Header, rules: &ReleaseRules) -> Self {
        let stands_against = check_status(
            Some(header.resource_type),
            header.status.as_deref(),
            &header.verification_status,
        )
        .or_else(|| check_contained_status(&header.contained))
        .or_else(|| (!is_readable(header)).then_some(Self::Unreadable));
        if let Some(floor) = stands_against {
            return floor;
        }
        if header.resource_type == ResourceType::Location && may_be_home(header) {
            return Self::Home;
        }
        let marks = Marks::of(header, rules);
        if rules.mode == ReleaseMode::Marked && !marks.has("released") {
            return Self::NotReleased;
        }
        if !holds_result(header)
            || !is_critical(header, rules)
            || marks.has("critical-acknowledged")
        {
            return Self::Open;
        }
        match rules.mode {
            ReleaseMode::Marked => Self::Critical,
            ReleaseMode::ByStatus => Self::Waits,
        }
    }

    /// The verdict at a moment.
    pub(super) fn check(
        self,
        header: &Header,
        critical_hold: SignedDuration,
        now: Timestamp,
    ) -> Result<(), Withheld> {
        Err(match self {
            Self::Open => return Ok(()),
            Self::Waits => return check_hold(header, critical_hold, now),
            Self::NotReleased => Withheld::NotReleased,
            Self::Status => Withheld::Status,
            Self::EnteredInError => Withheld::EnteredInError,
            Self::Home => Withheld::Home,
            Self::Critical => Withheld::Critical,
            Self::Unreadable => Withheld::Unreadable,
        })
    }
}

/// The marks of a source on one resource.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    tags: &'a [Coding],
    system: &'a str,
}

impl<'a> Marks<'a> {
    pub(super) fn of(header: &'a Header, rules: &'a ReleaseRules) -> Self {
        Self::new(&header.tags, rules)
    }

    fn new(tags: &'a [Coding], rules: &'a ReleaseRules) -> Self {
        Self {
            tags,
            system: &rules.tag_system,
        }
    }

    /// Whether the source marked it so.
    pub(super) fn has(self, mark: &str) -> bool {
        self.tags.iter().any(|tag| tag.is(self.system, mark))
    }
}

pub(super) const fn is_result(resource_type: ResourceType) -> bool {
    matches!(
        resource_type,
        ResourceType::Observation | ResourceType::DiagnosticReport
    )
}

pub(super) fn is_contained_result(inner: &Contained) -> bool {
    ResourceType::parse(&inner.type_name).is_some_and(is_result)
}

fn holds_result(header: &Header) -> bool {
    is_result(header.resource_type) || header.contained.iter().any(is_contained_result)
}

const SHOWN_RESULT: [&str; 3] = ["final", "amended", "corrected"];

fn check_status(
    resource_type: Option<ResourceType>,
    status: Option<&str>,
    verification: &[Coding],
) -> Option<Floor> {
    let entered_in_error = |text: &str| text == "entered-in-error";
    let verified_in_error = verification
        .iter()
        .filter_map(|coding| coding.code.as_deref())
        .any(entered_in_error);
    if verified_in_error || status.is_some_and(entered_in_error) {
        return Some(Floor::EnteredInError);
    }
    let shown = match resource_type {
        Some(ResourceType::Observation) => status.is_some_and(|s| SHOWN_RESULT.contains(&s)),
        Some(ResourceType::DiagnosticReport) => {
            status.is_some_and(|s| s == "appended" || SHOWN_RESULT.contains(&s))
        }
        Some(ResourceType::MedicationRequest) => status != Some("draft"),
        Some(_) | None => true,
    };
    (!shown).then_some(Floor::Status)
}

// What is contained leaves with its container, so the container waits for it.
fn check_contained_status(contained: &[Contained]) -> Option<Floor> {
    contained.iter().find_map(|inner| {
        check_status(
            ResourceType::parse(&inner.type_name),
            inner.status.as_deref(),
            &inner.verification_status,
        )
    })
}

fn is_readable(header: &Header) -> bool {
    let unreadable_date = matches!(header.date, Some(When::Unreadable)) || header.issued_unreadable;
    let unreadable_result = is_result(header.resource_type)
        && (header.labels_unreadable || header.category_unreadable || unreadable_date);
    let unreadable_inside = header
        .contained
        .iter()
        .any(|inner| inner.labels_unreadable && is_contained_result(inner));
    !unreadable_result && !unreadable_inside
}

/// `physicalType` is `ho`, or `type` is `PTRES`; as good as that is what cannot be read.
fn may_be_home(header: &Header) -> bool {
    let is_home = |coding: &Coding| {
        let is = |system: &str, code: &str| {
            coding.code.as_deref() == Some(code)
                && coding.system.as_deref().is_none_or(|own| own == system)
        };
        is(LOCATION_PHYSICAL_TYPE, "ho") || is(ROLE_CODE, "PTRES")
    };
    header.other_codings_unreadable || header.other_codings.iter().any(is_home)
}

const LOCATION_PHYSICAL_TYPE: &str = "http://terminology.hl7.org/CodeSystem/location-physical-type";
const ROLE_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";

fn is_critical_interpretation(interpretation: &[Coding]) -> bool {
    interpretation
        .iter()
        .filter_map(|coding| coding.code.as_deref())
        .any(|code| matches!(code, "AA" | "HH" | "LL"))
}

pub(super) fn is_critical(header: &Header, rules: &ReleaseRules) -> bool {
    is_critical_interpretation(&header.interpretation)
        || Marks::of(header, rules).has("critical")
        || header.contained.iter().any(|inner| {
            is_critical_interpretation(&inner.interpretation)
                || Marks::new(&inner.tags, rules).has("critical")
        })
}

fn check_hold(header: &Header, hold: SignedDuration, now: Timestamp) -> Result<(), Withheld> {
    match release_moment(header, hold) {
        None => Err(Withheld::Unreadable),
        Some(until) if until <= now => Ok(()),
        Some(_) => Err(Withheld::Critical),
    }
}

#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;
