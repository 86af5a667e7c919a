//! FHIR date, dateTime and instant: partial dates that keep their text (FHIR R4 2.24.0.1).

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::privacy::hidden_debug;

/// How much of a date was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Precision {
    /// `2024`
    Year,
    /// `2024-01`
    Month,
    /// `2024-01-31`
    Day,
    /// `2024-01-31T10:20` and finer.
    Time,
}

/// A date as a source or a search said it: its text, and what the text means.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Date {
    text: Box<str>,
    year: i16,
    month: i8,
    day: i8,
    precision: Precision,
    time: Option<TimeOfDay>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct TimeOfDay {
    hour: i8,
    minute: i8,
    /// 60 in a leap second.
    second: i8,
    nanosecond: i32,
    /// How long the moment is that was said: a minute, a second or a decimal part of one.
    width_nanoseconds: i64,
    offset_seconds: Option<i32>,
}

/// A stretch of time, half-open; a missing bound is unbounded.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The first moment.
    pub start: Option<Timestamp>,
    /// The first moment behind it.
    pub end: Option<Timestamp>,
}

/// A FHIR Period; both ends belong to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// `Period.start`; absent means unbounded.
    pub start: Option<Date>,
    /// `Period.end`; absent means unbounded.
    pub end: Option<Date>,
}

/// A choice of dateTime, instant or Period.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// One date or moment.
    Date(Date),
    /// From one to another.
    Period(Period),
    /// Something that should be a date and is none.
    Unreadable,
}

hidden_debug!(Date, TimeOfDay, Interval, Period, When);

impl Date {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a date with `Thh:mm`, seconds, any decimals of
    /// them (nine count), and `Z` or `±hh:mm`. The offset may be missing, as in searches.
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(TimeOfDay::parse(time)?)),
            None => (text, None),
        };
        let parts: Vec<&str> = date.split('-').collect();
        let (year, month, day, precision) = match (parts.as_slice(), time) {
            ([year], None) => (year, "01", "01", Precision::Year),
            ([year, month], None) => (year, *month, "01", Precision::Month),
            ([year, month, day], None) => (year, *month, *day, Precision::Day),
            ([year, month, day], Some(_)) => (year, *month, *day, Precision::Time),
            _ => return None,
        };
        let year = i16::try_from(digits(year, 4)?)
            .ok()
            .filter(|year| *year > 0)?;
        let month = i8::try_from(digits(month, 2)?).ok()?;
        let day = i8::try_from(digits(day, 2)?).ok()?;
        civil::Date::new(year, month, day).ok()?;
        Some(Self {
            text: text.into(),
            year,
            month,
            day,
            precision,
            time,
        })
    }

    /// The text exactly as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How much of it was said.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The calendar day that it names or begins with, as written (no zone applied).
    pub fn first_day(&self) -> Option<civil::Date> {
        civil::Date::new(self.year, self.month, self.day).ok()
    }

    /// Whether it says where its clock stands, so that it is one moment in every zone.
    pub fn has_offset(&self) -> bool {
        self.time.is_some_and(|time| time.offset_seconds.is_some())
    }

    /// Every moment that it may mean; without an offset in `zone`.
    pub fn interval(&self, zone: &TimeZone) -> Interval {
        let start = self.first_day();
        if let Some(time) = self.time {
            return time.interval(start, zone);
        }
        let next = start.and_then(|day| match self.precision {
            Precision::Year => civil::Date::new(self.year.checked_add(1)?, 1, 1).ok(),
            Precision::Month => day.last_of_month().tomorrow().ok(),
            Precision::Day | Precision::Time => day.tomorrow().ok(),
        });
        let begin = |day: civil::Date| moment(day.at(0, 0, 0, 0), zone);
        Interval {
            start: start.and_then(begin),
            end: next.and_then(begin),
        }
    }
}

impl TimeOfDay {
    fn parse(text: &str) -> Option<Self> {
        let (clock, offset_seconds) = split_offset(text)?;
        let mut parts = clock.split(':');
        let hour = digits(parts.next()?, 2)?;
        let minute = digits(parts.next()?, 2)?;
        let (second, nanosecond, width_nanoseconds) = match parts.next() {
            None => (0, 0, 60_000_000_000),
            Some(seconds) => parse_seconds(seconds)?,
        };
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        Some(Self {
            hour: i8::try_from(hour).ok()?,
            minute: i8::try_from(minute).ok()?,
            second: i8::try_from(second).ok()?,
            nanosecond,
            width_nanoseconds,
            offset_seconds,
        })
    }

    fn interval(self, day: Option<civil::Date>, zone: &TimeZone) -> Interval {
        // A leap second begins one second after :59.
        let second = self.second.min(59);
        let extra = SignedDuration::from_secs(i64::from(self.second - second));
        let start = day
            .and_then(|day| {
                let at = day.at(self.hour, self.minute, second, self.nanosecond);
                match self.offset_seconds {
                    Some(seconds) => Offset::from_seconds(seconds).ok()?.to_timestamp(at).ok(),
                    None => moment(at, zone),
                }
            })
            .and_then(|start| start.checked_add(extra).ok());
        let width = SignedDuration::from_nanos(self.width_nanoseconds);
        Interval {
            start,
            end: start.and_then(|start| start.checked_add(width).ok()),
        }
    }
}

impl Period {
    /// From the first moment of its start to the last of its end.
    pub fn interval(&self, zone: &TimeZone) -> Interval {
        Interval {
            start: self
                .start
                .as_ref()
                .and_then(|date| date.interval(zone).start),
            end: self.end.as_ref().and_then(|date| date.interval(zone).end),
        }
    }
}

impl When {
    /// Every moment that it may mean; `None` when it cannot be read.
    pub fn interval(&self, zone: &TimeZone) -> Option<Interval> {
        match self {
            Self::Date(date) => Some(date.interval(zone)),
            Self::Period(period) => Some(period.interval(zone)),
            Self::Unreadable => None,
        }
    }
}

fn moment(at: civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(at).compatible().ok()
}

/// Seconds, nanoseconds, and the width of what was said.
fn parse_seconds(text: &str) -> Option<(u32, i32, i64)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return Some((digits(text, 2)?, 0, 1_000_000_000));
    };
    let sound = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !sound {
        return None;
    }
    let (mut nanosecond, mut width) = (0_i32, 1_000_000_000_i32);
    for digit in fraction.bytes().take(9) {
        width /= 10;
        nanosecond += i32::from(digit - b'0') * width;
    }
    Some((digits(whole, 2)?, nanosecond, i64::from(width)))
}

fn split_offset(text: &str) -> Option<(&str, Option<i32>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.find(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, offset) = text.split_at(at);
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return None;
    }
    let seconds = i32::try_from((hours * 60 + minutes) * 60).ok()?;
    Some((
        clock,
        Some(if offset.starts_with('-') {
            -seconds
        } else {
            seconds
        }),
    ))
}

/// A number of exactly so many ASCII digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let sound = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| text.parse().ok()).flatten()
}
