//! Days in the zone of the tests' tenants, and the clock at their edges.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use portal_application::ports::Clock as _;

use crate::portal::TestPortal;

const ZONE: &str = "Asia/Kabul";

impl TestPortal {
    /// The day that is some days ahead of today.
    pub fn day(&self, ahead: i64) -> Date {
        let today = self.clock.now().to_zoned(zone()).date();
        today
            .checked_add(Span::new().days(ahead))
            .expect("a day of the calendar")
    }

    /// Stops the clock at the first moment of a day.
    pub fn stand_at_begin_of(&self, day: Date) {
        self.clock.stand_at(begin_of(day));
    }

    /// Stops the clock at the last millisecond of a day.
    pub fn stand_at_end_of(&self, day: Date) {
        let next = begin_of(day.tomorrow().expect("a day of the calendar"));
        self.clock.stand_at(next - SignedDuration::from_millis(1));
    }
}

fn begin_of(day: Date) -> Timestamp {
    day.to_zoned(zone())
        .expect("a midnight that is there")
        .timestamp()
}

fn zone() -> TimeZone {
    TimeZone::get(ZONE).expect("a zone of the database")
}
