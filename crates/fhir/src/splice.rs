//! Byte splices: the only way in which a resource ever changes.

use bytes::Bytes;

use crate::header::{Record, read_edited};
use crate::json::Span;

/// Replaces each span by its bytes and leaves every other byte as it is. Of edits that overlap the
/// one that starts first wins, of those that start together the longer; spans beyond the end are
/// left out.
pub fn splice(bytes: &[u8], mut edits: Vec<(Span, Vec<u8>)>) -> Bytes {
    edits.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let added: usize = edits.iter().map(|(_, replacement)| replacement.len()).sum();
    let mut out = Vec::with_capacity(bytes.len() + added);
    let mut done = 0;
    for (span, replacement) in edits {
        let range = span.range();
        if range.start < done || range.end < range.start || range.end > bytes.len() {
            continue;
        }
        out.extend_from_slice(&bytes[done..range.start]);
        out.extend_from_slice(&replacement);
        done = range.end;
    }
    out.extend_from_slice(&bytes[done..]);
    Bytes::from(out)
}

/// An object that says why the value is not there (FHIR R4 extension data-absent-reason).
pub(crate) fn data_absent(reason: &str) -> Vec<u8> {
    const URL: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
    format!(r#"{{"extension":[{{"url":"{URL}","valueCode":"{reason}"}}]}}"#).into_bytes()
}

/// Replaces every Reference whose target is withheld, display and all, by data-absent-reason
/// `masked`. `withheld` sees targets as the header has them. `None` when nothing is to be masked,
/// so that nothing is copied.
///
/// # Panics
/// When the header is not that of the bytes, so that a mix-up can never pass something unmasked.
pub fn mask_references(record: &Record, withheld: impl Fn(&str) -> bool) -> Option<Record> {
    let edits: Vec<_> = record
        .header
        .references
        .iter()
        .filter(|reference| withheld(&reference.target))
        .map(|reference| (reference.object, data_absent("masked")))
        .collect();
    if edits.is_empty() {
        return None;
    }
    let bytes = splice(&record.bytes, edits);
    let header = read_edited(&bytes).expect("a value replaced by an object leaves it readable");
    Some(Record { header, bytes })
}
