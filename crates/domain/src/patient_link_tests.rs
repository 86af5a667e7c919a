use bytes::Bytes;
use jiff::Timestamp;
use portal_fhir::{Limits, Record, read_header};

use super::*;

const SYSTEM: &str = "urn:mrn";

fn patient(id: &str, value: &str, more: &str) -> Record {
    let text = format!(
        r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"{SYSTEM}","value":"{value}"}}]{more}}}"#
    );
    let bytes = Bytes::from(text);
    let header = read_header(&bytes, &Limits::default()).unwrap();
    Record { header, bytes }
}

fn answer(records: Vec<Record>) -> Fetched {
    Fetched {
        records,
        unreadable: 0,
        capped: false,
        as_of: Timestamp::UNIX_EPOCH,
        room: crate::disclosure::Room::default(),
    }
}

fn one(id: &str) -> Matched {
    Matched::One(PatientId::parse(id).unwrap())
}

fn named(records: Vec<Record>) -> Matched {
    matched(&answer(records), SYSTEM, "7")
}

#[test]
fn exactly_one_patient_in_use_is_the_one() {
    let own = || patient("x-1", "7", "");
    assert_eq!(named(vec![own()]), one("x-1"));
    assert_eq!(named(vec![]), Matched::NotOne);
    assert_eq!(named(vec![own(), patient("x-2", "7", "")]), Matched::NotOne);
    for out_of_use in [r#","active":false"#, r#","link":[{"type":"replaced-by"}]"#] {
        let other = || patient("x-2", "7", out_of_use);
        assert_eq!(named(vec![other()]), Matched::NotOne);
        assert_eq!(named(vec![other(), own()]), one("x-1"));
    }
}

#[test]
fn who_does_not_carry_the_identifier_spoils_the_answer() {
    let other = || patient("x-2", "8", "");
    assert_eq!(named(vec![other()]), Matched::Unasked);
    assert_eq!(
        named(vec![patient("x-1", "7", ""), other()]),
        Matched::Unasked
    );
}

#[test]
fn an_answer_with_holes_names_nobody() {
    let whole = || answer(vec![patient("x-1", "7", "")]);
    let cut = Fetched {
        capped: true,
        ..whole()
    };
    let torn = Fetched {
        unreadable: 1,
        ..whole()
    };
    for answer in [cut, torn] {
        assert_eq!(matched(&answer, SYSTEM, "7"), Matched::NotOne);
    }
}

#[test]
fn values_that_mean_more_in_a_search_are_not_asked_for() {
    assert!(is_asked_for("MRN-0001/7 a"));
    for value in ["", "1,2", "urn:x|1", "1$2", "1\\", "1\n", &"1".repeat(129)] {
        assert!(!is_asked_for(value), "{value}");
    }
}

#[test]
fn there_are_two_ways_to_name_patients() {
    assert_eq!("shared".parse(), Ok(PatientIds::Shared));
    let by_system = PatientIds::Identifier("https://example.org/mrn".into());
    assert_eq!("identifier:https://example.org/mrn".parse(), Ok(by_system));
    for text in [
        "",
        "identifier",
        "identifier:",
        "identifier:a|b",
        "identifier:a b",
        "Shared",
    ] {
        assert_eq!(text.parse::<PatientIds>(), Err(InvalidPatientIds), "{text}");
    }
}
