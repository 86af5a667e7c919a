use serde_json::json;

use super::*;

#[test]
fn without_a_word_everything_is_told() {
    let preferences = Preferences::default();
    for category in NotificationCategory::ALL {
        assert_eq!(preferences.channels(*category), ChannelSet::ALL);
    }
    assert_eq!(preferences.quiet_hours(), None);
}

#[test]
fn what_is_written_reads_the_same() {
    let document = json!({
        "categories": {"results": {"sms": false}, "account": {"push": false, "email": false}},
        "quietHours": {"from": "22:00", "to": "06:30"},
    });
    let preferences = Preferences::parse(&document).expect("valid");
    let results = preferences.channels(NotificationCategory::Results);
    assert!(!results.contains(NotificationChannel::Sms));
    assert!(results.contains(NotificationChannel::Push));
    let again = Preferences::parse(&preferences.to_document()).expect("valid");
    assert_eq!(again, preferences);
}

#[test]
fn every_fault_has_its_pointer() {
    let document = json!({
        "categories": {"results": {"fax": true, "sms": "no"}, "weather": {}},
        "quietHours": {"from": "24:00"},
        "more": 1,
    });
    let faults = Preferences::parse(&document).expect_err("faults");
    let mut pointers: Vec<&str> = faults.iter().map(|fault| &*fault.pointer).collect();
    pointers.sort_unstable();
    assert_eq!(
        pointers,
        [
            "/categories/results/fax",
            "/categories/results/sms",
            "/categories/weather",
            "/more",
            "/quietHours/from",
            "/quietHours/to",
        ]
    );
}

#[test]
fn quiet_hours_of_no_length_are_none() {
    let document = json!({"quietHours": {"from": "22:00", "to": "22:00"}});
    let preferences = Preferences::parse(&document).expect("valid");
    assert_eq!(preferences.quiet_hours(), None);
}
