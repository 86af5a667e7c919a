//! Weak entity tags (RFC 9110 section 8.8.3). They tell versions apart and protect nothing, so a
//! fast hash of 128 bits is enough.

use http::HeaderValue;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// A hash over parts in their order. Where a part ends is hashed too.
#[derive(Default)]
pub(super) struct Hash(Xxh3);

impl Hash {
    /// Adds a part.
    pub(super) fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// The tag.
    pub(super) fn tag(&self) -> String {
        format!("W/\"{:032x}\"", self.0.digest128())
    }
}

/// The tag of a read: the version and the served bytes. What was masked or rewritten in this
/// answer changes the tag while the version stays.
pub(super) fn of_read(version_id: Option<&str>, served: &[u8]) -> String {
    let hash = xxh3_128(served);
    match version_id.filter(|id| is_id(id)) {
        Some(version) => format!("W/\"{version}-{hash:032x}\""),
        None => format!("W/\"{hash:032x}\""),
    }
}

/// The alphabet of FHIR ids, all of which may stand in a tag.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// Whether `If-None-Match` names the tag, by weak comparison.
pub(super) fn is_known(if_none_match: &[HeaderValue], tag: &str) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let own = opaque(tag);
    if_none_match
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|asked| asked == "*" || opaque(asked) == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_s_tag_changes_with_version_and_bytes() {
        let tag = of_read(Some("3"), b"{}");
        assert!(
            tag.starts_with("W/\"3-") && tag.len() == 5 + 32 + 1,
            "{tag}"
        );
        assert_ne!(tag, of_read(Some("4"), b"{}"));
        assert_ne!(tag, of_read(Some("3"), b"{ }"));
        assert_eq!(of_read(Some("a\"b"), b"{}"), of_read(None, b"{}"));
    }

    #[test]
    fn parts_are_told_apart() {
        let tag = |parts: &[&[u8]]| {
            let mut hash = Hash::default();
            for part in parts {
                hash.part(part);
            }
            hash.tag()
        };
        assert_ne!(tag(&[b"ab", b"c"]), tag(&[b"a", b"bc"]));
        assert_ne!(tag(&[b"a", b"b"]), tag(&[b"b", b"a"]));
        assert_eq!(tag(&[b"a"]), tag(&[b"a"]));
    }

    #[test]
    fn a_known_tag_is_found_in_any_spelling() {
        let known = |value: &str| is_known(&[value.parse().unwrap()], "W/\"x\"");
        assert!(known("W/\"x\"") && known("\"x\"") && known("\"y\", W/\"x\"") && known("*"));
        assert!(!known("\"y\"") && !known("x") && !is_known(&[], "W/\"x\""));
    }
}
