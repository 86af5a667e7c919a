//! Parameters of REST routes, read after authorisation: what is unknown, said twice or unreadable
//! is refused by name.

use jiff::tz::TimeZone;
use portal_fhir::{Date, Header, Interval, When};

use crate::error::InputError;

/// The default page.
pub(crate) const DEFAULT_LIMIT: usize = 20;
/// The largest page.
pub(crate) const MAX_LIMIT: usize = 100;

/// No name and no code is longer.
const MAX_TEXT: usize = 200;

/// The parameters of one request, each at most once and each known.
pub(crate) struct Parameters<'a> {
    pairs: Vec<(&'static str, &'a str)>,
}

impl<'a> Parameters<'a> {
    /// Accepts only the named parameters.
    pub(crate) fn read(
        raw: &'a [(String, String)],
        known: &[&'static str],
    ) -> Result<Self, InputError> {
        let mut pairs: Vec<(&'static str, &'a str)> = Vec::with_capacity(raw.len());
        for (name, value) in raw {
            let name = known
                .iter()
                .find(|known| **known == name.as_str())
                .ok_or(InputError::UnknownParameter)?;
            if pairs.iter().any(|(seen, _)| seen == name) {
                return Err(invalid(name));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// A text that says something, of at most 200 bytes.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&'a str>, InputError> {
        match self.get(name) {
            Some(text) if text.trim().is_empty() || text.len() > MAX_TEXT => Err(invalid(name)),
            other => Ok(other),
        }
    }

    /// `limit`: 1–100, default 20.
    pub(crate) fn limit(&self) -> Result<usize, InputError> {
        match self.get("limit") {
            None => Ok(DEFAULT_LIMIT),
            Some(text) => number(text)
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| invalid("limit")),
        }
    }

    /// `offset`: 0 to a million, default 0.
    pub(crate) fn offset(&self) -> Result<usize, InputError> {
        match self.get("offset") {
            None => Ok(0),
            Some(text) => number(text)
                .filter(|offset| *offset <= 1_000_000)
                .ok_or_else(|| invalid("offset")),
        }
    }

    /// `from` and `to`: FHIR dates; the range holds both whole.
    pub(crate) fn range(&self, zone: &TimeZone) -> Result<DateRange, InputError> {
        let bound = |name: &'static str| {
            self.get(name)
                .map(|text| Date::parse(text).ok_or_else(|| invalid(name)))
                .transpose()
        };
        let from = bound("from")?.and_then(|date| date.interval(zone).start);
        let to = bound("to")?.and_then(|date| date.interval(zone).end);
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            return Err(invalid("to"));
        }
        Ok(DateRange(Interval {
            start: from,
            end: to,
        }))
    }

    /// The pairs but the cursor, sorted: what a cursor is sealed to.
    pub(crate) fn fingerprint(&self) -> String {
        let mut pairs: Vec<_> = self
            .pairs
            .iter()
            .filter(|(name, _)| *name != "cursor")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.sort_unstable();
        pairs.join("&")
    }

    /// The pairs but the cursor, in order, for the `self` link.
    pub(crate) fn applied(&self) -> Vec<(String, String)> {
        self.pairs
            .iter()
            .filter(|(name, _)| *name != "cursor")
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }
}

/// Digits only: `usize` itself would also read a sign.
fn number(text: &str) -> Option<usize> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

pub(crate) fn invalid(parameter: &str) -> InputError {
    InputError::Invalid {
        parameter: parameter.to_owned(),
    }
}

/// A range of civil time; half-open, unbounded where nothing was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DateRange(Interval);

impl DateRange {
    /// Whether it has a bound at all.
    pub(crate) const fn is_bounded(&self) -> bool {
        self.0.start.is_some() || self.0.end.is_some()
    }

    /// Whether a record's main date touches the range. A record without one is outside of every
    /// range that has a bound.
    pub(crate) fn holds(&self, header: &Header, zone: &TimeZone) -> bool {
        if !self.is_bounded() {
            return true;
        }
        let interval = match &header.date {
            Some(When::Date(date)) => date.interval(zone),
            Some(When::Period(period)) => Interval {
                start: period
                    .start
                    .as_ref()
                    .and_then(|date| date.interval(zone).start),
                end: period.end.as_ref().and_then(|date| date.interval(zone).end),
            },
            Some(When::Unreadable) | None => return false,
        };
        let begins_before_end = match (interval.start, self.0.end) {
            (Some(start), Some(end)) => start < end,
            _ => true,
        };
        let ends_after_start = match (interval.end, self.0.start) {
            (Some(end), Some(start)) => end > start,
            _ => true,
        };
        begins_before_end && ends_after_start
    }

    pub(crate) const fn bounds(&self) -> (Option<jiff::Timestamp>, Option<jiff::Timestamp>) {
        (self.0.start, self.0.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        let known = ["limit", "from", "to"];
        let repeated = raw(&[("limit", "1"), ("limit", "2")]);
        assert!(matches!(
            Parameters::read(&raw(&[("x", "1")]), &known),
            Err(InputError::UnknownParameter)
        ));
        assert!(matches!(
            Parameters::read(&repeated, &known),
            Err(InputError::Invalid { .. })
        ));
    }

    #[test]
    fn limits_are_bounded_numbers() {
        for text in [
            "0",
            "101",
            "-1",
            "+5",
            "",
            "1e1",
            " 1",
            "99999999999999999999999",
        ] {
            let pairs = raw(&[("limit", text)]);
            assert!(
                Parameters::read(&pairs, &["limit"])
                    .unwrap()
                    .limit()
                    .is_err(),
                "{text}"
            );
        }
        let pairs = raw(&[("limit", "100")]);
        assert_eq!(
            Parameters::read(&pairs, &["limit"]).unwrap().limit(),
            Ok(100)
        );
    }

    #[test]
    fn a_range_ends_after_it_begins() {
        let pairs = raw(&[("from", "2020-02"), ("to", "2020-01")]);
        assert!(
            Parameters::read(&pairs, &["from", "to"])
                .unwrap()
                .range(&TimeZone::UTC)
                .is_err()
        );
        let pairs = raw(&[("from", "2020-01"), ("to", "2020-01")]);
        assert!(
            Parameters::read(&pairs, &["from", "to"])
                .unwrap()
                .range(&TimeZone::UTC)
                .is_ok()
        );
    }
}
