//! An answer without what names the answer itself.

use std::collections::BTreeMap;

use portal_tests::Answer;
use serde_json::{Value, json};

use super::super::reference::Route;

/// An answer without correlation, times and the letters of cursors; their length stays.
pub(super) fn nameless(answer: &Answer, route: &Route) -> Value {
    let text = || json!(String::from_utf8_lossy(&answer.body));
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| text());
    blank(&mut body);
    let may_say = match route {
        Route::Labs(_) => true,
        Route::List(listing, _) => listing.says_held().is_some(),
        _ => false,
    };
    if may_say {
        body["meta"]["withheld"] = Value::Null;
    }
    if matches!(route, Route::Summary) && answer.status == 200 {
        let composition = &mut body["entry"][0];
        composition["fullUrl"] = Value::Null;
        composition["resource"]["id"] = Value::Null;
        composition["resource"]["date"] = Value::Null;
        for name in ["id", "identifier"] {
            body[name] = Value::Null;
        }
    }
    let headers: BTreeMap<String, String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !UNCOMPARED.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect();
    json!({"status": answer.status, "headers": headers, "body": body})
}

/// What tells of the moment, or follows from what is compared.
const UNCOMPARED: [&str; 4] = ["x-request-id", "date", "content-length", "ratelimit"];

const BLANKED: [&str; 5] = [
    "correlationId",
    "instance",
    "timestamp",
    "asOf",
    "diagnostics",
];

fn blank(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                match inner.as_str() {
                    Some(_) if BLANKED.contains(&name.as_str()) => *inner = Value::Null,
                    Some(text) if name == "nextCursor" => *inner = json!(text.len()),
                    Some(text) if name == "url" => *inner = json!(without_cursor(text)),
                    _ => blank(inner),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn without_cursor(link: &str) -> String {
    match link.split_once("cursor=") {
        Some((before, cursor)) => format!("{before}cursor={}", cursor.len()),
        None => link.to_owned(),
    }
}
