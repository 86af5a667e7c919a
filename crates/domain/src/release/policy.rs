//! The tenant's release policy (`ResultReleasePolicy`), above the floor that no tenant can lower.
//!
//! The rules are read in order. One that restricts adds its hold; one that releases ends the
//! reading, so it is an exception to what stands behind it. What no rule released also meets the
//! default. So a further hold, wherever it stands, never shows more, and the strictest one counts.
//!
//! A rule that releases means only what is certain; one that restricts also what may be.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portal_fhir::Header;

use super::Withheld;
use super::rule_match::{Part, RuleMatch, Subject};

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

    /// The strictest of what holds the record and what holds a result contained in it: that one
    /// is judged as it would be if it stood alone, so no release of its container lets it out.
    fn strictest(
        &self,
        subject: &Subject<'_>,
        audience: Audience,
        now: Timestamp,
    ) -> Option<Withheld> {
        let results = subject.contained_results().map(Part::Contained);
        std::iter::once(Part::Whole)
            .chain(results)
            .filter_map(|part| self.strictest_of(subject, part, audience, now))
            .max()
    }

    fn strictest_of(
        &self,
        subject: &Subject<'_>,
        part: Part<'_>,
        audience: Audience,
        now: Timestamp,
    ) -> Option<Withheld> {
        let mut strictest = None;
        let rules = (0u16..).zip(&self.rules);
        for (index, rule) in rules.filter(|(_, rule)| rule.is_for(audience)) {
            match rule.effect {
                Effect::Release if rule.matches.means(subject, part) => return strictest,
                effect if rule.matches.may_mean(subject, part) => {
                    strictest = strictest.max(hold(effect, RuleIndex::Rule(index), subject, now));
                }
                _ => {}
            }
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
