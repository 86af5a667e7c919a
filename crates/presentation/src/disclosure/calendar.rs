//! An appointment as an iCalendar object (RFC 5545). It is copied into calendars that others read,
//! so it says that there is an appointment and when: not why, with whom or where, because the name
//! of a clinic tells as much as a reason.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portal_domain::disclosure::Disclosed;
use portal_fhir::json::{Tree, Value};
use portal_fhir::{Date, Header, Limits};

use crate::language::Language;
use crate::messages::ViewText;

/// Octets of a content line without its end (section 3.1).
const LINE: usize = 75;

/// What the calendar is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    uid: String,
    start: Timestamp,
    end: Option<Timestamp>,
    status: &'static str,
    sequence: u32,
    summary: &'static str,
    /// When the source changed the appointment last, if it says so.
    pub(super) changed: Option<Timestamp>,
}

/// Reads an appointment, whose texts without an offset are meant in `zone`. `host` and `tenant`
/// make its id unique in the world. Nothing for one that has no time.
pub(super) fn event(
    record: Disclosed<'_>,
    (host, tenant): (&str, &str),
    zone: &TimeZone,
    language: Language,
) -> Option<Event> {
    let header = record.header();
    let tree = Tree::parse(record.bytes(), Limits::default().max_depth).ok()?;
    let start = moment(tree.root(), "start", zone)?;
    let changed = header.last_updated.as_ref();
    let changed = changed.and_then(|date| date.interval(zone).start);
    Some(Event {
        uid: format!("{}.{tenant}@{host}", header.id),
        start,
        end: end(tree.root(), start, zone),
        status: status(header.status.as_deref()),
        sequence: sequence(header, changed),
        summary: ViewText::Appointment.in_language(language),
        changed,
    })
}

impl Event {
    /// The object; `stamp` says when it was made or changed.
    pub(super) fn write(&self, stamp: Timestamp) -> String {
        let end = self.end.map(|end| format!("DTEND:{}", utc(end)));
        let lines = [
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            "PRODID:-//patient-portal//appointments//EN".to_owned(),
            "CALSCALE:GREGORIAN".to_owned(),
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", escaped(&self.uid)),
            format!("DTSTAMP:{}", utc(stamp)),
            format!("DTSTART:{}", utc(self.start)),
        ];
        let rest = [
            format!("SEQUENCE:{}", self.sequence),
            format!("STATUS:{}", self.status),
            format!("SUMMARY:{}", escaped(self.summary)),
            "CLASS:PRIVATE".to_owned(),
            "END:VEVENT".to_owned(),
            "END:VCALENDAR".to_owned(),
        ];
        let lines = lines.into_iter().chain(end).chain(rest);
        lines.map(|line| folded(&line)).collect()
    }
}

fn moment(appointment: Value<'_>, name: &str, zone: &TimeZone) -> Option<Timestamp> {
    let date = Date::parse(&appointment.get(name)?.text()?)?;
    date.interval(zone).start
}

/// The end, said or by the length; one that is not behind the start is none.
fn end(appointment: Value<'_>, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let by_length = || {
        let minutes = appointment.get("minutesDuration")?.raw().parse().ok()?;
        let length = SignedDuration::from_mins(i64::from(u32::min(minutes, 24 * 60)));
        start.checked_add(length).ok()
    };
    let end = moment(appointment, "end", zone).or_else(by_length);
    end.filter(|end| *end > start)
}

/// The `STATUS` of an FHIR appointmentstatus.
fn status(status: Option<&str>) -> &'static str {
    match status {
        Some("booked" | "arrived" | "checked-in" | "fulfilled") => "CONFIRMED",
        Some("cancelled" | "noshow") => "CANCELLED",
        _ => "TENTATIVE",
    }
}

/// A number that grows with each change: the version where that is one, else the minute of the
/// change.
fn sequence(header: &Header, changed: Option<Timestamp>) -> u32 {
    let version = header.version_id.as_deref().and_then(|id| id.parse().ok());
    let minute = || u32::try_from(changed?.as_second() / 60).ok();
    let largest = i32::MAX.unsigned_abs();
    version
        .or_else(minute)
        .filter(|it| *it <= largest)
        .unwrap_or_default()
}

/// A date with UTC time (section 3.3.5, form 2): no zone has to be described.
fn utc(moment: Timestamp) -> String {
    moment.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value (section 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// A content line with its end, in pieces of at most 75 octets; no character is cut.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LINE {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(character);
        length += character.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(escaped("a,b;c\\d\ne\r\u{7}"), r"a\,b\;c\\d\ne");
    }

    #[test]
    fn a_status_of_any_spelling_is_one_of_three() {
        for (said, told) in [
            (Some("booked"), "CONFIRMED"),
            (Some("cancelled"), "CANCELLED"),
            (Some("waitlist"), "TENTATIVE"),
            (Some("Booked"), "TENTATIVE"),
            (None, "TENTATIVE"),
        ] {
            assert_eq!(status(said), told);
        }
    }

    #[test]
    fn an_end_is_behind_its_start() {
        let start = "2026-03-01T04:30:00Z".parse().unwrap();
        let end = |text: &str| {
            let tree = Tree::parse(text.as_bytes(), 8).unwrap();
            end(tree.root(), start, &TimeZone::UTC).map(utc)
        };
        let half_past = Some("20260301T050000Z".to_owned());
        assert_eq!(end(r#"{"end":"2026-03-01T09:30:00+04:30"}"#), half_past);
        assert_eq!(end(r#"{"minutesDuration":30}"#), half_past);
        assert_eq!(end(r#"{"end":"2026-03-01T04:00:00Z"}"#), None);
        assert_eq!(end(r#"{"minutesDuration":-5}"#), None);
        assert_eq!(end("{}"), None);
    }

    proptest! {
        #[test]
        fn lines_are_folded_and_unfold_to_themselves(line in "\\PC{0,200}") {
            let folded = folded(&line);
            prop_assert!(folded.ends_with("\r\n"));
            for piece in folded.trim_end_matches("\r\n").split("\r\n") {
                prop_assert!(piece.len() <= LINE);
            }
            let unfolded = folded.strip_suffix("\r\n").unwrap().replace("\r\n ", "");
            prop_assert_eq!(unfolded, line);
        }
    }
}
