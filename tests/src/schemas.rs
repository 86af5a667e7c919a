//! The contract of the events: a schema a type, in `openapi/events` for what is published and in
//! `openapi/consumed-events` for what is heard.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

static SCHEMAS: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| load("events"));
static CONSUMED: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| load("consumed-events"));

/// A type's schema.
pub struct Schema {
    /// The document.
    pub document: Value,
    validator: Validator,
}

/// The folder of what is published about interfaces.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"))
}

/// The schemas by type.
pub fn all() -> &'static BTreeMap<String, Schema> {
    &SCHEMAS
}

/// The schemas of what is heard of others, by type.
pub fn consumed() -> &'static BTreeMap<String, Schema> {
    &CONSUMED
}

fn load(name: &str) -> BTreeMap<String, Schema> {
    let files = std::fs::read_dir(folder().join(name)).expect("the folder of schemas");
    let load = |file: std::io::Result<std::fs::DirEntry>| {
        let file = file.expect("a file");
        let name = file.file_name().into_string().expect("a name");
        // A star is no character for the name of a file.
        let event_type = name.strip_suffix(".schema.json").expect("a schema");
        let event_type = match event_type.strip_suffix(".any") {
            Some(family) => format!("{family}.*"),
            None => event_type.to_owned(),
        };
        let text = std::fs::read_to_string(file.path()).expect("a text");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&document)
            .expect("a JSON Schema");
        let schema = Schema {
            document,
            validator,
        };
        (event_type, schema)
    };
    files.map(load).collect()
}

/// Why a message is not what its type's schema says; empty when it is. Tells no values.
pub fn faults(event: &Value) -> Vec<String> {
    let event_type = event["type"].as_str().unwrap_or_default();
    let Some(schema) = SCHEMAS.get(event_type) else {
        return vec![format!("no schema of type {event_type}")];
    };
    schema.faults(event)
}

impl Schema {
    /// Why a message is not what the schema says; empty when it is. Tells no values.
    pub fn faults(&self, event: &Value) -> Vec<String> {
        let fault = |error: jsonschema::ValidationError<'_>| {
            format!("{} by {}", error.instance_path(), error.schema_path())
        };
        self.validator.iter_errors(event).map(fault).collect()
    }
}

/// Reads a message; fails the test when it is not what its type's schema says.
pub fn assert_valid(payload: &[u8]) -> Value {
    let event: Value = serde_json::from_slice(payload).expect("messages are JSON");
    let faults = faults(&event);
    assert!(faults.is_empty(), "{}: {faults:?}", event["type"]);
    event
}
