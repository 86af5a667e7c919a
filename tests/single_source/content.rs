//! What two deployments show, made comparable: each thing by the address that it has in the
//! records, without what a server says of its own keeping.

use std::collections::HashMap;

use serde_json::Value;

const RELEASE: &str = "urn:ghasi-ehealth:release";

/// What a deployment calls each record, and what the records call it.
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// Names by pairs of an id and the address in the records.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The address in the records of an id here.
    pub(crate) fn original(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// A resource or an item of a list, comparable.
    pub(crate) fn comparable(&self, value: &Value) -> Value {
        let mut value = value.clone();
        self.rename(&mut value, "");
        without_keeping(&mut value);
        value
    }

    fn rename(&self, value: &mut Value, name: &str) {
        match value {
            Value::String(text) if matches!(name, "id" | "reference" | "url") => {
                let id = text.rsplit('/').next().unwrap_or_default();
                if let Some(original) = self.original(id) {
                    *text = original.to_owned();
                }
            }
            Value::Array(items) => {
                items.iter_mut().for_each(|item| self.rename(item, name));
                if matches!(name, "points" | "trend") {
                    settle_ties(items);
                }
            }
            Value::Object(members) => members
                .iter_mut()
                .for_each(|(name, value)| self.rename(value, name)),
            _ => {}
        }
    }
}

/// Points of one date stand in the order of their ids, which servers choose.
fn settle_ties(points: &mut [Value]) {
    let runs = points.chunk_by_mut(|one, other| one["date"] == other["date"]);
    for run in runs {
        run.sort_by_key(|point| point["id"].to_string());
    }
}

/// Takes out what each server says for itself: versions, times of storage, marks of release.
fn without_keeping(value: &mut Value) {
    let Some(meta) = value.get_mut("meta").and_then(Value::as_object_mut) else {
        return;
    };
    for name in ["versionId", "lastUpdated", "source"] {
        meta.remove(name);
    }
    if let Some(tags) = meta.get_mut("tag").and_then(Value::as_array_mut) {
        tags.retain(|tag| tag["system"] != RELEASE);
        if tags.is_empty() {
            meta.remove("tag");
        }
    }
    if meta.is_empty() {
        value
            .as_object_mut()
            .expect("it has members")
            .remove("meta");
    }
}
