use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::*;
use crate::source::Source;

fn text(record: &Record) -> &str {
    std::str::from_utf8(&record.bytes).unwrap()
}

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let all = |seed| {
        let records = everyone(seed, 20)
            .into_iter()
            .flat_map(|person| person.records);
        records
            .map(|record| record.bytes.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(all(7), all(7));
    assert_ne!(all(7), all(8));
}

#[test]
fn ids_are_never_shared_and_every_record_names_its_own_patient() {
    let mut seen = HashSet::new();
    for person in everyone(1, 300) {
        for record in &person.records {
            assert!(seen.insert(record.id.clone()), "{}", record.resource_type);
            assert_eq!(record.patients, [person.person.patient_id.as_str()]);
        }
    }
}

#[test]
fn both_tenants_hold_families_and_every_source_knows_everybody() {
    let people = everyone(1, 0);
    let mut families: HashMap<(&str, &str), usize> = HashMap::new();
    for person in &people {
        let (_, family) = person.person.name.split_once(' ').unwrap();
        *families.entry((&person.person.tenant, family)).or_default() += 1;
        let sources: HashSet<Source> = person
            .records
            .iter()
            .map(|record| record.source())
            .collect();
        assert_eq!(sources.len(), Source::ALL.len());
    }
    let of = |tenant: &str| {
        people
            .iter()
            .filter(|person| person.person.tenant == tenant)
            .count()
    };
    assert!(of("demo") >= 6 && of("other") >= 3);
    assert!(families[&("demo", "Rahimi")] == 3 && families[&("other", "Haidari")] == 3);
}

#[test]
fn the_awkward_things_are_there() {
    let people = everyone(1, 300);
    let all: Vec<&Record> = people
        .iter()
        .flat_map(|person| &person.records)
        .map(AsRef::as_ref)
        .collect();
    for part in [
        r#""value":1.50,"#,
        r#""value":0.10,"#,
        r#""birthDate":"1951""#,
        r#""contained":["#,
        "pharmacy-distance",
        "زرغونه",
        r#""code":"critical-acknowledged""#,
        r#""code":"HH""#,
        r#""status":"draft""#,
        r#""code":"PSY""#,
    ] {
        assert!(
            all.iter().any(|record| text(record).contains(part)),
            "{part}"
        );
    }
    assert!(all.iter().any(|record| record.id.starts_with("obs_01J")));
    let values = all
        .iter()
        .map(|record| serde_json::from_slice::<Value>(&record.bytes).unwrap());
    let dates: HashSet<usize> = values
        .filter_map(|value| value["effectiveDateTime"].as_str().map(str::len))
        .collect();
    assert_eq!(dates, HashSet::from([4, 7, 10]));
}

#[test]
fn the_large_record_holds_every_combination_of_state() {
    let people = everyone(1, 270);
    let large = people
        .iter()
        .max_by_key(|person| person.records.len())
        .unwrap();
    let states: HashSet<String> = large
        .records
        .iter()
        .filter(|record| record.source() == Source::Laboratory)
        .filter_map(|record| serde_json::from_slice::<Value>(&record.bytes).ok())
        .filter(|value| value["resourceType"] == "Observation" && value["status"] != "cancelled")
        .map(|value| {
            let meta = &value["meta"];
            let parts = [
                &value["status"],
                &meta["tag"],
                &meta["security"],
                &value["interpretation"],
            ];
            parts.map(ToString::to_string).join(" ")
        })
        .collect();
    assert!(states.len() >= 5 * 5 * 3 * 3, "{} states", states.len());
}
