//! What of a record is withheld: floor and tenant's policy, as the specification says it (05,
//! "Release policy"). Shares no code with the domain.

use jiff::{SignedDuration, Span, Timestamp};
use serde_json::Value;

use super::json::{codes, each, is_garbled, labels, lacks_a_code, text};
use super::rule::{fits, is_for};

/// Who looks, in the words of a rule's audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Who {
    /// The patient.
    Patient,
    /// A voluntary proxy.
    Proxy,
    /// A legal proxy.
    Parent,
}

/// Why something is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Why {
    /// Held for a while by the tenant's policy alone: the patient may hear of it.
    Held,
    /// Anything else: nobody hears of it.
    Hidden,
}

/// A record as the rules look at it.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Judged<'a> {
    pub(in super::super) resource: &'a Value,
    pub(in super::super) source: &'a str,
    pub(in super::super) policy: &'a Value,
    pub(in super::super) now: Timestamp,
}

const TAGS: &str = "urn:ghasi-ehealth:release";

impl Judged<'_> {
    fn has_tag(&self, code: &str) -> bool {
        labels(&self.resource["meta"]["tag"]).contains(&(Some(TAGS), Some(code)))
    }

    fn is_result(&self) -> bool {
        is_result(self.resource)
    }

    fn is_critical(&self) -> bool {
        let one = |resource: &Value| {
            let parts = each(&resource["component"]);
            let of_parts = parts.iter().flat_map(|part| codes(&part["interpretation"]));
            codes(&resource["interpretation"])
                .into_iter()
                .chain(of_parts)
                .any(|code| ["AA", "HH", "LL"].contains(&code))
                || labels(&resource["meta"]["tag"]).contains(&(Some(TAGS), Some("critical")))
        };
        one(self.resource) || each(&self.resource["contained"]).into_iter().any(one)
    }

    /// The floor that no tenant can lower.
    pub(in super::super) fn floor(&self) -> Option<Why> {
        let contained = each(&self.resource["contained"]);
        let hidden = !status_shows(self.resource)
            || is_home(self.resource)
            || contained.iter().any(|inner| !status_shows(inner))
            || self.is_unreadable()
            || (self.source == "laboratory" && !self.has_tag("released"));
        if hidden {
            return Some(Why::Hidden);
        }
        let holds_result = self.is_result() || contained.iter().any(|inner| is_result(inner));
        if !holds_result || !self.is_critical() || self.has_tag("critical-acknowledged") {
            return None;
        }
        let hold = self.policy["criticalHold"].as_str().unwrap_or("PT72H");
        let waited = self.source != "laboratory" && self.is_past(hold) == Some(true);
        (!waited).then_some(Why::Hidden)
    }

    fn is_unreadable(&self) -> bool {
        let garbled = |resource: &Value| {
            lacks_a_code(&resource["meta"]["tag"])
                || lacks_a_code(&resource["meta"]["security"])
                || is_garbled(&resource["interpretation"])
                || is_garbled(&resource["category"])
        };
        let (issued, effective) = (
            &self.resource["issued"],
            &self.resource["effectiveDateTime"],
        );
        let begins_with_a_year = |date: &str| {
            date.get(..4)
                .is_some_and(|year| year.parse::<u16>().is_ok())
        };
        let bad_date = issued
            .as_str()
            .is_some_and(|date| date.parse::<Timestamp>().is_err())
            || effective
                .as_str()
                .is_some_and(|date| !begins_with_a_year(date));
        (self.is_result() && (garbled(self.resource) || bad_date))
            || each(&self.resource["contained"])
                .into_iter()
                .any(|inner| is_result(inner) && garbled(inner))
    }

    /// Whether a time has passed since it was issued, else recorded; `None` when nobody can say.
    fn is_past(&self, duration: &str) -> Option<bool> {
        let issued = &self.resource["issued"];
        let recorded = ["recordedDate", "recorded"].map(|name| &self.resource[name]);
        let begin = match issued {
            Value::Null if self.is_result() => return None,
            Value::Null => recorded.into_iter().find(|date| !date.is_null())?,
            issued => issued,
        };
        let begin = instant(begin)?;
        let hours: Span = duration.parse().expect("a duration");
        let hours = i64::from(hours.get_days()) * 24 + i64::from(hours.get_hours());
        Some(begin + SignedDuration::from_hours(hours) <= self.now)
    }

    /// What the tenant's rules say for an audience, and for the patient too: a proxy never sees
    /// what the patient does not. A result that is contained is judged as if it stood alone, too.
    pub(in super::super) fn policy(&self, who: Who) -> Option<Why> {
        let audiences = if who == Who::Patient {
            vec![who]
        } else {
            vec![Who::Patient, who]
        };
        let contained = each(&self.resource["contained"]);
        let results = contained.into_iter().filter(|inner| is_result(inner));
        let parts: Vec<Option<&Value>> = std::iter::once(None).chain(results.map(Some)).collect();
        let mut found = Vec::new();
        for who in audiences {
            found.extend(parts.iter().filter_map(|part| self.rules(*part, who)));
        }
        strictest(&found)
    }

    /// The rules in order: restrictions accumulate until one releases; the default is the last.
    fn rules(&self, part: Option<&Value>, who: Who) -> Option<Why> {
        let mut found = Vec::new();
        let rules = each(&self.policy["rules"]);
        for rule in rules.into_iter().filter(|rule| is_for(rule, who)) {
            let releases = rule["effect"] == "release";
            if !self.matches(&rule["match"], part, !releases) {
                continue;
            }
            if releases {
                return strictest(&found);
            }
            found.extend(self.effect(&rule["effect"]));
        }
        found.extend(self.effect(&self.policy["default"]));
        strictest(&found)
    }

    fn effect(&self, effect: &Value) -> Option<Why> {
        match (effect.as_str(), effect["holdFor"].as_str()) {
            (Some("withhold"), _) => Some(Why::Hidden),
            (Some("holdUntilReviewed"), _) => (!self.has_tag("reviewed")).then_some(Why::Held),
            (_, Some(time)) => match self.is_past(time) {
                None => Some(Why::Hidden),
                Some(passed) => (!passed).then_some(Why::Held),
            },
            _ => None,
        }
    }

    /// What restricts also means what is contained, and what cannot be read.
    fn matches(&self, rule: &Value, part: Option<&Value>, restricts: bool) -> bool {
        let source = rule["source"].as_str();
        if source.is_some_and(|source| source != self.source)
            || (rule["criticalOnly"] == true && !self.is_critical())
        {
            return false;
        }
        if let Some(inner) = part {
            return fits(rule, inner, restricts, true);
        }
        let contained = each(&self.resource["contained"]);
        fits(rule, self.resource, restricts, false)
            || (restricts
                && contained
                    .into_iter()
                    .any(|inner| fits(rule, inner, true, true)))
    }
}

