//! What a health system may decide.

use serde_json::{Value, json};

use super::super::random::Random;
use super::super::scopes::decided;
use super::delegations::RIGHTS;
use super::elements::{CODES, STATUSES};
use super::table::SOURCES;

const SHIPPED: &str = include_str!("../../../../crates/domain/data/sensitivity.json");

/// Settings of a tenant, each member said, so that nobody needs to know a default.
pub(in super::super) fn random_settings(random: &mut Random) -> Value {
    let codes: Value = if random.chance(70) {
        serde_json::from_str(SHIPPED).expect("the shipped lists")
    } else {
        json!({
            "hiv-sti": [{"system": "http://snomed.info/sct", "codes": ["8640*"]}],
            "genetic": [{"system": "http://snomed.info/sct", "codes": ["195967001"]}],
        })
    };
    json!({
        "releasePolicy": policy(random),
        "ageBands": bands(random),
        "sensitivityCodes": codes,
    })
}

fn policy(random: &mut Random) -> Value {
    let rules: Vec<Value> = (0..random.below(4)).map(|_| rule(random)).collect();
    let default = if random.chance(85) {
        json!("release")
    } else {
        effect(random)
    };
    json!({
        "rules": rules,
        "default": default,
        "defaultReasonKey": "held.default",
        "criticalHold": *random.pick(&["PT12H", "PT72H", "P5D"]),
        "sayCount": random.chance(50),
    })
}

fn rule(random: &mut Random) -> Value {
    let mut matches = json!({});
    if random.chance(50) {
        let types: Vec<_> = random.some(decided(), 30).into_iter().collect();
        matches["types"] = json!(types);
    }
    if random.chance(25) {
        let categories = [
            "laboratory",
            "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
            "problem-list-item",
            "RAD",
        ];
        matches["categories"] = json!([random.pick(&categories)]);
    }
    if random.chance(25) {
        let (system, code) = random.pick(&CODES);
        let pattern = if random.chance(50) {
            format!("{system}|{code}")
        } else {
            (*code).to_owned()
        };
        matches["codes"] = json!([pattern]);
    }
    if random.chance(15) {
        matches["statuses"] = json!([random.pick(&STATUSES)]);
    }
    if random.chance(15) {
        let labels = ["R", "http://terminology.hl7.org/CodeSystem/v3-ActCode|HIV"];
        matches["securityLabels"] = json!([random.pick(&labels)]);
    }
    if random.chance(15) {
        matches["criticalOnly"] = json!(true);
    }
    if random.chance(15) {
        matches["source"] = json!(random.pick(&SOURCES));
    }
    let audience = *random.pick(&["all", "all", "proxies", "parents"]);
    json!({"match": matches, "effect": effect(random), "audience": audience, "reasonKey": "held.rule"})
}

fn effect(random: &mut Random) -> Value {
    match random.below(6) {
        0 | 1 => json!("release"),
        2 => json!({"holdFor": "PT12H"}),
        3 => json!({"holdFor": "P2D"}),
        4 => json!("holdUntilReviewed"),
        _ => json!("withhold"),
    }
}

fn bands(random: &mut Random) -> Value {
    let edges = *random.pick(&[&[0, 12, 18][..], &[0, 5, 12, 16, 18], &[0, 18]]);
    let band = |ages: &[i32], random: &mut Random| {
        let access = *random.pick(&["full", "full", "limited", "limited", "none"]);
        let mut band = json!({"fromAge": ages[0], "toAge": ages[1], "parentAccess": access});
        if access == "limited" {
            let scope: Vec<_> = random.some(&RIGHTS, 60).into_iter().collect();
            band["limitedScope"] = json!(scope);
        }
        if random.chance(40) {
            band["hideSensitive"] = json!(random.chance(50));
        }
        band
    };
    edges.windows(2).map(|ages| band(ages, random)).collect()
}
