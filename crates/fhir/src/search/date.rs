//! Date values: a prefix and a date, compared as stretches of time (FHIR R4 3.1.1.4.6).

use jiff::tz::TimeZone;

use super::parameters::DateElement;
use crate::header::{Date, Header, Interval};
use crate::privacy::hidden_debug;

/// How a target is compared with the asked date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    StartsAfter,
    EndsBefore,
}

/// One asked date.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DateTest {
    comparator: Comparator,
    date: Date,
}

hidden_debug!(DateTest);

/// Why a value is no date test.
pub(super) enum DateFault {
    Prefix,
    Value,
}

impl DateTest {
    pub(super) fn parse(value: &str) -> Result<Self, DateFault> {
        let digits = value.find(|character: char| !character.is_ascii_lowercase());
        let (prefix, date) = value.split_at(digits.unwrap_or(value.len()));
        let comparator = match prefix {
            "" | "eq" => Comparator::Equal,
            "ne" => Comparator::NotEqual,
            "gt" => Comparator::Greater,
            "ge" => Comparator::GreaterOrEqual,
            "lt" => Comparator::Less,
            "le" => Comparator::LessOrEqual,
            "sa" => Comparator::StartsAfter,
            "eb" => Comparator::EndsBefore,
            "ap" => return Err(DateFault::Prefix),
            _ => return Err(DateFault::Value),
        };
        Ok(Self {
            comparator,
            date: Date::parse(date).ok_or(DateFault::Value)?,
        })
    }

    fn stretch(&self, zone: &TimeZone) -> Interval {
        let Interval { start, end } = self.date.interval(zone);
        match self.comparator {
            Comparator::Equal => Interval { start, end },
            Comparator::NotEqual => Interval {
                start: None,
                end: None,
            },
            Comparator::Greater | Comparator::GreaterOrEqual | Comparator::StartsAfter => {
                Interval { start, end: None }
            }
            Comparator::Less | Comparator::EndsBefore => Interval {
                start: None,
                end: start,
            },
            Comparator::LessOrEqual => Interval { start: None, end },
        }
    }

    fn matches(&self, target: Interval, zone: &TimeZone) -> bool {
        compare(self.comparator, self.date.interval(zone), target)
    }
}

/// The rules on half-open stretches. Where the asked one is unbounded it lies at the edge of time
/// that can be said; no prefix then reaches beyond it.
pub(super) fn compare(comparator: Comparator, asked: Interval, target: Interval) -> bool {
    let holds_start = asked
        .start
        .is_none_or(|edge| target.start.is_some_and(|at| edge <= at));
    let holds_end = asked
        .end
        .is_none_or(|edge| target.end.is_some_and(|at| at <= edge));
    let equal = holds_start && holds_end;
    let reaches_above = asked
        .end
        .is_some_and(|edge| target.end.is_none_or(|at| at > edge));
    let reaches_below = asked
        .start
        .is_some_and(|edge| target.start.is_none_or(|at| at < edge));
    match comparator {
        Comparator::Equal => equal,
        Comparator::NotEqual => !equal,
        Comparator::Greater => reaches_above,
        Comparator::GreaterOrEqual => reaches_above || equal,
        Comparator::Less => reaches_below,
        Comparator::LessOrEqual => reaches_below || equal,
        Comparator::StartsAfter => asked
            .end
            .zip(target.start)
            .is_some_and(|(edge, start)| start >= edge),
        Comparator::EndsBefore => asked
            .start
            .zip(target.end)
            .is_some_and(|(edge, end)| end <= edge),
    }
}

/// A stretch of time outside of which no moment passes any of the tests.
pub(super) fn stretch(tests: &[DateTest], zone: &TimeZone) -> Interval {
    let each: Vec<Interval> = tests.iter().map(|test| test.stretch(zone)).collect();
    let starts = each.iter().map(|it| it.start).collect::<Option<Vec<_>>>();
    let ends = each.iter().map(|it| it.end).collect::<Option<Vec<_>>>();
    Interval {
        start: starts.and_then(|starts| starts.into_iter().min()),
        end: ends.and_then(|ends| ends.into_iter().max()),
    }
}

/// Whether what the header says in the element passes one of the tests. Without a date nothing
/// does, `ne` included.
pub(super) fn matches(
    header: &Header,
    element: DateElement,
    tests: &[DateTest],
    zone: &TimeZone,
) -> bool {
    let target = match element {
        DateElement::Main => header.date.as_ref().and_then(|when| when.interval(zone)),
        DateElement::LastUpdated => header.last_updated.as_ref().map(|date| date.interval(zone)),
        DateElement::Recorded => header.recorded.as_ref().map(|date| date.interval(zone)),
        DateElement::BirthDate => header
            .person
            .as_ref()
            .and_then(|person| person.birth_date.as_ref())
            .map(|date| date.interval(zone)),
    };
    target.is_some_and(|target| tests.iter().any(|test| test.matches(target, zone)))
}