fn is_result(resource: &Value) -> bool {
    ["Observation", "DiagnosticReport"].contains(&text(resource, "resourceType"))
}

fn strictest(found: &[Why]) -> Option<Why> {
    if found.contains(&Why::Hidden) {
        Some(Why::Hidden)
    } else {
        found.first().copied()
    }
}

fn status_shows(resource: &Value) -> bool {
    let status = match text(resource, "resourceType") {
        "Goal" => text(resource, "lifecycleStatus"),
        _ => text(resource, "status"),
    };
    let wrong = "entered-in-error";
    if status == wrong || codes(&resource["verificationStatus"]).contains(&wrong) {
        return false;
    }
    match text(resource, "resourceType") {
        "Observation" => ["final", "amended", "corrected"].contains(&status),
        "DiagnosticReport" => ["final", "amended", "corrected", "appended"].contains(&status),
        "MedicationRequest" => status != "draft",
        _ => true,
    }
}

/// Whether a place is where somebody lives, or may be.
fn is_home(resource: &Value) -> bool {
    text(resource, "resourceType") == "Location" && codes(&resource["physicalType"]).contains(&"ho")
}

/// The end of what a text can mean: an instant's own second, a day's last moment.
fn instant(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment + SignedDuration::from_secs(1));
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let next = day.tomorrow().ok()?;
    next.to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}
