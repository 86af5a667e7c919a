//! Whether a Patient is in use, and which business identifiers it carries.

use bytes::Bytes;

use crate::json::{Kind, Tree, Value};
use crate::privacy::hidden_debug;

const MAX_DEPTH: usize = 64;

/// What a Patient says of itself as a record.
#[derive(Clone, PartialEq, Eq)]
pub struct PatientStanding {
    /// Whether it is neither inactive (`active`) nor replaced by another (`link`).
    pub in_use: bool,
    identifiers: Vec<(Box<str>, Box<str>)>,
}

hidden_debug!(PatientStanding);

impl PatientStanding {
    /// Reads a Patient; `None` when it is none or cannot be read.
    pub fn read(patient: &Bytes) -> Option<Self> {
        let text = std::str::from_utf8(patient).ok()?;
        let tree = Tree::parse(text.as_bytes(), MAX_DEPTH).ok()?;
        let patient = tree.root();
        if patient.get("resourceType")?.text()? != "Patient" {
            return None;
        }
        Some(Self {
            in_use: is_active(patient) && !is_replaced(patient),
            identifiers: identifiers(patient),
        })
    }

    /// The values of a system, each once, but for those that are out of use.
    pub fn values(&self, system: &str) -> Vec<&str> {
        let own = self.identifiers.iter().filter(|(of, _)| **of == *system);
        let mut values: Vec<&str> = own.map(|(_, value)| &**value).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}

// What is there and no truth value might say that it is not.
fn is_active(patient: Value<'_>) -> bool {
    let active = patient.get("active");
    active.is_none_or(|active| active.kind() == Kind::Boolean && active.raw() == "true")
}

fn is_replaced(patient: Value<'_>) -> bool {
    let links = patient.get("link").into_iter().flat_map(Value::items);
    let mut kinds = links.map(|link| link.get("type").and_then(Value::text));
    // One of which it is not said what kind it is might be of this kind.
    kinds.any(|kind| kind.is_none_or(|kind| kind == "replaced-by"))
}

fn identifiers(patient: Value<'_>) -> Vec<(Box<str>, Box<str>)> {
    let all = patient.get("identifier").into_iter().flat_map(Value::items);
    all.filter(|one| one.get("use").and_then(Value::text).as_deref() != Some("old"))
        .filter_map(|one| {
            let text = |name| one.get(name).and_then(Value::text);
            Some((text("system")?.into(), text("value")?.into()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Option<PatientStanding> {
        let text = format!(r#"{{"resourceType":"Patient","id":"p"{more}}}"#);
        PatientStanding::read(&Bytes::from(text))
    }

    #[test]
    fn who_is_inactive_or_replaced_is_not_in_use() {
        for (more, expected) in [
            ("", true),
            (r#","active":true"#, true),
            (r#","active":false"#, false),
            (r#","active":"true""#, false),
            (r#","link":[{"type":"seealso"}]"#, true),
            (
                r#","link":[{"type":"replaces"},{"type":"replaced-by"}]"#,
                false,
            ),
            (r#","link":[{"other":{}}]"#, false),
        ] {
            assert_eq!(read(more).map(|read| read.in_use), Some(expected), "{more}");
        }
    }

    #[test]
    fn values_are_those_of_the_very_system_and_in_use() {
        let standing = read(
            r#","identifier":[{"system":"urn:a","value":"1"},{"system":"urn:a","value":"1"},
            {"system":"urn:b","value":"2"},{"value":"3"},{"system":"urn:a"},
            {"use":"old","system":"urn:a","value":"4"}]"#,
        );
        let standing = standing.expect("readable");
        assert_eq!(standing.values("urn:a"), ["1"]);
        assert_eq!(standing.values("urn:b"), ["2"]);
        assert!(standing.values("urn:").is_empty());
    }

    #[test]
    fn what_is_no_patient_is_none() {
        let group = Bytes::from_static(br#"{"resourceType":"Group","id":"p"}"#);
        assert!(PatientStanding::read(&group).is_none());
        assert!(PatientStanding::read(&Bytes::from_static(b"{")).is_none());
    }
}
