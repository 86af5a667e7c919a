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
/// What is looked through for a first page, so that it can say how many there are: as much as a source
/// may send in a page (specification 06).
const FIRST: usize = 1_000;
/// For a page that goes on: as much as a page may show.
const FURTHER: usize = 100;
/// To say how many there are and nothing else: as much as a source may send in all.
const COUNTED: usize = 20_000;

/// Where an event of an id is; of no event's id, nowhere.
pub(crate) fn of_id(id: &str) -> LogWindow {
    let at = time(id).unwrap_or(Timestamp::UNIX_EPOCH);
    LogWindow {
        from: Some(at),
        to: Some(next(at)),
        oldest_first: false,
        limit: FIRST,
    }
}

/// Where the matches of a search are, behind a key where its pages go on from one. There is more where
/// one event more than a limit is found.
pub(crate) fn of_search(query: &Query, after: Option<&SortKey>, zone: &TimeZone) -> LogWindow {
    let sort = query.sort();
    let limit = match after {
        _ if query.summary_count() => COUNTED,
        None => FIRST,
        Some(_) => FURTHER,
    };
    let stretch = query.stretch(zone);
    let times = query.ids().unwrap_or_default().iter();
    let times: Vec<Timestamp> = times.filter_map(|id| time(id)).collect();
    let (first, last) = (times.iter().min(), times.iter().max());
    let place = after.and_then(|key| key.at(sort));
    let (not_before, not_behind) = match sort {
        Sort::DateAscending => (place, None),
        Sort::DateDescending => (None, place),
    };
    let ends = [last.copied(), not_behind].into_iter().flatten().map(next);
    LogWindow {
        from: stretch.start.max(first.copied()).max(not_before),
        to: ends.chain(stretch.end).min(),
        oldest_first: sort == Sort::DateAscending,
        limit: limit + 1,
    }
}

fn next(at: Timestamp) -> Timestamp {
    at.checked_add(MILLISECOND).unwrap_or(at)
}

fn time(id: &str) -> Option<Timestamp> {
    let id: PortalAccessEventId = id.replacen('-', "_", 1).parse().ok()?;
    Some(time_of(id.ulid(), Timestamp::UNIX_EPOCH))
}
