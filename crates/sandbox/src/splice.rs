//! Changes to a resource's text that leave every other byte as it was.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use serde_json::value::RawValue;

/// The system of release marks.
pub(crate) const RELEASE_SYSTEM: &str = "urn:ghasi-ehealth:release";
const RELEASED: &str = r#"{"system":"urn:ghasi-ehealth:release","code":"released"}"#;

/// Replaces each whole text `"urn:…"` that the map knows, as FHIR R4 3.1.0.7.2
/// asks of a server that takes a transaction.
pub(crate) fn resolve(text: &str, addresses: &HashMap<&str, String>) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("\"urn:") {
        let (before, quoted) = rest.split_at(start + 1);
        let (urn, after) = quoted.split_at(quoted.find('"').unwrap_or(quoted.len()));
        resolved.push_str(before);
        resolved.push_str(addresses.get(urn).map_or(urn, String::as_str));
        rest = after;
    }
    resolved.push_str(rest);
    resolved
}

/// The text with the mark `released` in `meta.tag`, unless a tag of the
/// release system is there already or `meta` cannot be read.
pub(crate) fn mark_released(text: &str) -> String {
    match insertion(text) {
        Some((at, addition)) => {
            let (before, after) = text.split_at(at);
            [before, &addition, after].concat()
        }
        None => text.to_owned(),
    }
}

/// Where to put the mark, and the bytes that carry it there.
fn insertion(text: &str) -> Option<(usize, String)> {
    let resource = members(text)?;
    let Some(meta) = resource.get("meta").map(|raw| raw.get()) else {
        return Some(into(
            text,
            text,
            &format!(r#""meta":{{"tag":[{RELEASED}]}}"#),
        ));
    };
    let Some(tags) = members(meta)?.get("tag").map(|raw| raw.get()) else {
        return Some(into(text, meta, &format!(r#""tag":[{RELEASED}]"#)));
    };
    let marks: Vec<Value> = serde_json::from_str(tags).ok()?;
    let is_marked = marks.iter().any(|tag| tag["system"] == RELEASE_SYSTEM);
    (!is_marked).then(|| into(text, tags, RELEASED))
}

fn members(text: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(text).ok()
}

/// An addition just behind the opening bracket of `part`, with a comma when
/// something follows.
fn into(text: &str, part: &str, addition: &str) -> (usize, String) {
    let opening = part.find(['{', '[']).map_or(0, |at| at + 1);
    let follows = part.get(opening..).unwrap_or_default().trim_start();
    let comma = if follows.starts_with(['}', ']']) {
        ""
    } else {
        ","
    };
    let at = part.as_ptr().addr() - text.as_ptr().addr() + opening;
    (at, format!("{addition}{comma}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_goes_into_whatever_meta_is_there() {
        for (text, marked) in [
            (
                r#"{"id":"a"}"#,
                format!(r#"{{"meta":{{"tag":[{RELEASED}]}},"id":"a"}}"#),
            ),
            (
                r#"{ "meta": { } }"#,
                format!(r#"{{ "meta": {{"tag":[{RELEASED}] }} }}"#),
            ),
            (
                r#"{"meta":{"tag":[ ]}}"#,
                format!(r#"{{"meta":{{"tag":[{RELEASED} ]}}}}"#),
            ),
            (
                r#"{"v":1.50,"meta":{"tag":[{"code":"x"}]}}"#,
                format!(r#"{{"v":1.50,"meta":{{"tag":[{RELEASED},{{"code":"x"}}]}}}}"#),
            ),
        ] {
            assert_eq!(mark_released(text), marked);
        }
    }

    #[test]
    fn a_resource_with_any_release_mark_stays_as_it_is() {
        let text = r#"{"meta":{"tag":[{"system":"urn:ghasi-ehealth:release","code":"critical"}]}}"#;
        assert_eq!(mark_released(text), text);
    }

    #[test]
    fn only_known_whole_texts_are_resolved() {
        let addresses = HashMap::from([("urn:uuid:1", "Patient/1".to_owned())]);
        let text = r#"{"a":"urn:uuid:1","b":"urn:uuid:2","c":"see urn:uuid:1","d":"urn:uuid:1"}"#;
        let resolved = r#"{"a":"Patient/1","b":"urn:uuid:2","c":"see urn:uuid:1","d":"Patient/1"}"#;
        assert_eq!(resolve(text, &addresses), resolved);
    }

    proptest::proptest! {
        #[test]
        fn without_known_addresses_nothing_changes(text in ".{0,200}") {
            proptest::prop_assert_eq!(resolve(&text, &HashMap::new()), text);
        }
    }
}
