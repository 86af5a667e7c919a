//! Durations of holds.

use jiff::SignedDuration;
use serde_json::json;

use super::super::TenantConfig;

/// The duration that a text says; `None` where it is refused.
fn read(text: &str) -> Option<SignedDuration> {
    let document = json!({"releasePolicy": {"criticalHold": text}});
    let config = TenantConfig::parse(&document, "").ok()?;
    Some(config.release_policy.critical_hold)
}

#[test]
fn a_duration_is_of_weeks_days_hours_minutes_and_seconds() {
    let (minute, hour) = (60, 3_600);
    let day = 24 * hour;
    for (text, seconds) in [
        ("PT0S", 0),
        ("P0D", 0),
        ("PT72H", 72 * hour),
        ("PT90M", 90 * minute),
        ("PT1H30M5S", hour + 30 * minute + 5),
        ("P1D", day),
        ("P1DT12H", day + 12 * hour),
        ("P2W", 14 * day),
        ("P1W1DT1S", 8 * day + 1),
        ("PT0.5H", 30 * minute),
        ("P3660D", 3_660 * day),
        ("PT87840H", 3_660 * day),
    ] {
        assert_eq!(
            read(text),
            Some(SignedDuration::from_secs(seconds)),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_such_duration_is_refused() {
    for text in [
        "",
        "P",
        "PT",
        "72",
        "72h",
        "3 days",
        "3 days ago",
        "1 hour, 30 minutes",
        "T72H",
        "PT72",
        "PT72X",
        "PT72H ",
        " PT72H",
        "PT7 2H",
        "P1Y",
        "P1M",
        "P1Y1D",
        "P1MT1H",
        "-PT1H",
        "-P1D",
        "-P1W",
        "P-1D",
        "P3660DT1S",
        "P3661D",
        "P523W",
        "PT87841H",
        "P99999999999D",
        "PT99999999999999999999H",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

#[test]
fn a_duration_is_a_text() {
    for value in [
        json!(72),
        json!(null),
        json!({"hours": 72}),
        json!(["PT72H"]),
    ] {
        let document = json!({"releasePolicy": {"criticalHold": value}});
        let faults = TenantConfig::parse(&document, "").unwrap_err();
        assert_eq!(faults[0].pointer, "/releasePolicy/criticalHold");
        assert_eq!(faults[0].message, "expected a duration such as PT72H");
    }
}
