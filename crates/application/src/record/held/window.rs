//! Which stretch of the log a request can show anything of. What is found there is filtered like every
//! other set, so a stretch may be wider than need be, never narrower.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portal_domain::id::PortalAccessEventId;
use portal_fhir::{Query, Sort, SortKey};

use crate::look::time_of;
use crate::ports::LogWindow;

/// An event is shown to the millisecond, which is that of its id.
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);

/// Where an event of an id is; of no event's id, nowhere.
pub(crate) fn of_id(id: &str) -> LogWindow {
    let at = time(id).unwrap_or(Timestamp::UNIX_EPOCH);
    LogWindow {
        from: Some(at),
        to: Some(next(at)),
        oldest_first: false,
    }
}

/// Where the matches of a search are.
pub(crate) fn of_query(query: &Query, zone: &TimeZone) -> LogWindow {
    let stretch = query.stretch(zone);
    let times = query.ids().unwrap_or_default().iter();
    let times: Vec<Timestamp> = times.filter_map(|id| time(id)).collect();
    let (first, last) = (times.iter().min().copied(), times.iter().max().copied());
    let window = LogWindow {
        from: stretch.start.max(first),
        to: stretch.end,
        oldest_first: query.sort() == Sort::DateAscending,
    };
    until(window, last.map(next))
}

/// The part of a window that may stand behind a key.
pub(crate) fn behind(window: LogWindow, key: &SortKey, sort: Sort) -> LogWindow {
    let at = key.at(sort);
    match sort {
        Sort::DateDescending => until(window, at.map(next)),
        Sort::DateAscending => LogWindow {
            from: window.from.max(at),
            ..window
        },
    }
}

fn until(window: LogWindow, to: Option<Timestamp>) -> LogWindow {
    LogWindow {
        to: window.to.into_iter().chain(to).min(),
        ..window
    }
}

fn next(at: Timestamp) -> Timestamp {
    at.checked_add(MILLISECOND).unwrap_or(at)
}

fn time(id: &str) -> Option<Timestamp> {
    let id: PortalAccessEventId = id.replacen('-', "_", 1).parse().ok()?;
    Some(time_of(id.ulid(), Timestamp::UNIX_EPOCH))
}
