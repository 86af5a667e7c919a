//! The tenant's release policy (`ResultReleasePolicy`), above the floor that no tenant can lower.
//!
//! The rules are read in order. One that restricts adds its hold; one that releases ends the
//! reading, so it is an exception to what stands behind it. What no rule released also meets the
//! default. So a further hold, wherever it stands, never shows more, and the strictest one counts.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portal_fhir::{Coding, Contained, Header, ResourceType};

use crate::source::Source;

use super::Withheld;
use super::floor::Marks;
use super::pattern::CodePattern;

/// For whom a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleAudience {
    /// Everybody.
    All,
    /// Whoever acts for the patient.
    Proxies,
    /// Whoever acts for the patient by law.
    Parents,
}

/// Who looks at a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The patient.
    Patient,
    /// A voluntary proxy.
    Proxy,
    /// A legal proxy.
    Parent,
}

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Shows it, whatever stands behind.
    Release,
    /// Holds it for a time after it was issued.
    HoldFor(SignedDuration),
    /// Holds it until the source marks it `reviewed`.
    HoldUntilReviewed,
    /// Never shows it.
    Withhold,
}

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

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it matches.
    pub matches: RuleMatch,
    /// What it does.
    pub effect: Effect,
    /// For whom.
    pub audience: RuleAudience,
    /// The key of the text that tells a patient why; every hold has one.
    pub reason_key: Option<Box<str>>,
}

/// The rules of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePolicy {
    /// In order.
    pub rules: Vec<Rule>,
    /// What no rule released; for everybody.
    pub default: Effect,
    /// Why, if the default holds.
    pub default_reason_key: Option<Box<str>>,
    /// How long after `issued` a critical result of a source without marks waits.
    pub critical_hold: SignedDuration,
    /// Whether patients are told how many results are held.
    pub says_count: bool,
}

impl Default for ReleasePolicy {
    /// No delay; critical results of sources without marks wait 72 hours.
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            default: Effect::Release,
            default_reason_key: None,
            critical_hold: SignedDuration::from_hours(72),
            says_count: false,
        }
    }
}

/// Which rule held something: an index, or the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleIndex {
    /// The rule at this place.
    Rule(u16),
    /// The default.
    Default,
}

impl ReleasePolicy {
    /// Whether it holds nothing from anybody.
    pub fn is_open(&self) -> bool {
        self.default == Effect::Release
            && self.rules.iter().all(|rule| rule.effect == Effect::Release)
    }

    /// The key of the text for what a rule holds.
    pub fn reason_key(&self, index: RuleIndex) -> Option<&str> {
        match index {
            RuleIndex::Rule(place) => self.rules.get(usize::from(place))?.reason_key.as_deref(),
            RuleIndex::Default => self.default_reason_key.as_deref(),
        }
    }

    /// Judges a record that passed the floor. What the patient may not see no proxy sees either,
    /// whatever rules for proxies release.
    pub(super) fn judge(
        &self,
        subject: &Subject<'_>,
        audience: Audience,
        now: Timestamp,
    ) -> Result<(), Withheld> {
        if self.is_open() {
            return Ok(());
        }
        let own = self.strictest(subject, Audience::Patient, now);
        let theirs = match audience {
            Audience::Patient => None,
            Audience::Proxy | Audience::Parent => self.strictest(subject, audience, now),
        };
        [own, theirs]
            .into_iter()
            .flatten()
            .max()
            .map_or(Ok(()), Err)
    }

    fn strictest(
        &self,
        subject: &Subject<'_>,
        audience: Audience,
        now: Timestamp,
    ) -> Option<Withheld> {
        let mut strictest = None;
        let rules = (0u16..)
            .zip(&self.rules)
            .filter(|(_, rule)| rule.is_for(audience));
        for (index, rule) in rules {
            let releases = rule.effect == Effect::Release;
            if !rule.matches.holds(subject, !releases) {
                continue;
            }
            if releases {
                return strictest;
            }
            strictest = strictest.max(hold(rule.effect, RuleIndex::Rule(index), subject, now));
        }
        strictest.max(hold(self.default, RuleIndex::Default, subject, now))
    }
}

