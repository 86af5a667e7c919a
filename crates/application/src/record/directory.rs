//! What a directory says of its own entries beside their headers.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_domain::disclosure::ReleasedRecord;
use portal_fhir::json::{Tree, Value};
use portal_fhir::values::{Concept, concept};
use portal_fhir::{Date, Limits};

/// Whether an entry is in use: it does not say that it is not (`active`; of a Location `status`).
pub(super) fn is_in_use(entry: &ReleasedRecord) -> bool {
    let status = entry.header().status.as_deref();
    let suspended = matches!(status, Some("suspended" | "inactive"));
    !suspended && read(entry, is_active).unwrap_or(false)
}

/// Whether a role is played now, in a specialty if one is asked for (`code` or `system|code`).
pub(super) fn plays(
    role: &ReleasedRecord,
    specialty: Option<&str>,
    now: Timestamp,
    zone: &TimeZone,
) -> bool {
    read(role, |root| {
        is_active(root)
            && is_now(root, now, zone)
            && specialty.is_none_or(|wanted| has_specialty(root, wanted))
    })
    .unwrap_or(false)
}

/// What a place or an organisation is called.
pub(super) fn place_name(place: &ReleasedRecord) -> Option<String> {
    let name = read(place, |root| Some(root.get("name")?.text()?.into_owned()));
    name.flatten().filter(|name| !name.trim().is_empty())
}

pub(super) fn read<T>(entry: &ReleasedRecord, look: impl FnOnce(Value<'_>) -> T) -> Option<T> {
    let tree = Tree::parse(entry.directory()?, Limits::default().max_depth).ok()?;
    Some(look(tree.root()))
}

fn is_active(entry: Value<'_>) -> bool {
    entry
        .get("active")
        .is_none_or(|active| active.raw() == "true")
}

/// Whether `period` holds now; a bound that cannot be read holds nothing.
fn is_now(role: Value<'_>, now: Timestamp, zone: &TimeZone) -> bool {
    let Some(period) = role.get("period") else {
        return true;
    };
    let bound = |name| {
        let text = period.get(name).map(Value::text)?;
        Some(
            text.and_then(|text| Date::parse(&text))
                .map(|date| date.interval(zone)),
        )
    };
    let begun = bound("start").is_none_or(|start| start.is_some_and(|it| it.start <= Some(now)));
    let lasts = bound("end").is_none_or(|end| end.is_some_and(|it| Some(now) < it.end));
    begun && lasts
}

fn has_specialty(role: Value<'_>, wanted: &str) -> bool {
    let named = role.get("specialty").into_iter().flat_map(Value::items);
    names(&named.filter_map(concept).collect::<Vec<_>>(), wanted)
}

/// Whether concepts name one by `code` or `system|code`.
pub(super) fn names(concepts: &[Concept], wanted: &str) -> bool {
    let (system, code) = match wanted.split_once('|') {
        Some((system, code)) => (Some(system), code),
        None => (None, wanted),
    };
    let codings = concepts.iter().flat_map(|it| &it.codings);
    codings.map(|it| &it.coding).any(|coding| {
        let of_system = system.is_none_or(|system| coding.system.as_deref() == Some(system));
        of_system && coding.code.as_deref() == Some(code)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on<T>(text: &str, look: impl FnOnce(Value<'_>) -> T) -> T {
        look(Tree::parse(text.as_bytes(), 16).unwrap().root())
    }

    #[test]
    fn what_does_not_say_that_it_is_over_is_in_use() {
        assert!(on("{}", is_active) && on(r#"{"active":true}"#, is_active));
        assert!(!on(r#"{"active":false}"#, is_active) && !on(r#"{"active":"yes"}"#, is_active));
    }

    #[test]
    fn a_role_is_played_in_its_period_both_days_included() {
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let holds = |text: &str| on(text, |role| is_now(role, now, &TimeZone::UTC));
        for text in [
            "{}",
            r#"{"period":{"start":"2026-03-01","end":"2026-03-01"}}"#,
            r#"{"period":{"start":"2020"}}"#,
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            r#"{"period":{"start":"2026-03-02"}}"#,
            r#"{"period":{"end":"2026-02"}}"#,
            r#"{"period":{"end":"soon"}}"#,
            r#"{"period":{"end":7}}"#,
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn a_specialty_is_named_whole() {
        let role = r#"{"specialty":[{"text":"x"},{"coding":[{"system":"s","code":"394579002"}]}]}"#;
        for (wanted, expected) in [
            ("394579002", true),
            ("s|394579002", true),
            ("t|394579002", false),
            ("39457900", false),
            ("|394579002", false),
        ] {
            assert_eq!(
                on(role, |role| has_specialty(role, wanted)),
                expected,
                "{wanted}"
            );
        }
    }
}
