//! A release policy from a document.

use jiff::SignedDuration;
use portal_fhir::ResourceType;
use serde_json::{Value, json};

use super::{faults, parsed};
use crate::release::{
    CodePattern, Effect, ReleasePolicy, Rule, RuleAudience, RuleIndex, RuleMatch,
};
use crate::source::Source;

fn policy(policy: &Value) -> ReleasePolicy {
    parsed(&json!({"releasePolicy": policy})).release_policy
}

fn policy_faults(policy: &Value) -> Vec<(String, &'static str)> {
    faults(&json!({"releasePolicy": policy}))
}

fn rule_faults(rule: &Value) -> Vec<(String, &'static str)> {
    policy_faults(&json!({"rules": [rule]}))
}

#[test]
fn every_member_of_a_policy_is_read() {
    let read = policy(&json!({
        "rules": [{
            "match": {
                "types": ["Observation", "DiagnosticReport"],
                "categories": ["laboratory", "http://x|LAB"],
                "codes": ["http://loinc.org|718-7"],
                "statuses": ["final", "entered-in-error"],
                "securityLabels": ["R"],
                "criticalOnly": true,
                "source": "laboratory",
            },
            "effect": {"holdFor": "PT24H"},
            "audience": "proxies",
            "reasonKey": "release.lab-1",
        }],
        "default": "holdUntilReviewed",
        "defaultReasonKey": "release.review",
        "criticalHold": "P2D",
        "sayCount": true,
    }));
    let pattern = |text| CodePattern::parse(text).unwrap();
    let rule = Rule {
        matches: RuleMatch {
            types: vec![ResourceType::Observation, ResourceType::DiagnosticReport],
            categories: vec![pattern("laboratory"), pattern("http://x|LAB")],
            codes: vec![pattern("http://loinc.org|718-7")],
            statuses: vec!["final".into(), "entered-in-error".into()],
            security_labels: vec![pattern("R")],
            critical_only: true,
            source: Some(Source::Laboratory),
        },
        effect: Effect::HoldFor(SignedDuration::from_hours(24)),
        audience: RuleAudience::Proxies,
        reason_key: Some("release.lab-1".into()),
    };
    let expected = ReleasePolicy {
        rules: vec![rule],
        default: Effect::HoldUntilReviewed,
        default_reason_key: Some("release.review".into()),
        critical_hold: SignedDuration::from_hours(48),
        says_count: true,
    };
    assert_eq!(read, expected);
    assert_eq!(read.reason_key(RuleIndex::Rule(0)), Some("release.lab-1"));
    assert_eq!(read.reason_key(RuleIndex::Default), Some("release.review"));
    assert_eq!(read.reason_key(RuleIndex::Rule(1)), None);
}

#[test]
fn a_rule_needs_no_more_than_an_effect() {
    for (effect, expected) in [("release", Effect::Release), ("withhold", Effect::Withhold)] {
        let read = policy(&json!({"rules": [{"effect": effect}, {"match": {}, "effect": effect}]}));
        let rule = Rule {
            matches: RuleMatch::default(),
            effect: expected,
            audience: RuleAudience::All,
            reason_key: None,
        };
        assert_eq!(read.rules, [rule.clone(), rule]);
    }
    assert_eq!(policy(&json!({})), ReleasePolicy::default());
}

#[test]
fn every_word_of_an_audience_is_known() {
    for (word, expected) in [
        ("all", RuleAudience::All),
        ("proxies", RuleAudience::Proxies),
        ("parents", RuleAudience::Parents),
    ] {
        let read = policy(&json!({"rules": [{"effect": "release", "audience": word}]}));
        assert_eq!(read.rules[0].audience, expected);
    }
}

#[test]
fn a_hold_says_why() {
    let missing = "is missing beside a hold";
    for effect in [json!("holdUntilReviewed"), json!({"holdFor": "PT0S"})] {
        let at_rule = [(
            "/tenant/releasePolicy/rules/0/reasonKey".to_owned(),
            missing,
        )];
        assert_eq!(rule_faults(&json!({"effect": effect})), at_rule);
        let at_default = [("/tenant/releasePolicy/defaultReasonKey".to_owned(), missing)];
        assert_eq!(policy_faults(&json!({"default": effect})), at_default);
        policy(&json!({"default": effect, "defaultReasonKey": "why"}));
        policy(&json!({"rules": [{"effect": effect, "reasonKey": "why"}]}));
    }
    for effect in ["release", "withhold"] {
        policy(&json!({"default": effect, "rules": [{"effect": effect}]}));
    }
}

const EFFECT: &str = "expected release, holdUntilReviewed, withhold or {\"holdFor\": \"PT…H\"}";
const REASON: &str = "expected a text key of a-z 0-9 . -";

