//! Literal references: `Type/id`, `Type/id/_history/version`, and the same below a base.

/// A literal reference taken apart (FHIR R4 2.3.0.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LiteralReference<'a> {
    /// The name before the first slash; a type name in form, known or not.
    pub type_name: &'a str,
    /// The logical id.
    pub id: &'a str,
}

crate::privacy::hidden_debug!(LiteralReference<'a>);

impl<'a> LiteralReference<'a> {
    /// Reads a relative reference, with or without a version. Nothing is decoded or trimmed: what
    /// is not exactly of this form is not one.
    pub fn relative(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        let (type_name, id) = (parts.next()?, parts.next()?);
        let version_is_sound = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => true,
            (Some("_history"), Some(version), None) => is_id(version),
            _ => false,
        };
        (is_type_name(type_name) && is_id(id) && version_is_sound).then_some(Self { type_name, id })
    }

    /// Reads an absolute reference below `base` (no trailing slash), compared byte for byte.
    pub fn below(text: &'a str, base: &str) -> Option<Self> {
        Self::relative(text.strip_prefix(base)?.strip_prefix('/')?)
    }
}

/// Whether a source may use this as a logical id: `[A-Za-z0-9_.\-]{1,64}`, not `.` or `..`. FHIR
/// itself has no `_`; common identifiers do.
pub fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed) && text != "." && text != ".."
}

fn is_type_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_forms_are_literal_references() {
        for (text, id) in [
            ("Patient/a.b-c_D9", Some("a.b-c_D9")),
            ("Patient/1/_history/2", Some("1")),
            ("Patient/1/_history/", None),
            ("Patient/1/_history/..", None),
            ("Patient/1/_history/2/3", None),
            ("Patient/1/", None),
            ("/Patient/1", None),
            ("Patient/../x", None),
            ("Patient/..", None),
            ("Patient/%31", None),
            ("Patient/1?x=y", None),
            ("Patient/1#x", None),
            ("patient/1", None),
            (" Patient/1", None),
            ("Patient", None),
            ("", None),
        ] {
            assert_eq!(
                LiteralReference::relative(text).map(|found| found.id),
                id,
                "{text}"
            );
        }
    }

    #[test]
    fn a_base_is_compared_whole() {
        let below = |text| LiteralReference::below(text, "https://a.test/fhir").is_some();
        assert!(below("https://a.test/fhir/Patient/1"));
        assert!(!below("https://a.test/fhir2/Patient/1"));
        assert!(!below("https://a.test/fhir//Patient/1"));
        assert!(!below("https://a.test/fhir/x/Patient/1"));
        assert!(!below("https://A.test/fhir/Patient/1"));
    }
}
