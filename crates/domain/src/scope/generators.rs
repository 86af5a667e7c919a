//! Scopes as issuers write them and as attackers would, and small records to ask them about. All
//! draw on the same few values, so that what should meet often does.

use portal_fhir::{Header, ResourceType};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::ScopeSet;
use crate::testing::record;

const TYPES: [&str; 3] = ["Condition", "DiagnosticReport", "Immunization"];
const VALUES: [&str; 6] = ["a", "b", "|a", "x|", "x|a", "y|b"];
const STATUSES: [&str; 3] = ["final", "active", "a"];

fn resource() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("Observation"), 1 => select(TYPES.to_vec())]
}

fn letters() -> impl Strategy<Value = String> {
    subsequence(vec!["c", "r", "u", "d", "s"], 1..=5).prop_map(|letters| letters.concat())
}

/// One `parameter=value,value` that is well formed.
pub(super) fn parameter() -> impl Strategy<Value = String> {
    let coded = ("(category|code)", subsequence(VALUES.to_vec(), 1..=3));
    let coded = coded.prop_map(|(name, values)| format!("{name}={}", values.join(",")));
    let status = subsequence(STATUSES.to_vec(), 1..=2);
    prop_oneof![
        3 => coded,
        1 => status.prop_map(|values| format!("status={}", values.join(","))),
    ]
}

/// A scope for every record of a type or of all.
pub(super) fn whole() -> impl Strategy<Value = String> {
    let words = select(vec!["read", "write", "*"]).prop_map(str::to_owned);
    let types = prop_oneof![4 => resource(), 1 => Just("*")];
    (types, prop_oneof![words, letters()])
        .prop_map(|(resource, letters)| format!("patient/{resource}.{letters}"))
}

/// A scope with parameters. Not every type knows every one.
pub(super) fn granular() -> impl Strategy<Value = String> {
    let parameters = prop::collection::vec(parameter(), 1..=2);
    (resource(), letters(), parameters).prop_map(|(resource, letters, parameters)| {
        format!("patient/{resource}.{letters}?{}", parameters.join("&"))
    })
}

/// What is readable and opens no record.
fn aside() -> impl Strategy<Value = String> {
    prop_oneof![
        "(openid|profile|launch/patient|offline_access|fhirUser)",
        elsewhere(),
    ]
}

/// A well-formed scope of another level.
pub(super) fn elsewhere() -> impl Strategy<Value = String> {
    ("(user|system)", prop_oneof![whole(), granular()])
        .prop_map(|(level, scope)| scope.replacen("patient", &level, 1))
}

/// What is no scope, whatever is tried with it: one part of a good one is broken.
pub(super) fn malformed() -> impl Strategy<Value = String> {
    let level = "(Patient|PATIENT|patients|pat|)";
    let resource = "(observation|Observations|Nothing||Observation\\.x)";
    let letters = "(sr|rr|rx|R|readwrite|READ|rs\\*||\\*\\*)";
    prop_oneof![
        level.prop_map(|level| format!("{level}/Observation.rs")),
        resource.prop_map(|resource| format!("patient/{resource}.rs")),
        letters.prop_map(|letters| format!("patient/Observation.{letters}")),
        "(read|write|\\*)".prop_map(|word| format!("patient/Observation.{word}?category=a")),
        parameter().prop_map(|parameter| format!("patient/*.rs?{parameter}")),
        malformed_parameters().prop_map(|text| format!("patient/Observation.rs?{text}")),
    ]
}

fn malformed_parameters() -> impl Strategy<Value = String> {
    let broken = prop_oneof![
        "(category|Category|=|=a||date=2024|_id=1|categoryx=a|status-x=a)",
        "(category|code|status)(:in|:not|:text|:|\\.code|\\.)=a",
        "(patient\\.|_has:Observation:patient:)(category|code)=a",
        "(category|code|status)=(|a,|,a|a,,b|\\||a\\|b\\|c|a%7Cb|a%|a\\\\,b|\"a|é|a\tb)",
        "status=(x\\|a|\\|a|x\\|)",
    ];
    (prop::option::of(parameter()), broken, any::<bool>()).prop_map(|(sound, broken, first)| {
        match sound {
            None => broken,
            Some(sound) if first => format!("{broken}&{sound}"),
            Some(sound) => format!("{sound}&{broken}"),
        }
    })
}

/// The scopes of a claim: so few that neither they nor what two such claims make meets a bound.
pub(super) fn claim() -> impl Strategy<Value = Vec<String>> {
    let scope = prop_oneof![
        2 => whole(),
        5 => granular(),
        1 => aside(),
        1 => malformed(),
        1 => "[!-~]{1,30}",
    ];
    prop::collection::vec(scope, 0..=3)
}

/// The set of such a claim.
pub(crate) fn set() -> impl Strategy<Value = ScopeSet> {
    claim().prop_map(|scopes| ScopeSet::parse(&scopes.join(" ")))
}

fn coding() -> impl Strategy<Value = Value> {
    let system = prop::option::of(select(vec!["x", "y"]));
    let code = prop::option::weighted(0.9, select(vec!["a", "b"]));
    let coding = (system, code).prop_map(|(system, code)| {
        let members = [("system", system), ("code", code)];
        let named = |(name, text): (&str, Option<&str>)| Some((name.to_owned(), text?.into()));
        Value::Object(members.into_iter().filter_map(named).collect())
    });
    prop_oneof![6 => coding, 1 => Just(json!({"system": "x", "code": 1}))]
}

fn concept() -> impl Strategy<Value = Value> {
    let codings = prop::collection::vec(coding(), 1..=2);
    prop_oneof![
        12 => codings.prop_map(|codings| json!({"coding": codings})),
        1 => Just(json!({"text": "in words"})),
        1 => Just(json!(5)),
    ]
}

/// The header of a small record of any type.
pub(crate) fn header() -> impl Strategy<Value = Header> {
    let resource = prop_oneof![
        4 => resource(),
        1 => select(ResourceType::ALL).prop_map(ResourceType::as_str),
    ];
    let categories = prop::collection::vec(concept(), 0..=2);
    let status = prop::option::of(select(STATUSES.to_vec()));
    (resource, categories, concept(), status).prop_map(|(resource, categories, code, status)| {
        let mut text =
            json!({"resourceType": resource, "id": "1", "category": categories, "code": code});
        if let Some(status) = status {
            text["status"] = status.into();
        }
        record(&text.to_string()).header
    })
}