#[test]
fn every_fault_of_a_rule_has_its_place() {
    let audience = "expected all, proxies or parents";
    for (more, place, message) in [
        (json!({"effect": "hide"}), "/effect", EFFECT),
        (json!({"effect": null}), "/effect", EFFECT),
        (json!({"effect": {}}), "/effect", EFFECT),
        (json!({"effect": {"holdFor": 24}}), "/effect", EFFECT),
        (
            json!({"effect": {"holdFor": "PT1H", "x": 1}}),
            "/effect",
            EFFECT,
        ),
        (json!({"effect": {"holdFor": "-PT1H"}}), "/effect", EFFECT),
        (json!({"audience": "Parents"}), "/audience", audience),
        (json!({"audience": 1}), "/audience", audience),
        (json!({"reasonKey": ""}), "/reasonKey", REASON),
        (json!({"reasonKey": "Why"}), "/reasonKey", REASON),
        (json!({"reasonKey": "a b"}), "/reasonKey", REASON),
        (json!({"reasonKey": "a".repeat(65)}), "/reasonKey", REASON),
        (json!({"match": 7}), "/match", "expected an object"),
        (json!({"matches": {}}), "/matches", "is not a known member"),
    ] {
        let mut rule = json!({"effect": "release"});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let expected = [(format!("/tenant/releasePolicy/rules/0{place}"), message)];
        assert_eq!(rule_faults(&rule), expected, "{more}");
    }
    let missing = [(
        "/tenant/releasePolicy/rules/0/effect".to_owned(),
        "is missing",
    )];
    assert_eq!(rule_faults(&json!({})), missing);
}

#[test]
fn every_fault_of_a_match_has_its_place() {
    let pattern = "expected `code` or `system|code`";
    for (more, place, message) in [
        (
            json!({"types": ["observation"]}),
            "types/0",
            "expected a FHIR type that is served",
        ),
        (
            json!({"types": ["Patient", 7]}),
            "types/1",
            "expected a FHIR type that is served",
        ),
        (json!({"categories": [""]}), "categories/0", pattern),
        (json!({"codes": ["x|"]}), "codes/0", pattern),
        (json!({"codes": "x"}), "codes", "expected an array"),
        (
            json!({"statuses": ["Final"]}),
            "statuses/0",
            "expected a status",
        ),
        (json!({"statuses": [""]}), "statuses/0", "expected a status"),
        (
            json!({"statuses": ["a".repeat(65)]}),
            "statuses/0",
            "expected a status",
        ),
        (
            json!({"securityLabels": ["|R"]}),
            "securityLabels/0",
            pattern,
        ),
        (
            json!({"criticalOnly": 0}),
            "criticalOnly",
            "expected true or false",
        ),
        (
            json!({"source": "lab"}),
            "source",
            "expected the name of a source",
        ),
        (
            json!({"source": 1}),
            "source",
            "expected the name of a source",
        ),
        (json!({"type": []}), "type", "is not a known member"),
    ] {
        let place = format!("/tenant/releasePolicy/rules/0/match/{place}");
        let rule = json!({"effect": "release", "match": more});
        assert_eq!(rule_faults(&rule), [(place, message)], "{more}");
    }
}

#[test]
fn every_fault_of_a_policy_has_its_place() {
    for (policy, place, message) in [
        (json!(7), "", "expected an object"),
        (json!({"rules": {}}), "/rules", "expected an array"),
        (json!({"rules": [7]}), "/rules/0", "expected an object"),
        (json!({"default": "hide"}), "/default", EFFECT),
        (
            json!({"defaultReasonKey": "W"}),
            "/defaultReasonKey",
            REASON,
        ),
        (
            json!({"sayCount": 1}),
            "/sayCount",
            "expected true or false",
        ),
        (
            json!({"sayCounts": true}),
            "/sayCounts",
            "is not a known member",
        ),
    ] {
        let expected = [(format!("/tenant/releasePolicy{place}"), message)];
        assert_eq!(policy_faults(&policy), expected, "{policy}");
    }
}

#[test]
fn a_policy_has_two_hundred_rules_at_most() {
    let rules = |count: usize| json!({"rules": vec![json!({"effect": "release"}); count]});
    assert_eq!(policy(&rules(200)).rules.len(), 200);
    let expected = [(
        "/tenant/releasePolicy/rules".to_owned(),
        "holds more than 200 rules",
    )];
    assert_eq!(policy_faults(&rules(201)), expected);
}

#[test]
fn keys_and_statuses_may_be_sixty_four_characters_long() {
    let key = "a.z-0".repeat(12) + "9999";
    assert_eq!(key.len(), 64);
    let read = policy(&json!({"rules": [{"effect": "release", "reasonKey": key}]}));
    assert_eq!(read.rules[0].reason_key.as_deref(), Some(&*key));
    let status = "a-".repeat(32);
    policy(&json!({"rules": [{"effect": "release", "match": {"statuses": [status]}}]}));
}
