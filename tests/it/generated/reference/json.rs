//! Plain look-ups in JSON.

use serde_json::Value;

/// The text of a member; empty when it is none.
pub(in super::super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The items of a list, or the one thing in its place.
pub(in super::super) fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// System and code of every coding of a concept or of several; a bare text is a code.
pub(in super::super) fn codings(concepts: &Value) -> Vec<(Option<&str>, Option<&str>)> {
    each(concepts)
        .into_iter()
        .flat_map(|concept| match concept.as_str() {
            Some(code) => vec![(None, Some(code))],
            None => labels(&concept["coding"]),
        })
        .collect()
}

/// System and code of bare codings, such as labels.
pub(in super::super) fn labels(list: &Value) -> Vec<(Option<&str>, Option<&str>)> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .map(|item| (item["system"].as_str(), item["code"].as_str()))
        .collect()
}

/// Codes of every coding of a concept or of several.
pub(in super::super) fn codes(concepts: &Value) -> Vec<&str> {
    codings(concepts)
        .into_iter()
        .filter_map(|(_, code)| code)
        .collect()
}

/// Whether a concept holds something in place of a list of codings.
pub(in super::super) fn is_garbled(concepts: &Value) -> bool {
    each(concepts)
        .into_iter()
        .any(|concept| !concept["coding"].is_null() && !concept["coding"].is_array())
}

/// Whether one of a list of labels has no code.
pub(in super::super) fn lacks_a_code(list: &Value) -> bool {
    labels(list).iter().any(|(_, code)| code.is_none())
}

/// A value and everything in it.
pub(in super::super) fn everything(value: &Value) -> Vec<&Value> {
    let mut found = vec![value];
    match value {
        Value::Object(members) => found.extend(members.values().flat_map(everything)),
        Value::Array(items) => found.extend(items.iter().flat_map(everything)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    found
}
