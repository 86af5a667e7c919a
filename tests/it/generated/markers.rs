//! Markers: words that stand in one element of one resource and nowhere else, found again in any
//! text, base64 included.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Where markers come from.
#[derive(Debug)]
pub(super) struct Markers(u32);

impl Markers {
    /// Markers of a world; worlds that begin apart share none.
    pub(super) const fn from(first: u32) -> Self {
        Self(first)
    }

    /// The next marker.
    pub(super) fn text(&mut self) -> String {
        self.0 += 1;
        word(self.0)
    }

    /// The next marker in base64.
    pub(super) fn base64(&mut self) -> String {
        STANDARD.encode(self.text())
    }
}

/// Nine letters, so that base64 has no padding and no other beginning.
pub(super) fn word(number: u32) -> String {
    format!("zq{number:06}q")
}

const PREFIX: &str = "zq";
const PREFIX_BASE64: &str = "enE";

/// Every marker in a text.
pub(super) fn markers_in(text: &str) -> BTreeSet<u32> {
    let plain = text
        .match_indices(PREFIX)
        .filter_map(|(at, _)| read(text.get(at..at + 9)?));
    let encoded = text.match_indices(PREFIX_BASE64).filter_map(|(at, _)| {
        let bytes = STANDARD.decode(text.get(at..at + 12)?).ok()?;
        read(std::str::from_utf8(&bytes).ok()?)
    });
    plain.chain(encoded).collect()
}

fn read(text: &str) -> Option<u32> {
    let digits = text.strip_prefix(PREFIX)?.strip_suffix('q')?;
    (digits.len() == 6).then(|| digits.parse().ok())?
}

/// Every marker in a value.
pub(super) fn markers_of(value: &Value) -> BTreeSet<u32> {
    markers_in(&value.to_string())
}

/// The element of a resource that holds a marker, as a JSON pointer.
pub(super) fn place_of(value: &Value, marker: u32) -> Option<String> {
    let inside = |name: &str, inner: &Value| Some(format!("/{name}{}", place_of(inner, marker)?));
    match value {
        Value::Object(members) => members.iter().find_map(|(name, inner)| inside(name, inner)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, inner)| inside(&at.to_string(), inner)),
        Value::String(text) => markers_in(text).contains(&marker).then(String::new),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
