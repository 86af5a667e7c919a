use std::fs;
use std::path::Path;

use bytes::Bytes;
use portal_fhir::json::Tree;
use portal_fhir::{
    AddressBook, Base, Limits, OwnerClaim, PatientAddress, Record, ResourceType, is_searchable,
    read_header, strip_restricted,
};
use serde_json::Value;

use super::codings::{all_codes, naive_codes};

/// Synthetic transaction Bundles that may stand beside the project.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/synthea");

fn book() -> AddressBook {
    let base = Base {
        url: "https://a.test".into(),
        code: "a".into(),
    };
    let authority = ResourceType::ALL
        .iter()
        .map(|&served| (served, vec![0]))
        .collect();
    AddressBook::new(vec![base], authority).expect("a sound sample")
}

#[test]
fn every_served_resource_of_the_synthetic_records_is_read() {
    if !Path::new(FOLDER).exists() {
        println!("no synthetic records beside the project: nothing to read");
        return;
    }
    let mut count = 0;
    for file in fs::read_dir(FOLDER).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            count += bundle(&fs::read(path).unwrap());
        }
    }
    assert!(count > 500, "only {count} resources");
}

fn bundle(bytes: &[u8]) -> usize {
    let tree = Tree::parse(bytes, 64).expect("a sound sample");
    let entries = tree.root().get("entry").expect("a sound sample");
    let resources = entries.items().filter_map(|entry| entry.get("resource"));
    let served = resources.filter(|resource| {
        let name = resource
            .get("resourceType")
            .and_then(portal_fhir::json::Value::text);
        name.and_then(|name| ResourceType::parse(&name)).is_some()
    });
    served.map(|resource| check(resource.raw())).count()
}

/// Types that the synthetic records leave without the date that they would be listed by.
const UNDATED: [ResourceType; 2] = [ResourceType::Coverage, ResourceType::Goal];

fn check(text: &str) {
    let header = read_header(text.as_bytes(), &Limits::default()).expect("a sound sample");
    let model: Value = serde_json::from_str(text).expect("a sound sample");
    assert_eq!(header.resource_type.as_str(), model["resourceType"]);
    assert_eq!(*header.id, model["id"]);
    let status = match header.resource_type {
        ResourceType::Goal => "lifecycleStatus",
        _ => "status",
    };
    assert_eq!(header.status.as_deref(), model[status].as_str());
    assert!(!header.labels_unreadable && !header.issued_unreadable && !header.codes_unreadable);
    let is_patient = header.resource_type == ResourceType::Patient;
    let undated = is_patient
        || header.resource_type == ResourceType::Device
        || !is_searchable(header.resource_type);
    assert!(header.date.is_none() == undated || UNDATED.contains(&header.resource_type));
    assert_eq!(matches!(header.owner, OwnerClaim::OwnId), is_patient);
    assert!(!header.other_codings_unreadable);
    let bare_codes = header.resource_type == ResourceType::AllergyIntolerance;
    let (found, naive) = (all_codes(&header), naive_codes(&model));
    assert!(found.is_superset(&naive) && (bare_codes || found == naive));
    let patient = PatientAddress {
        upstream: &header.id.clone(),
        canonical: "p",
    };
    let record = Record {
        header,
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    };
    let record = unstripped(record);
    let rewritten = book()
        .rewrite(record, 0, &patient, "https://portal.test")
        .expect("a sound sample");
    same_but_for_addresses(
        &model,
        &serde_json::from_slice(&rewritten.bytes).expect("a sound sample"),
        true,
    );
}

/// Nothing in the synthetic records is restricted.
fn unstripped(record: Record) -> Record {
    let before = (record.bytes.as_ptr(), record.clone());
    let record = strip_restricted(record).expect("a sound sample");
    assert!(before == (record.bytes.as_ptr(), record.clone()));
    record
}

/// Every member is the same, `urn:` references are gone, and the id at the top is ours.
fn same_but_for_addresses(before: &Value, after: &Value, top: bool) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, member) in before {
                if name == "reference" && member.as_str().is_some_and(|it| it.starts_with("urn:")) {
                    assert!(!after.contains_key(name));
                } else if !(top && name == "id") {
                    same_but_for_addresses(member, &after[name], false);
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len());
            before
                .iter()
                .zip(after)
                .for_each(|(a, b)| same_but_for_addresses(a, b, false));
        }
        _ => assert_eq!(before, after),
    }
}