impl Rule {
    const fn is_for(&self, audience: Audience) -> bool {
        matches!(
            (self.audience, audience),
            (RuleAudience::All, _)
                | (RuleAudience::Proxies, Audience::Proxy | Audience::Parent)
                | (RuleAudience::Parents, Audience::Parent)
        )
    }
}

/// A record as rules look at it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) header: &'a Header,
    pub(super) source: Source,
    pub(super) critical: bool,
    pub(super) marks: Marks<'a>,
}

impl RuleMatch {
    /// Whether the record is meant. Rules that restrict also mean what something contained in it
    /// matches, and what cannot be read, because that may be anything.
    fn holds(&self, subject: &Subject<'_>, restricts: bool) -> bool {
        if self.critical_only && !subject.critical {
            return false;
        }
        if self.source.is_some_and(|source| source != subject.source) {
            return false;
        }
        let header = subject.header;
        let own = self.holds_resource(
            &Matched {
                type_name: header.resource_type.as_str(),
                categories: &header.categories,
                codes: &header.codes,
                more_codes: &header.component_codes,
                status: header.status.as_deref(),
                security: &header.security,
            },
            restricts && (header.codes_unreadable || header.category_unreadable),
        );
        // A release of the container is none of what is in it.
        own || (restricts
            && header
                .contained
                .iter()
                .any(|inner| self.holds_contained(inner)))
    }

    fn holds_contained(&self, inner: &Contained) -> bool {
        let matched = Matched {
            type_name: &inner.type_name,
            categories: &inner.categories,
            codes: &inner.codes,
            more_codes: &[],
            status: inner.status.as_deref(),
            security: &inner.security,
        };
        self.holds_resource(&matched, inner.labels_unreadable)
    }

    fn holds_resource(&self, matched: &Matched<'_>, unreadable: bool) -> bool {
        let type_fits = self.types.is_empty()
            || self
                .types
                .iter()
                .any(|kind| kind.as_str() == matched.type_name);
        let status_fits = self.statuses.is_empty()
            || matched
                .status
                .is_some_and(|status| self.statuses.iter().any(|one| **one == *status));
        let fits = |patterns: &[CodePattern], codings: &[Coding], more: &[Coding]| {
            let one = |coding: &Coding| patterns.iter().any(|pattern| pattern.matches(coding));
            patterns.is_empty() || unreadable || codings.iter().chain(more).any(one)
        };
        type_fits
            && status_fits
            && fits(&self.categories, matched.categories, &[])
            && fits(&self.codes, matched.codes, matched.more_codes)
            && fits(&self.security_labels, matched.security, &[])
    }
}

struct Matched<'a> {
    type_name: &'a str,
    categories: &'a [Coding],
    codes: &'a [Coding],
    more_codes: &'a [Coding],
    status: Option<&'a str>,
    security: &'a [Coding],
}

fn hold(
    effect: Effect,
    rule: RuleIndex,
    subject: &Subject<'_>,
    now: Timestamp,
) -> Option<Withheld> {
    match effect {
        Effect::Release => None,
        Effect::Withhold => Some(Withheld::ByPolicy { rule }),
        Effect::HoldUntilReviewed => {
            let held = !subject.marks.has("reviewed");
            held.then_some(Withheld::Held {
                until: Until::Reviewed,
                rule,
            })
        }
        Effect::HoldFor(time) => match release_moment(subject.header, time) {
            None => Some(Withheld::Unreadable),
            Some(until) if until <= now => None,
            Some(until) => Some(Withheld::Held {
                until: Until::Moment(until),
                rule,
            }),
        },
    }
}

/// When a hold ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// At this time.
    Moment(Timestamp),
    /// When the source says that it was reviewed.
    Reviewed,
}

/// The end of a hold after `issued`; of types that are not issued, after they were recorded. A
/// time that is told with a coarser precision counts as its end.
pub(super) fn release_moment(header: &Header, time: SignedDuration) -> Option<Timestamp> {
    if header.issued_unreadable {
        return None;
    }
    let begin = header.issued.as_ref().or_else(|| {
        let is_result = super::floor::is_result(header.resource_type);
        header.recorded.as_ref().filter(|_| !is_result)
    })?;
    // Without an offset a time is read in the zone where it is latest.
    let begin = begin.interval(&TimeZone::UTC).end?;
    begin.checked_add(time).ok()
}
