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
            let own = |patient: &String| *patient == person.person.patient_id;
            assert!(!record.patients.is_empty() && record.patients.iter().all(own));
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
        // The directory knows nobody, and the platform only what tests give it.
        let without = [Source::ProviderDirectory, Source::Platform];
        let knowing = |source: &&Source| source.is_fhir() && !without.contains(*source);
        assert_eq!(sources.len(), Source::ALL.iter().filter(knowing).count());
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
fn sensitive_things_come_with_a_label_with_a_code_and_with_both() {
    let people = everyone(1, 0);
    for subject in ["demo-zarghuna", "demo-laila", "other-omid"] {
        let person = people
            .iter()
            .find(|person| person.person.subject == subject)
            .unwrap();
        let holds = |parts: &[&str]| {
            let mut records = person.records.iter();
            records.any(|record| parts.iter().all(|part| text(record).contains(part)))
        };
        for label in ["HIV", "PSY", "ETH", "R"] {
            let label = format!(r#""code":"{label}""#);
            assert!(holds(&[r#""security":["#, &label]), "{label}");
        }
        assert!(holds(&[
            r#""category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory""#,
            r#""code":"HIV""#
        ]));
        for code in ["F32.1", "35489007"] {
            let unlabelled = person
                .records
                .iter()
                .any(|record| text(record).contains(code) && !text(record).contains("security"));
            assert!(unlabelled, "{code}");
        }
    }
}

#[test]
fn children_have_their_parents_and_a_spouse_is_granted_less() {
    let people = everyone(1, 0);
    let subject = |patient: &str| {
        let mut people = people.iter();
        let person = people.find(|person| person.person.patient_id == patient);
        person.unwrap().person.subject.as_str()
    };
    let mut found: Vec<_> = people
        .iter()
        .flat_map(|person| &person.delegations)
        .map(|delegation| {
            let grantor = subject(&delegation.grantor_patient_id);
            let proxy = delegation.proxy_subject.as_str();
            (
                grantor,
                proxy,
                delegation.relationship_type,
                delegation.scope.len(),
            )
        })
        .collect();
    found.sort_unstable();
    let expected = [
        ("demo-chidi", "demo-adaeze", "parent", 16),
        ("demo-laila", "demo-ahmad", "parent", 16),
        ("demo-laila", "demo-zarghuna", "parent", 16),
        ("demo-zarghuna", "demo-ahmad", "spouse", 7),
        ("other-omid", "other-farid", "parent", 16),
        ("other-omid", "other-soraya", "parent", 16),
        ("other-soraya", "other-farid", "spouse", 7),
    ];
    assert_eq!(found, expected);
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
