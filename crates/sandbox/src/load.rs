//! Records from a folder of FHIR transaction Bundles, such as Synthea writes.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::person::DemoPerson;
use crate::record::{InvalidResource, Record};
use crate::source::Source;
use crate::splice;

/// The folder cannot be loaded. Names the file, never its content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("records folder {} cannot be read", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("records folder {} holds no .json file", .0.display())]
    Empty(PathBuf),
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error("{}: not a FHIR Bundle (line {line}, column {column})", file.display())]
    NotABundle {
        file: PathBuf,
        line: usize,
        column: usize,
    },
    #[error("{}: the Bundle is no transaction, batch or collection", .0.display())]
    BundleType(PathBuf),
    #[error("{}: entry {entry} cannot be loaded", file.display())]
    Entry {
        file: PathBuf,
        entry: usize,
        #[source]
        reason: InvalidResource,
    },
}

/// What a folder held: people, and their records in the order of the files.
pub(crate) struct Loaded {
    pub(crate) people: Vec<DemoPerson>,
    pub(crate) records: Vec<Arc<Record>>,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(rename = "resourceType")]
    resource_type: String,
    r#type: String,
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "fullUrl")]
    full_url: Option<String>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

/// Loads every `*.json` of the folder, by name, as people of `tenant`. A
/// resource found in several files is kept once: the first.
pub(crate) fn folder(folder: &Path, tenant: &str) -> Result<Loaded, LoadError> {
    let mut people = Vec::new();
    let mut records: Vec<Arc<Record>> = Vec::new();
    let mut seen = HashSet::new();
    for file in json_files(folder)? {
        let text =
            std::fs::read_to_string(&file).map_err(|error| LoadError::File(file.clone(), error))?;
        for record in bundle(&file, &text)? {
            if !seen.insert((record.resource_type.clone(), record.id.clone())) {
                continue;
            }
            if record.resource_type == "Patient" {
                people.push(person(&record, tenant));
            }
            records.push(Arc::new(record));
        }
    }
    tell_subjects_apart(&mut people);
    Ok(Loaded { people, records })
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |error| LoadError::Folder(folder.to_owned(), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        Err(LoadError::Empty(folder.to_owned()))
    } else {
        Ok(files)
    }
}

/// The records of one Bundle: references resolved, the laboratory's marked.
fn bundle(file: &Path, text: &str) -> Result<Vec<Record>, LoadError> {
    let bundle: Bundle<'_> = serde_json::from_str(text).map_err(|error| LoadError::NotABundle {
        file: file.to_owned(),
        line: error.line(),
        column: error.column(),
    })?;
    let is_loadable = matches!(
        bundle.r#type.as_str(),
        "transaction" | "batch" | "collection"
    );
    if bundle.resource_type != "Bundle" || !is_loadable {
        return Err(LoadError::BundleType(file.to_owned()));
    }
    let addresses = addresses(&bundle.entry);
    let resources = bundle
        .entry
        .iter()
        .filter_map(|entry| entry.resource)
        .enumerate();
    resources
        .map(|(entry, raw)| {
            record(&splice::resolve(raw.get(), &addresses)).map_err(|reason| LoadError::Entry {
                file: file.to_owned(),
                entry,
                reason,
            })
        })
        .collect()
}

