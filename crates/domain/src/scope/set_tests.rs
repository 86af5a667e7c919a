use ResourceType::{Condition, Observation};

use super::*;
use crate::testing::record;

fn header(members: &str) -> Header {
    record(&format!(
        r#"{{"resourceType":"Observation","id":"1",{members}}}"#
    ))
    .header
}

fn searches(claim: &str, members: &str) -> bool {
    ScopeSet::parse(claim).covers(Observation, Interaction::Search, &header(members))
}

const LABORATORY: &str = r#""status":"final","category":[{"coding":[{"system":"x","code":"lab"}]},{"coding":[{"code":"own"}]}],"code":{"coding":[{"system":"y","code":"1"}]}"#;

#[test]
fn read_is_read_and_search_of_that_type_only() {
    let set = ScopeSet::parse("openid patient/Observation.read");
    assert!(set.allows(Observation, Interaction::Read));
    assert!(set.allows(Observation, Interaction::Search));
    assert!(!set.allows(Observation, Interaction::Update));
    assert!(!set.allows(Condition, Interaction::Read));
    assert!(!set.has_identity());
}

#[test]
fn a_granular_scope_covers_what_matches_all_its_parameters() {
    for (parameters, covers) in [
        ("category=lab", true),
        ("category=x|lab", true),
        ("category=x|", true),
        ("category=|own", true),
        ("category=own", true),
        ("category=|lab", false),
        ("category=x|own", false),
        ("category=LAB", false),
        ("category=y|lab", false),
        ("category=vital,lab", true),
        ("category=lab&category=own", true),
        ("category=lab&category=vital", false),
        ("category=lab&code=1&status=final", true),
        ("category=lab&code=2", false),
        ("code=y|1", true),
        ("status=final", true),
        ("status=amended,final", true),
        ("status=amended", false),
    ] {
        let claim = format!("patient/Observation.s?{parameters}");
        assert_eq!(searches(&claim, LABORATORY), covers, "{parameters}");
        let other = format!("patient/Observation.r?{parameters}");
        assert!(!searches(&other, LABORATORY), "{parameters}");
    }
}

