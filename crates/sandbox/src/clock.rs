//! The one place that reads the clock: tokens and log-free timing only.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Seconds since 1970-01-01T00:00:00Z, as JWT's `NumericDate` (RFC 7519, 2).
#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox is a clock of its own"
)]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The day in UTC.
pub(crate) fn today() -> Date {
    let seconds = i64::try_from(unix_seconds()).unwrap_or_default();
    let now = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(TimeZone::UTC).date()
}
