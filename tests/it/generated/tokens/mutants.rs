//! What can be wrong with one member of a token.

use portal_tests::Person;
use serde_json::{Value, json};

/// One change of one member.
pub(super) struct Mutant {
    /// The member.
    pub(super) name: &'static str,
    /// What is wrong with it.
    pub(super) what: &'static str,
    /// How it is changed.
    pub(super) edit: Edit,
}

/// How a member is changed.
pub(super) enum Edit {
    /// It is left out.
    Missing,
    /// It is this.
    Is(Value),
    /// It stands there twice: what it is (or this), and this.
    Twice(Value),
    /// Its letters are changed.
    Letters(fn(&str) -> String),
}

const fn mutant(name: &'static str, what: &'static str, edit: Edit) -> Mutant {
    Mutant { name, what, edit }
}

/// What is done to every member.
fn usual(name: &'static str, foreign: &Value) -> Vec<Mutant> {
    vec![
        mutant(name, "missing", Edit::Missing),
        mutant(name, "null", Edit::Is(Value::Null)),
        mutant(name, "true", Edit::Is(json!(true))),
        mutant(name, "a number", Edit::Is(json!(7))),
        mutant(name, "an array of a number", Edit::Is(json!([7]))),
        mutant(name, "an empty array", Edit::Is(json!([]))),
        mutant(name, "an object", Edit::Is(json!({"value": "x"}))),
        mutant(name, "an empty text", Edit::Is(json!(""))),
        mutant(name, "another's", Edit::Is(foreign.clone())),
        mutant(name, "twice", Edit::Twice(foreign.clone())),
    ]
}

/// What is done to the letters of a text.
fn letters(name: &'static str) -> Vec<Mutant> {
    let change = |what, change: fn(&str) -> String| mutant(name, what, Edit::Letters(change));
    vec![
        change("of another case", other_case),
        change("with a letter more", |text| format!("{text}x")),
        change("with a letter before", |text| format!("x{text}")),
        change("without its last letter", |text| {
            text[..text.len().saturating_sub(1)].to_owned()
        }),
        change("with a space behind", |text| format!("{text} ")),
        change("with a slash behind", |text| format!("{text}/")),
        change("with a NUL behind", |text| format!("{text}\u{0}")),
    ]
}

fn other_case(text: &str) -> String {
    let upper = text.to_uppercase();
    if upper == text {
        text.to_lowercase()
    } else {
        upper
    }
}

/// Mutants of the claims.
pub(super) fn claims(now: i64, other: &Person, elsewhere: &str) -> Vec<Mutant> {
    let texts: [(&str, Value); 10] = [
        ("iss", json!("https://elsewhere.test")),
        ("sub", json!(other.subject)),
        ("azp", json!("smart-app")),
        ("client_id", json!("smart-app")),
        ("tid", json!(elsewhere)),
        ("patient", json!(other.patient)),
        ("acr", json!("1")),
        ("jti", json!("another")),
        ("sid", json!("another")),
        ("typ", json!("ID")),
    ];
    let mut all = Vec::new();
    for (name, foreign) in &texts {
        all.extend(usual(name, foreign));
        all.extend(letters(name));
    }
    let others: [(&str, Value); 6] = [
        ("aud", json!("account")),
        ("scope", json!("patient/Patient.read")),
        ("amr", json!(["pwd"])),
        ("delegation_id", json!("pdel_01J00000000000000000000000")),
        (
            "events",
            json!({"http://schemas.openid.net/event/backchannel-logout": {}}),
        ),
        ("nonce", json!("n")),
    ];
    for (name, foreign) in &others {
        all.extend(usual(name, foreign));
    }
    all.extend(lists());
    for name in ["exp", "nbf", "iat", "auth_time"] {
        all.extend(usual(name, &json!(now)));
        all.extend(times(name, now));
    }
    all
}

fn lists() -> Vec<Mutant> {
    let scope = |what, text: &str| mutant("scope", what, Edit::Is(json!(text)));
    vec![
        mutant(
            "aud",
            "in a list of others",
            Edit::Is(json!(["account", "elsewhere"])),
        ),
        mutant(
            "aud",
            "of the portal alone",
            Edit::Is(json!("patient-portal")),
        ),
        mutant(
            "aud",
            "with a number in it",
            Edit::Is(json!(["patient-portal", 7])),
        ),
        mutant("aud", "in capitals", Edit::Is(json!("PATIENT-PORTAL"))),
        mutant(
            "aud",
            "with a letter more",
            Edit::Is(json!("patient-portalx")),
        ),
        mutant("amr", "a text", Edit::Is(json!("otp"))),
        mutant(
            "amr",
            "a listed method in capitals",
            Edit::Is(json!(["OTP"])),
        ),
        mutant(
            "scope",
            "an array of scopes",
            Edit::Is(json!(["patient/*.read"])),
        ),
        mutant(
            "scope",
            "an array with a space",
            Edit::Is(json!(["x patient/*.read"])),
        ),
        scope("in capitals", "PATIENT/*.READ"),
        scope("of a user", "user/*.read"),
        scope("of a system", "system/*.*"),
        scope("with letters out of order", "patient/*.sr"),
        scope("of a type in small letters", "patient/condition.read"),
        scope("with a tab for a space", "openid\tpatient/*.read"),
    ]
}

fn times(name: &'static str, now: i64) -> Vec<Mutant> {
    let at = |what, time: i64| mutant(name, what, Edit::Is(json!(time)));
    vec![
        at("zero", 0),
        at("negative", -1),
        at("a year ago", now - 31_536_000),
        at("two minutes ago", now - 120),
        at("in two minutes", now + 120),
        at("in a year", now + 31_536_000),
        at("beyond all time", i64::MAX),
        mutant(name, "with a fraction", Edit::Is(json!(0.5))),
        mutant(name, "a text of digits", Edit::Is(json!(now.to_string()))),
    ]
}

/// Mutants of the header.
pub(super) fn headers() -> Vec<Mutant> {
    let mut all = Vec::new();
    for (name, foreign) in [("alg", "ES256"), ("kid", "another"), ("typ", "logout+jwt")] {
        all.extend(usual(name, &json!(foreign)));
        all.extend(letters(name));
    }
    for alg in [
        "none", "HS256", "HS512", "RS512", "PS256", "RS1", "EdDSA", "dir",
    ] {
        all.push(mutant("alg", alg, Edit::Is(json!(alg))));
    }
    for kind in ["at+jwt", "application/at+jwt", "JWE", "id_token"] {
        all.push(mutant("typ", kind, Edit::Is(json!(kind))));
    }
    let keys = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    for (name, foreign) in [
        ("jku", json!("https://elsewhere.test/keys")),
        ("x5u", json!("https://elsewhere.test/chain")),
        ("jwk", keys),
        ("crit", json!(["exp"])),
        ("cty", json!("JWT")),
    ] {
        all.extend(usual(name, &foreign));
    }
    all
}