#[test]
fn what_cannot_be_read_in_whole_matches_nothing() {
    for (parameters, members) in [
        (
            "category=lab",
            r#""category":[{"coding":[{"code":"lab"}]},5]"#,
        ),
        ("code=1", r#""code":{"coding":[{"code":"1"},{"code":1}]}"#),
        (
            "code=1",
            r#""code":{"coding":[{"code":"1"}]},"component":[{"code":5}]"#,
        ),
        ("category=lab", r#""status":"final""#),
        ("status=final", r#""code":{"coding":[{"code":"1"}]}"#),
    ] {
        let claim = format!("patient/Observation.s?{parameters}");
        assert!(!searches(&claim, members), "{parameters}");
        assert!(searches("patient/Observation.s", members), "{parameters}");
    }
}

#[test]
fn a_record_of_another_type_is_not_covered() {
    let set = ScopeSet::parse("patient/Condition.rs");
    let observation = header(LABORATORY);
    assert!(!set.covers(Condition, Interaction::Search, &observation));
    assert!(!set.covers(Observation, Interaction::Search, &observation));
}

#[test]
fn a_type_is_granular_by_letter() {
    let set = ScopeSet::parse("patient/Observation.rs?category=lab patient/Observation.r");
    assert!(set.allows(Observation, Interaction::Search));
    assert!(set.is_granular(Observation, Interaction::Search));
    assert!(!set.is_granular(Observation, Interaction::Read));
    assert!(!set.is_granular(Observation, Interaction::Update));
    assert!(!set.is_granular(Condition, Interaction::Search));
}

#[test]
fn the_canonical_text_is_sorted_and_says_nothing_twice() {
    for (claim, text) in [
        ("", ""),
        ("launch/patient user/*.read nonsense", ""),
        ("profile openid", "openid profile"),
        (
            "patient/Observation.read patient/Condition.c patient/Observation.s",
            "patient/Condition.c patient/Observation.rs",
        ),
        (
            "patient/Observation.rs?status=final&code=2,1&category=b&category=a",
            "patient/Observation.rs?category=a&category=b&code=1,2&status=final",
        ),
        (
            "patient/Observation.rs?code=1 patient/Observation.u?code=1",
            "patient/Observation.rus?code=1",
        ),
        (
            "patient/Observation.rs?code=1 patient/Observation.s",
            "patient/Observation.s patient/Observation.r?code=1",
        ),
        (
            "patient/Observation.rs?category=a&code=1 patient/Observation.r?code=1",
            "patient/Observation.s?category=a&code=1 patient/Observation.r?code=1",
        ),
        ("patient/Observation.r?code=1 patient/*.r", &{
            let all = ResourceType::ALL.iter().map(|it| format!("patient/{it}.r"));
            all.collect::<Vec<_>>().join(" ")
        }),
    ] {
        assert_eq!(ScopeSet::parse(claim).to_string(), text, "{claim}");
    }
}

#[test]
fn an_app_of_a_third_party_names_the_log_and_consents() {
    let named = [ResourceType::AuditEvent, ResourceType::Consent];
    for any in ["patient/*.rs", "patient/*.read", "patient/*.*"] {
        let (own, third) = (ScopeSet::parse(any), ScopeSet::parse_of_third_party(any));
        for kind in ResourceType::ALL {
            assert!(own.allows_whole(*kind, Interaction::Read), "{any} {kind}");
            let opens = third.allows(*kind, Interaction::Read);
            assert_eq!(opens, !named.contains(kind), "{any} {kind}");
        }
        let both = format!("patient/AuditEvent.s {any} patient/Consent.rs?status=active");
        let third = ScopeSet::parse_of_third_party(&both);
        assert!(third.allows_whole(ResourceType::AuditEvent, Interaction::Search));
        assert!(!third.allows(ResourceType::AuditEvent, Interaction::Read));
        assert!(third.is_granular(ResourceType::Consent, Interaction::Read));
    }
}

#[test]
fn an_intersection_asks_for_what_either_asks_for() {
    for (one, other, common) in [
        ("r?code=1", "rs?category=a", "r?category=a&code=1"),
        ("rs?code=1", "r", "r?code=1"),
        ("cr", "rs", "r"),
    ] {
        let set = |text| ScopeSet::parse(&format!("patient/Observation.{text}"));
        assert_eq!(
            set(one).intersection(&set(other)),
            set(common),
            "{one} {other}"
        );
    }
}

#[test]
fn reasons_are_kept_in_the_order_of_the_claim_and_are_no_part_of_equality() {
    let set = ScopeSet::parse("patient/Nothing.read patient/Observation.r Patient/Observation.rs");
    let reasons = [RejectedScope::UnknownType, RejectedScope::UnknownLevel];
    assert_eq!(set.rejected(), reasons);
    assert_eq!(set, ScopeSet::parse("patient/Observation.r"));
    assert_eq!(set.union(&set).rejected(), []);
}

#[test]
fn a_claim_has_sixteen_granular_scopes_of_a_type_at_most() {
    let scope = |code: u8| format!("patient/Observation.s?code={code}");
    let claim: Vec<String> = (1..=17).map(scope).collect();
    let claim = format!("{} patient/Observation.r?code=3", claim.join(" "));
    let set = ScopeSet::parse(&claim);
    assert_eq!(set.rejected(), [RejectedScope::TooManyScopes]);
    let code = |code: u8| header(&format!(r#""code":{{"coding":[{{"code":"{code}"}}]}}"#));
    assert!(set.covers(Observation, Interaction::Search, &code(16)));
    assert!(!set.covers(Observation, Interaction::Search, &code(17)));
    assert!(set.covers(Observation, Interaction::Read, &code(3)));
    assert!(!set.covers(Observation, Interaction::Read, &code(4)));
}

#[test]
fn an_identity_is_openid_and_profile_together() {
    for (claim, expected) in [
        ("", false),
        ("openid", false),
        ("profile", false),
        ("openid profile", true),
        ("profile patient/*.read openid", true),
        ("OpenID profile", false),
    ] {
        assert_eq!(ScopeSet::parse(claim).has_identity(), expected, "{claim}");
    }
}

#[test]
fn of_an_identity_a_union_has_what_either_has_and_an_intersection_what_both_have() {
    for (one, other, either, both) in [
        ("openid", "profile", "openid profile", ""),
        ("openid profile", "profile", "openid profile", "profile"),
        ("openid profile", "openid", "openid profile", "openid"),
        ("", "openid", "openid", ""),
    ] {
        let (left, right) = (ScopeSet::parse(one), ScopeSet::parse(other));
        for (left, right) in [(&left, &right), (&right, &left)] {
            assert_eq!(left.union(right).to_string(), either, "{one}, {other}");
            assert_eq!(left.intersection(right).to_string(), both, "{one}, {other}");
        }
    }
}

#[test]
fn sets_that_give_something_else_differ() {
    let claims = [
        "",
        "openid",
        "profile",
        "openid profile",
        "patient/Observation.r",
        "patient/Observation.s",
        "patient/Condition.r",
        "patient/Observation.r?code=1",
        "patient/Observation.r?code=2",
        "openid patient/Observation.r",
        "profile patient/Observation.r",
    ];
    for (at, one) in claims.iter().enumerate() {
        for (place, other) in claims.iter().enumerate() {
            let same = ScopeSet::parse(one) == ScopeSet::parse(other);
            assert_eq!(same, at == place, "{one:?} and {other:?}");
        }
    }
}
