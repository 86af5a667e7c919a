//! A release policy from a document.

use jiff::SignedDuration;
use jiff::fmt::temporal::SpanParser;
use portal_fhir::ResourceType;
use serde_json::Value;

use crate::document::{DocumentFault, Items, Members};
use crate::release::{CodePattern, Effect, ReleasePolicy, Rule, RuleAudience, RuleMatch};
use crate::source::Source;

const MAX_RULES: usize = 200;
/// The longest hold: ten years.
const MAX_HOLD: SignedDuration = SignedDuration::from_hours(24 * 3_660);
// A span's own parser also takes words, such as `3 days ago`.
const ISO_8601: SpanParser = SpanParser::new();
const EFFECT: &str = "expected release, holdUntilReviewed, withhold or {\"holdFor\": \"PT…H\"}";
const REASON: &str = "expected a text key of a-z 0-9 . -";

/// Reads `{rules: [{match?, effect, audience?, reasonKey?}], default?, defaultReasonKey?,
/// criticalHold?, sayCount?}`.
pub(super) fn read(
    value: &Value,
    pointer: &str,
    faults: &mut Vec<DocumentFault>,
) -> Option<ReleasePolicy> {
    let before = faults.len();
    let mut policy = ReleasePolicy::default();
    let mut members = Members::of(value, pointer, faults);
    if let Some(rules) = members.value("rules") {
        let (place, faults) = members.below("rules");
        policy.rules = read_rules(rules, &place, faults);
    }
    if let Some(effect) = members.optional("default", EFFECT, effect) {
        policy.default = effect;
    }
    policy.default_reason_key = members.optional("defaultReasonKey", REASON, reason_key);
    if is_hold(policy.default) && policy.default_reason_key.is_none() {
        members.fault("defaultReasonKey", "is missing beside a hold");
    }
    let hold = members.optional(
        "criticalHold",
        "expected a duration such as PT72H",
        |value| value.as_str().and_then(duration),
    );
    policy.critical_hold = hold.unwrap_or(policy.critical_hold);
    let says = members.optional("sayCount", "expected true or false", Value::as_bool);
    policy.says_count = says.unwrap_or_default();
    members.finish();
    (faults.len() == before).then_some(policy)
}

fn read_rules(value: &Value, pointer: &str, faults: &mut Vec<DocumentFault>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (item, place) in Items::of(value, pointer, faults).all() {
        rules.extend(rule(item, &place, faults));
    }
    if value
        .as_array()
        .is_some_and(|items| items.len() > MAX_RULES)
    {
        faults.push(DocumentFault::at(pointer, "holds more than 200 rules"));
    }
    rules
}

fn rule(value: &Value, pointer: &str, faults: &mut Vec<DocumentFault>) -> Option<Rule> {
    let mut members = Members::of(value, pointer, faults);
    let matches = match members.value("match") {
        None => Some(RuleMatch::default()),
        Some(value) => {
            let (place, faults) = members.below("match");
            rule_match(value, &place, faults)
        }
    };
    let effect = members.required("effect", EFFECT, effect);
    let audience =
        members.optional(
            "audience",
            "expected all, proxies or parents",
            |value| match value.as_str()? {
                "all" => Some(RuleAudience::All),
                "proxies" => Some(RuleAudience::Proxies),
                "parents" => Some(RuleAudience::Parents),
                _ => None,
            },
        );
    let reason_key = members.optional("reasonKey", REASON, reason_key);
    if effect.is_some_and(is_hold) && reason_key.is_none() {
        members.fault("reasonKey", "is missing beside a hold");
    }
    members.finish();
    Some(Rule {
        matches: matches?,
        effect: effect?,
        audience: audience.unwrap_or(RuleAudience::All),
        reason_key,
    })
}

fn rule_match(value: &Value, pointer: &str, faults: &mut Vec<DocumentFault>) -> Option<RuleMatch> {
    let pattern = "expected `code` or `system|code`";
    let mut members = Members::of(value, pointer, faults);
    let types = members.texts(
        "types",
        "expected a FHIR type that is served",
        ResourceType::parse,
    );
    let categories = members.texts("categories", pattern, CodePattern::parse);
    let codes = members.texts("codes", pattern, CodePattern::parse);
    let statuses = members.texts("statuses", "expected a status", status);
    let security_labels = members.texts("securityLabels", pattern, CodePattern::parse);
    let critical_only = members.optional("criticalOnly", "expected true or false", Value::as_bool);
    let source = members.optional("source", "expected the name of a source", |value| {
        value.as_str().and_then(Source::parse)
    });
    members.finish();
    Some(RuleMatch {
        types: types?,
        categories: categories?,
        codes: codes?,
        statuses: statuses?,
        security_labels: security_labels?,
        critical_only: critical_only.unwrap_or_default(),
        source,
    })
}

fn effect(value: &Value) -> Option<Effect> {
    if let Some(members) = value.as_object() {
        let hold = members.get("holdFor")?.as_str().and_then(duration)?;
        return (members.len() == 1).then_some(Effect::HoldFor(hold));
    }
    match value.as_str()? {
        "release" => Some(Effect::Release),
        "holdUntilReviewed" => Some(Effect::HoldUntilReviewed),
        "withhold" => Some(Effect::Withhold),
        _ => None,
    }
}

/// An ISO 8601 duration of days, hours, minutes and seconds, not negative; a day is 24 hours.
fn duration(text: &str) -> Option<SignedDuration> {
    let span = ISO_8601.parse_span(text).ok()?;
    let no_calendar = span.get_years() == 0 && span.get_months() == 0;
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let hours = SignedDuration::from_hours(days.checked_mul(24)?);
    let time = span.weeks(0).days(0);
    let time = SignedDuration::try_from(time).ok()?;
    let whole = hours.checked_add(time)?;
    (no_calendar && whole >= SignedDuration::ZERO && whole <= MAX_HOLD).then_some(whole)
}

fn status(text: &str) -> Option<Box<str>> {
    let good = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    good.then(|| text.into())
}

fn reason_key(value: &Value) -> Option<Box<str>> {
    let text = value.as_str()?;
    let good = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
    good.then(|| text.into())
}

const fn is_hold(effect: Effect) -> bool {
    matches!(effect, Effect::HoldFor(_) | Effect::HoldUntilReviewed)
}
