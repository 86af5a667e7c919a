//! The floor: marks, statuses, and critical results.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portal_fhir::{Coding, Contained, Header, ResourceType, When};

/// How a source says that something may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseMode {
    /// By a `released` mark in `meta.tag`; without it nothing is shown.
    Marked,
    /// By the resource's status.
    ByStatus,
}

/// The release rules of one source.
#[derive(Debug, Clone)]
pub struct ReleaseRules {
    /// Marks or status.
    pub mode: ReleaseMode,
    /// The system of the marks.
    pub tag_system: Box<str>,
    /// How long after `issued` a critical result of a source without marks waits.
    pub critical_hold: SignedDuration,
}

/// Why something is not shown. For metrics and explanations, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Withheld {
    /// The source has not marked it as released.
    NotReleased,
    /// Its status is not one that is shown.
    Status,
    /// It was entered in error.
    EnteredInError,
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
            Self::NotReleased => "not-released",
            Self::Status => "status",
            Self::EnteredInError => "entered-in-error",
            Self::Critical => "critical",
            Self::Unreadable => "unreadable",
            Self::HiddenResult => "hidden-result",
        }
    }
}

/// Judges one record by itself. A report also needs the verdicts on its results, see
/// [`super::Verdicts`].
pub fn judge(header: &Header, rules: &ReleaseRules, now: Timestamp) -> Result<(), Withheld> {
    check_status(
        Some(header.resource_type),
        header.status.as_deref(),
        &header.verification_status,
    )?;
    check_contained_status(&header.contained)?;
    check_readable(header)?;
    if rules.mode == ReleaseMode::Marked && !has_mark(&header.tags, rules, "released") {
        return Err(Withheld::NotReleased);
    }
    check_critical(header, rules, now)
}

const fn is_result(resource_type: ResourceType) -> bool {
    matches!(
        resource_type,
        ResourceType::Observation | ResourceType::DiagnosticReport
    )
}

fn is_contained_result(inner: &Contained) -> bool {
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
) -> Result<(), Withheld> {
    let entered_in_error = |text: &str| text == "entered-in-error";
    let verified_in_error = verification
        .iter()
        .filter_map(|coding| coding.code.as_deref())
        .any(entered_in_error);
    if verified_in_error || status.is_some_and(entered_in_error) {
        return Err(Withheld::EnteredInError);
    }
    let shown = match resource_type {
        Some(ResourceType::Observation) => status.is_some_and(|s| SHOWN_RESULT.contains(&s)),
        Some(ResourceType::DiagnosticReport) => {
            status.is_some_and(|s| s == "appended" || SHOWN_RESULT.contains(&s))
        }
        Some(ResourceType::MedicationRequest) => status != Some("draft"),
        Some(
            ResourceType::Patient
            | ResourceType::AllergyIntolerance
            | ResourceType::Condition
            | ResourceType::Immunization,
        )
        | None => true,
    };
    if shown { Ok(()) } else { Err(Withheld::Status) }
}

// What is contained leaves with its container, so the container waits for it.
fn check_contained_status(contained: &[Contained]) -> Result<(), Withheld> {
    contained.iter().try_for_each(|inner| {
        check_status(
            ResourceType::parse(&inner.type_name),
            inner.status.as_deref(),
            &inner.verification_status,
        )
    })
}

fn check_readable(header: &Header) -> Result<(), Withheld> {
    let unreadable_date = matches!(header.date, Some(When::Unreadable)) || header.issued_unreadable;
    let unreadable_result = is_result(header.resource_type)
        && (header.labels_unreadable || header.category_unreadable || unreadable_date);
    let unreadable_inside = header
        .contained
        .iter()
        .any(|inner| inner.labels_unreadable && is_contained_result(inner));
    if unreadable_result || unreadable_inside {
        return Err(Withheld::Unreadable);
    }
    Ok(())
}

fn has_mark(tags: &[Coding], rules: &ReleaseRules, wanted: &str) -> bool {
    tags.iter().any(|tag| {
        tag.system.as_deref() == Some(&*rules.tag_system) && tag.code.as_deref() == Some(wanted)
    })
}

fn is_critical_interpretation(interpretation: &[Coding]) -> bool {
    interpretation
        .iter()
        .filter_map(|coding| coding.code.as_deref())
        .any(|code| matches!(code, "AA" | "HH" | "LL"))
}

fn is_critical(header: &Header, rules: &ReleaseRules) -> bool {
    is_critical_interpretation(&header.interpretation)
        || has_mark(&header.tags, rules, "critical")
        || header.contained.iter().any(|inner| {
            is_critical_interpretation(&inner.interpretation)
                || has_mark(&inner.tags, rules, "critical")
        })
}

fn check_critical(header: &Header, rules: &ReleaseRules, now: Timestamp) -> Result<(), Withheld> {
    if !holds_result(header) || !is_critical(header, rules) {
        return Ok(());
    }
    if has_mark(&header.tags, rules, "critical-acknowledged") {
        return Ok(());
    }
    match rules.mode {
        ReleaseMode::Marked => Err(Withheld::Critical),
        ReleaseMode::ByStatus => check_hold(header, rules, now),
    }
}

fn check_hold(header: &Header, rules: &ReleaseRules, now: Timestamp) -> Result<(), Withheld> {
    let issued = header
        .issued
        .as_ref()
        .and_then(|issued| issued.interval(&TimeZone::UTC).end)
        .ok_or(Withheld::Unreadable)?;
    match issued.checked_add(rules.critical_hold) {
        Ok(until) if until <= now => Ok(()),
        Ok(_) | Err(_) => Err(Withheld::Critical),
    }
}

#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;
