//! Escaping of upstream ids.

use crate::reference::is_id;

/// A FHIR id has at most this many characters.
const MAX_ID: usize = 64;

/// `.` as `.d`, `_` as `.u`, everything else as it is; `None` for what is no upstream id or does
/// not fit behind `prefix`.
pub(super) fn escape(prefix: &str, upstream_id: &str) -> Option<String> {
    if !is_id(upstream_id) {
        return None;
    }
    let mut out = String::with_capacity(prefix.len() + upstream_id.len() + 4);
    out.push_str(prefix);
    for character in upstream_id.chars() {
        match character {
            '.' => out.push_str(".d"),
            '_' => out.push_str(".u"),
            other => out.push(other),
        }
    }
    (out.len() <= MAX_ID).then_some(out)
}

/// The id outside of a patient: the canonical id, escaped, without a code.
pub fn patient_address(canonical_id: &str) -> Option<String> {
    escape("", canonical_id)
}

/// The exact inverse of [`escape`] without a prefix.
pub(super) fn unescape(escaped: &str) -> Option<String> {
    let mut out = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '.' => match characters.next()? {
                'd' => '.',
                'u' => '_',
                _ => return None,
            },
            '_' => return None,
            other => other,
        });
    }
    is_id(&out).then_some(out)
}

/// Whether a text can be an id here at all.
pub(super) fn fits(portal_id: &str) -> bool {
    portal_id.len() <= MAX_ID
}
