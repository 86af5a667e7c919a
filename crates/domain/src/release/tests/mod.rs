//! What the tenant's policy holds back, and the laws of all that is withheld.

mod contained;
mod effects;
pub(crate) mod generators;
mod laws;
mod order;

use jiff::SignedDuration;
use portal_fhir::Header;

use super::floor::{Marks, is_critical};
use super::rule_match::Subject;
use super::{
    Audience, Effect, ReleaseMode, ReleasePolicy, Rule, RuleAudience, RuleIndex, RuleMatch, Until,
    Withheld,
};
use crate::source::Source;
use crate::testing::{at, record, result, rules};

const HOUR: i64 = 3_600;
const DAY: Effect = Effect::HoldFor(SignedDuration::from_hours(24));
const ISSUED: &str = r#""issued":"2026-01-01T00:00:00Z""#;

fn rule(effect: Effect, audience: RuleAudience, matches: RuleMatch) -> Rule {
    Rule {
        matches,
        effect,
        audience,
        reason_key: Some("why".into()),
    }
}

fn everything(effect: Effect) -> Rule {
    rule(effect, RuleAudience::All, RuleMatch::default())
}

fn policy(rules: Vec<Rule>, default: Effect) -> ReleasePolicy {
    ReleasePolicy {
        rules,
        default,
        ..ReleasePolicy::default()
    }
}

fn judge_at(
    policy: &ReleasePolicy,
    header: &Header,
    audience: Audience,
    seconds: i64,
) -> Result<(), Withheld> {
    let rules = rules(ReleaseMode::ByStatus);
    let subject = Subject {
        header,
        source: Source::Laboratory,
        critical: is_critical(header, &rules),
        marks: Marks::of(header, &rules),
    };
    policy.judge(&subject, audience, at(seconds))
}

fn judge(policy: &ReleasePolicy, header: &Header, audience: Audience) -> Result<(), Withheld> {
    judge_at(policy, header, audience, 0)
}

fn issued() -> Header {
    record(&result("a", ISSUED)).header
}

const fn by(rule: u16) -> Result<(), Withheld> {
    Err(Withheld::ByPolicy {
        rule: RuleIndex::Rule(rule),
    })
}

const fn held(until: Until, rule: RuleIndex) -> Result<(), Withheld> {
    Err(Withheld::Held { until, rule })
}
