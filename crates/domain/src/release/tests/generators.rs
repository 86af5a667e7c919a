//! Policies, and records for them to be about. All draw on the same few values, so that what
//! should meet often does.

use jiff::SignedDuration;
use portal_fhir::ResourceType;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::{Audience, Effect, ReleasePolicy, Rule, RuleAudience, RuleMatch};
use crate::release::{CodePattern, Viewer};
use crate::sensitivity::{SensitivityCategory, SensitivitySet};
use crate::source::Source;
use crate::testing::{PATIENT, TAG_SYSTEM};

pub(super) fn hours() -> impl Strategy<Value = SignedDuration> {
    (0i64..60).prop_map(SignedDuration::from_hours)
}

pub(super) fn restriction() -> impl Strategy<Value = Effect> {
    prop_oneof![
        2 => hours().prop_map(Effect::HoldFor),
        1 => Just(Effect::HoldUntilReviewed),
        1 => Just(Effect::Withhold),
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![2 => Just(Effect::Release), 3 => restriction()]
}

fn patterns(of: &'static [&'static str]) -> impl Strategy<Value = Vec<CodePattern>> {
    let some = subsequence(of.to_vec(), 1..=2);
    let some = some.prop_map(|texts| {
        let read = texts
            .into_iter()
            .map(|text| CodePattern::parse(text).unwrap());
        read.collect::<Vec<_>>()
    });
    prop_oneof![3 => Just(Vec::new()), 1 => some]
}

fn rule_match() -> impl Strategy<Value = RuleMatch> {
    let types = prop_oneof![
        2 => Just(Vec::new()),
        1 => subsequence(ResourceType::ALL.to_vec(), 1..=3),
    ];
    let statuses = prop_oneof![4 => Just(Vec::new()), 1 => Just(vec![Box::<str>::from("final")])];
    let source = prop_oneof![5 => Just(None), 1 => select(Source::ALL.map(Some).to_vec())];
    (
        types,
        patterns(&["laboratory", "x|a"]),
        patterns(&["a", "x|a", "b"]),
        statuses,
        patterns(&["N", "x|R"]),
        prop::bool::weighted(0.2),
        source,
    )
        .prop_map(
            |(types, categories, codes, statuses, security_labels, critical_only, source)| {
                RuleMatch {
                    types,
                    categories,
                    codes,
                    statuses,
                    security_labels,
                    critical_only,
                    source,
                }
            },
        )
}

pub(super) fn rule_of(effect: impl Strategy<Value = Effect>) -> impl Strategy<Value = Rule> {
    use RuleAudience::{All, Parents, Proxies};
    let audience = prop_oneof![3 => Just(All), 1 => Just(Proxies), 1 => Just(Parents)];
    (effect, audience, rule_match())
        .prop_map(|(effect, audience, matches)| super::rule(effect, audience, matches))
}

pub(crate) fn any_policy() -> impl Strategy<Value = ReleasePolicy> {
    let rules = prop::collection::vec(rule_of(effect()), 0..4);
    let default = prop_oneof![3 => Just(Effect::Release), 1 => restriction()];
    (rules, default, hours()).prop_map(|(rules, default, critical_hold)| ReleasePolicy {
        rules,
        default,
        critical_hold,
        ..ReleasePolicy::default()
    })
}

fn concept() -> impl Strategy<Value = Value> {
    let coding = (
        prop::option::of(select(vec!["x", "y"])),
        select(vec!["a", "b", "c"]),
    );
    let coding = coding.prop_map(|(system, code)| match system {
        Some(system) => json!({"coding": [{"system": system, "code": code}]}),
        None => json!({"coding": [{"code": code}]}),
    });
    prop_oneof![8 => coding, 1 => Just(json!({"coding": [7]}))]
}

fn labels() -> impl Strategy<Value = Value> {
    let confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    let of = |code: &str| json!([{"system": confidentiality, "code": code}]);
    prop_oneof![
        3 => Just(json!([])),
        2 => Just(of("N")),
        1 => Just(of("R")),
        1 => Just(json!([{"system": "x", "code": "R"}])),
    ]
}

fn marks() -> impl Strategy<Value = Value> {
    let words = vec!["released", "reviewed", "critical", "critical-acknowledged"];
    subsequence(words, 0..=4).prop_map(|words| {
        let mark = |word| json!({"system": TAG_SYSTEM, "code": word});
        words.into_iter().map(mark).collect()
    })
}

fn inside() -> impl Strategy<Value = Value> {
    let kind = select(vec!["Observation", "Medication", "Practitioner"]);
    (kind, concept()).prop_map(|(kind, code)| {
        let subject = json!({"reference": format!("Patient/{PATIENT}")});
        json!({"resourceType": kind, "status": "final", "code": code, "subject": subject})
    })
}

/// The members of a result, but for its id: final and readable more often than not.
pub(crate) fn any_result() -> impl Strategy<Value = Value> {
    let status = prop_oneof![5 => Just("final"), 1 => select(vec!["preliminary", "amended"])];
    let issued = prop_oneof![
        3 => select(vec!["2026-01-01T00:00:00Z", "2025-12-31T03:00:00+04:30"]).prop_map(Some),
        1 => Just(None),
    ];
    let interpretation = prop_oneof![4 => Just(None), 1 => select(vec!["HH", "H"]).prop_map(Some)];
    let contained = prop::collection::vec(inside(), 0..2);
    (
        status,
        issued,
        interpretation,
        contained,
        concept(),
        labels(),
        marks(),
    )
        .prop_map(
            |(status, issued, interpretation, contained, code, labels, marks)| {
                let mut result = json!({
                    "resourceType": "Observation",
                    "status": status,
                    "subject": {"reference": format!("Patient/{PATIENT}")},
                    "category": [{"coding": [{"code": "laboratory"}]}],
                    "code": code,
                    "meta": {"security": labels, "tag": marks},
                });
                if let Some(issued) = issued {
                    result["issued"] = json!(issued);
                }
                if let Some(code) = interpretation {
                    result["interpretation"] = json!([{"coding": [{"code": code}]}]);
                }
                if !contained.is_empty() {
                    result["contained"] = json!(contained);
                }
                result
            },
        )
}

/// Results, and reports on some of them by their places.
pub(super) type Laboratory = (Vec<Value>, Vec<Vec<usize>>);

pub(super) fn any_laboratory() -> impl Strategy<Value = Laboratory> {
    let named = prop::collection::vec(0usize..5, 0..3);
    (
        prop::collection::vec(any_result(), 0..5),
        prop::collection::vec(named, 0..3),
    )
}

pub(super) fn sensitive_set() -> impl Strategy<Value = SensitivitySet> {
    subsequence(SensitivityCategory::ALL.to_vec(), 0..=7).prop_map(SensitivitySet::of)
}

/// Any proxy: what of what is sensitive is visible, if not everything.
pub(super) fn any_proxy() -> impl Strategy<Value = Viewer> {
    let voluntary = sensitive_set().prop_map(|sensitive| Viewer {
        audience: Audience::Proxy,
        sensitive: Some(sensitive),
    });
    let parent = any::<bool>().prop_map(|hides| Viewer {
        audience: Audience::Parent,
        sensitive: hides.then_some(SensitivitySet::NONE),
    });
    prop_oneof![voluntary, parent]
}

pub(super) fn any_viewer() -> impl Strategy<Value = Viewer> {
    prop_oneof![Just(Viewer::PATIENT), any_proxy()]
}
