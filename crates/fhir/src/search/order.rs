//! The order of results: date, then code, then id.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::header::Header;
use crate::privacy::hidden_debug;

/// Which way the date part of the order runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// Newest first: the default.
    #[default]
    DateDescending,
    /// Oldest first.
    DateAscending,
}

/// Where a resource stands in an answer. Keys of one [`Sort`] compare with each other only. It goes
/// into sealed cursors, as the last key of a page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SortKey {
    undated: bool,
    /// Seconds and nanoseconds, negated where the newest come first.
    moment: (i64, i32),
    code: Box<str>,
    id: Box<str>,
}

hidden_debug!(SortKey);

/// The key of a resource. A partial date stands where it starts, a Period without a start where it
/// ends; what has no date stands last, whichever way the order runs.
pub fn sort_key(header: &Header, sort: Sort, zone: &TimeZone) -> SortKey {
    let interval = header.date.as_ref().and_then(|when| when.interval(zone));
    let at = interval.and_then(|interval| interval.start.or(interval.end));
    let code = header
        .codes
        .iter()
        .find_map(|coding| coding.code.clone())
        .unwrap_or_default();
    SortKey {
        undated: at.is_none(),
        moment: at.map_or((0, 0), |at| moment(at, sort)),
        code,
        id: header.id.clone(),
    }
}

impl SortKey {
    /// The moment that it stands at in this order; none of what has no date.
    pub fn at(&self, sort: Sort) -> Option<Timestamp> {
        let (seconds, nanoseconds) = self.moment;
        let (seconds, nanoseconds) = match sort {
            Sort::DateAscending => (seconds, nanoseconds),
            Sort::DateDescending => (-seconds, -nanoseconds),
        };
        let at = Timestamp::new(seconds, nanoseconds).ok();
        at.filter(|_| !self.undated)
    }
}

fn moment(at: Timestamp, sort: Sort) -> (i64, i32) {
    let (seconds, nanoseconds) = (at.as_second(), at.subsec_nanosecond());
    match sort {
        Sort::DateAscending => (seconds, nanoseconds),
        Sort::DateDescending => (-seconds, -nanoseconds),
    }
}
