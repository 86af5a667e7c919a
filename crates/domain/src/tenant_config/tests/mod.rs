//! The document of a tenant's settings: what it says, and every fault of it.

mod bands;
mod durations;
mod policy;

use serde_json::{Value, json};

use super::{MEMBERS, TenantConfig};
use crate::age_bands::AgeBands;
use crate::release::{Effect, ReleasePolicy};
use crate::sensitivity::CodeLists;

/// The faults of a document at `/tenant`, sorted.
fn faults(document: &Value) -> Vec<(String, &'static str)> {
    let faults = TenantConfig::parse(document, "/tenant").unwrap_err();
    let mut faults: Vec<_> = faults
        .into_iter()
        .map(|it| (it.pointer, it.message))
        .collect();
    faults.sort_unstable();
    faults
}

fn pointers(document: &Value) -> Vec<String> {
    faults(document)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect()
}

fn parsed(document: &Value) -> TenantConfig {
    TenantConfig::parse(document, "").unwrap()
}

#[test]
fn what_is_absent_has_its_default() {
    let config = parsed(&json!({}));
    assert_eq!(config, TenantConfig::default());
    assert_eq!(config.release_policy, ReleasePolicy::default());
    assert_eq!(config.age_bands, AgeBands::default());
    assert_eq!(config.code_lists, CodeLists::shipped());
    assert!(!config.introspect_tokens);
}

#[test]
fn each_member_is_read_on_its_own() {
    let policy = parsed(&json!({"releasePolicy": {"default": "withhold"}}));
    assert_eq!(policy.release_policy.default, Effect::Withhold);
    let band = json!([{"fromAge": 0, "toAge": 21, "parentAccess": "none"}]);
    let bands = parsed(&json!({"ageBands": band}));
    assert_eq!(bands.age_bands.bands()[0].to_age, 21);
    let lists = parsed(&json!({"sensitivityCodes": {}}));
    assert_eq!(*lists.code_lists, CodeLists::default());
    assert!(parsed(&json!({"introspectTokens": true})).introspect_tokens);
    for config in [policy, bands, lists] {
        assert!(!config.introspect_tokens);
        assert_ne!(config, TenantConfig::default());
    }
}

#[test]
fn the_members_are_those_that_are_read() {
    for name in MEMBERS {
        assert_eq!(
            pointers(&json!({name: "no such thing"})),
            [format!("/tenant/{name}")]
        );
    }
}

#[test]
fn every_fault_is_told_at_once_and_then_nothing_counts() {
    let document = json!({
        "releasePolicy": {"default": "hide", "rules": 7},
        "ageBands": [{"fromAge": 1, "toAge": 18, "parentAccess": "full"}],
        "sensitivityCodes": {"genetic": 7, "x": []},
        "introspectTokens": "yes",
        "more": 1,
        "of somebody": 1,
    });
    assert_eq!(
        pointers(&document),
        [
            "/tenant",
            "/tenant/ageBands/0",
            "/tenant/introspectTokens",
            "/tenant/more",
            "/tenant/releasePolicy/default",
            "/tenant/releasePolicy/rules",
            "/tenant/sensitivityCodes/genetic",
            "/tenant/sensitivityCodes/x",
        ]
    );
}

#[test]
fn one_fault_in_one_member_refuses_the_others_too() {
    for bad in [
        json!({"introspectTokens": 1}),
        json!({"releasePolicy": {"sayCount": 1}}),
        json!({"ageBands": []}),
        json!({"sensitivityCodes": {"genetic": [{}]}}),
        json!({"unknown": null}),
    ] {
        let mut document = json!({"releasePolicy": {}, "introspectTokens": true});
        document
            .as_object_mut()
            .unwrap()
            .extend(bad.as_object().unwrap().clone());
        assert_eq!(faults(&document).len(), 1, "{bad}");
    }
}

#[test]
fn a_document_is_an_object() {
    for document in [json!(null), json!([]), json!("x"), json!(1)] {
        let expected = [("/tenant".to_owned(), "expected an object")];
        assert_eq!(faults(&document), expected, "{document}");
    }
}

#[test]
fn no_fault_repeats_what_the_document_says() {
    let document = json!({
        "releasePolicy": {"rules": [{"effect": "Zohra", "reasonKey": "ZOHRA", "Zohra K": 1}]},
        "ageBands": [{"fromAge": "Zohra"}],
        "sensitivityCodes": {"Zohra K": [], "genetic": [{"system": "", "codes": [""]}]},
        "Zohra 1980": 1,
    });
    let told = format!("{:?}", faults(&document));
    assert!(!told.to_lowercase().contains("zohra"), "{told}");
}