/// `Type/id` by `fullUrl`, for the entries that have both.
fn addresses<'a>(entries: &'a [Entry<'_>]) -> HashMap<&'a str, String> {
    let address = |entry: &'a Entry<'_>| {
        let record = Record::read(Bytes::copy_from_slice(entry.resource?.get().as_bytes())).ok()?;
        Some((
            entry.full_url.as_deref()?,
            format!("{}/{}", record.resource_type, record.id),
        ))
    };
    entries.iter().filter_map(address).collect()
}

fn record(text: &str) -> Result<Record, InvalidResource> {
    let record = Record::read(Bytes::copy_from_slice(text.as_bytes()))?;
    if record.source() == Source::Laboratory {
        return Record::read(Bytes::from(splice::mark_released(text)));
    }
    Ok(record)
}

fn person(patient: &Record, tenant: &str) -> DemoPerson {
    let short: String = patient.id.chars().take(8).collect();
    DemoPerson {
        tenant: tenant.to_owned(),
        patient_id: patient.id.clone(),
        subject: format!("{tenant}-{short}"),
        name: name(&patient.bytes).unwrap_or_else(|| "Unnamed".to_owned()),
    }
}

fn name(patient: &[u8]) -> Option<String> {
    let patient: Value = serde_json::from_slice(patient).ok()?;
    let name = patient["name"].get(0)?;
    let given = name["given"].get(0).and_then(Value::as_str);
    let family = name["family"].as_str();
    let parts: Vec<&str> = given.into_iter().chain(family).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// People whose ids begin alike get their whole id as the subject.
fn tell_subjects_apart(people: &mut [DemoPerson]) {
    let mut seen = HashSet::new();
    for person in people {
        if !seen.insert(person.subject.clone()) {
            person.subject = format!("{}-{}", person.tenant, person.patient_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "some.json";

    #[test]
    fn references_are_resolved_and_every_other_byte_stays() {
        let text = r#"{"resourceType":"Bundle","type":"transaction","entry":[
          {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient", "id":"p1"}},
          {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Condition","id":"c1",  "x":1.50,"subject":{"reference":"urn:uuid:1"}}}]}"#;
        let records = bundle(Path::new(FILE), text).unwrap();
        let expected = r#"{"resourceType":"Condition","id":"c1",  "x":1.50,"subject":{"reference":"Patient/p1"}}"#;
        assert_eq!(records[1].bytes, expected.as_bytes());
        assert_eq!(records[1].patients, ["p1"]);
    }

    #[test]
    fn only_the_laboratory_marks_what_it_holds() {
        let text = r#"{"resourceType":"Bundle","type":"collection","entry":[
          {"resource":{"resourceType":"DiagnosticReport","id":"r"}},{"resource":{"resourceType":"Condition","id":"c"}}]}"#;
        let records = bundle(Path::new(FILE), text).unwrap();
        assert!(String::from_utf8_lossy(&records[0].bytes).contains(splice::RELEASE_SYSTEM));
        assert_eq!(
            records[1].bytes,
            r#"{"resourceType":"Condition","id":"c"}"#.as_bytes()
        );
    }

    #[test]
    fn a_file_that_is_no_bundle_is_named_with_the_position() {
        let refused = |text| {
            bundle(Path::new(FILE), text)
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(
            refused("{\n  \"x\": nil }").as_deref(),
            Some("some.json: not a FHIR Bundle (line 2, column 9)")
        );
        assert_eq!(
            refused(r#"{"resourceType":"Bundle","type":"searchset"}"#).as_deref(),
            Some("some.json: the Bundle is no transaction, batch or collection")
        );
        let nameless =
            r#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"id":"x"}}]}"#;
        assert_eq!(
            refused(nameless).as_deref(),
            Some("some.json: entry 0 cannot be loaded")
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = folder(Path::new("no-such-folder"), "demo").err().unwrap();
        assert_eq!(
            error.to_string(),
            "records folder no-such-folder cannot be read"
        );
    }

    #[test]
    fn six_synthea_people_load_with_every_reference_resolved() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/synthea");
        if !data.is_dir() {
            eprintln!("skipped: there is no ../shared/data/synthea beside the project");
            return;
        }
        let loaded = folder(&data, "demo").unwrap();
        assert_eq!(loaded.people.len(), 6);
        for record in &loaded.records {
            let text = std::str::from_utf8(&record.bytes).unwrap();
            assert!(!text.contains("\"urn:uuid:"));
            let is_marked = text.contains(r#""code":"released""#);
            assert_eq!(is_marked, record.source() == Source::Laboratory);
        }
    }
}
