use jiff::tz::TimeZone;
use portal_fhir::{Date, Header, HeaderError, Limits, Precision, When, read_header};
use proptest::prelude::*;

use super::header;

const OBSERVATION: &str = r##"{
  "resourceType": "Observation", "id": "a\u002db",
  "meta": {"versionId": "3", "lastUpdated": "2024-02-03T04:05:06.789Z",
    "tag": [{"system": "t", "code": "released"}], "security": [{"system": "s", "code": "R"}]},
  "contained": [{"resourceType": "Practitioner", "id": "dr"}],
  "identifier": [{"system": "i", "value": "v"}],
  "status": "final",
  "category": [{"coding": [{"system": "c", "code": "laboratory"}]}],
  "code": {"coding": [{"system": "l", "code": "1-8"}], "text": "x"},
  "subject": {"reference": "Patient/1"},
  "performer": [{"reference": "#dr"}, {"display": "d"}],
  "effectiveDateTime": "2024-02-03", "issued": "2024-02-03T04:05:06Z",
  "interpretation": [{"coding": [{"code": "H"}]}],
  "component": [{"code": {"coding": [{"code": "part"}]}, "interpretation": [{"coding": [{"code": "HH"}]}]}]
}"##;

#[test]
fn everything_that_is_decided_on_is_read() {
    let read = header(OBSERVATION).unwrap();
    assert_eq!(&*read.id, "a-b");
    assert_eq!(read.id_span.of(OBSERVATION.as_bytes()), br#""a\u002db""#);
    assert_eq!(read.version_id.as_deref(), Some("3"));
    assert_eq!(
        read.last_updated.as_ref().map(Date::text),
        Some("2024-02-03T04:05:06.789Z")
    );
    assert_eq!(read.status.as_deref(), Some("final"));
    assert!(read.categories[0].is("c", "laboratory"));
    assert!(read.codes[0].is("l", "1-8"));
    assert_eq!(read.component_codes[0].code.as_deref(), Some("part"));
    let interpretation: Vec<_> = read
        .interpretation
        .iter()
        .map(|it| it.code.as_deref())
        .collect();
    assert_eq!(interpretation, [Some("H"), Some("HH")]);
    assert!(read.tags[0].is("t", "released") && read.security[0].is("s", "R"));
    assert!(!read.labels_unreadable && !read.category_unreadable && !read.codes_unreadable);
    assert_eq!(read.identifiers[0].value.as_deref(), Some("v"));
    assert!(matches!(&read.date, Some(When::Date(date)) if date.precision() == Precision::Day));
    assert!(read.issued.is_some() && !read.issued_unreadable);
    let targets: Vec<_> = read
        .references
        .iter()
        .map(|it| (&*it.element, &*it.target))
        .collect();
    assert_eq!(targets, [("subject", "Patient/1"), ("performer", "#dr")]);
    assert_eq!(&*read.contained[0].type_name, "Practitioner");
}

#[test]
fn what_decides_must_be_readable() {
    let with = |member: &str| {
        header(&format!(
            r#"{{"resourceType":"Condition","id":"c",{member}}}"#
        ))
        .err()
    };
    for (member, element) in [
        (r#""status":["entered-in-error"]"#, "status"),
        (r#""status":null"#, "status"),
        (r#""verificationStatus":"entered-in-error""#, ""),
        (r#""verificationStatus":7"#, "verificationStatus"),
        (
            r#""verificationStatus":{"coding":{"code":"entered-in-error"}}"#,
            "verificationStatus",
        ),
        (r#""contained":{"resourceType":"Patient"}"#, "contained"),
        (r#""contained":[{"contained":[]}]"#, "contained"),
    ] {
        let expected = (!element.is_empty()).then_some(HeaderError::Malformed { element });
        assert_eq!(with(member), expected, "{member}");
    }
    let bare = header(r#"{"resourceType":"Condition","id":"c","verificationStatus":"refuted"}"#);
    assert_eq!(
        bare.unwrap().verification_status[0].code.as_deref(),
        Some("refuted")
    );
}

#[test]
fn unreadable_labels_are_said() {
    let read = |members: &str| {
        header(&format!(
            r#"{{"resourceType":"Observation","id":"o",{members}}}"#
        ))
        .unwrap()
    };
    for members in [
        r#""meta":7"#,
        r#""meta":{"tag":{}}"#,
        r#""meta":{"tag":["released"]}"#,
        r#""meta":{"security":[{"display":"secret"}]}"#,
        r#""meta":{"security":[{"code":7}]}"#,
        r#""interpretation":[7]"#,
        r#""component":[{"interpretation":[{"coding":7}]}]"#,
    ] {
        assert!(read(members).labels_unreadable, "{members}");
    }
    assert!(!read(r#""meta":{}"#).labels_unreadable);
    assert!(read(r#""category":[7]"#).category_unreadable);
    assert!(!read(r#""category":[{"text":"words"}]"#).category_unreadable);
    assert!(read(r#""code":{"coding":[{"code":{}}]}"#).codes_unreadable);
    assert!(read(r#""issued":"2024""#).issued_unreadable);
    assert!(read(r#""issued":"yesterday""#).issued_unreadable);
    assert_eq!(
        read(r#""effectiveDateTime":"soon""#).date,
        Some(When::Unreadable)
    );
    assert_eq!(read(r#""effectivePeriod":{}"#).date, Some(When::Unreadable));
    assert_eq!(read(r#""effectiveTiming":{"event":[]}"#).date, None);
}

#[test]
fn what_is_no_resource_of_ours_is_refused() {
    for (text, error) in [
        (
            r#"{"resourceType":"Group","id":"1"}"#,
            HeaderError::UnknownType,
        ),
        (
            r#"{"resourceType":["Patient"],"id":"1"}"#,
            HeaderError::UnknownType,
        ),
        (r#"{"id":"1"}"#, HeaderError::UnknownType),
        (r#"{"resourceType":"Patient"}"#, HeaderError::MissingId),
        (
            r#"{"resourceType":"Patient","id":7}"#,
            HeaderError::InvalidId,
        ),
        (
            r#"{"resourceType":"Patient","id":".."}"#,
            HeaderError::InvalidId,
        ),
        (
            r#"{"resourceType":"Patient","id":"a/b"}"#,
            HeaderError::InvalidId,
        ),
        (
            r#"{"resourceType":"Patient","id":""}"#,
            HeaderError::InvalidId,
        ),
        (
            r#"{"resourceType":"Patient","id":"1","id":"1"}"#,
            HeaderError::DuplicateMember,
        ),
        (
            r#"{"resourceType":"Patient","id":"1","x":{"a":1,"a":2}}"#,
            HeaderError::DuplicateMember,
        ),
        ("[]", HeaderError::NotJson { position: 0 }),
        (
            r#"{"resourceType":"Patient""#,
            HeaderError::NotJson { position: 25 },
        ),
    ] {
        assert_eq!(header(text).err(), Some(error), "{text}");
    }
    let deep = format!(
        r#"{{"resourceType":"Patient","id":"1","x":{}"#,
        "[".repeat(64)
    );
    assert_eq!(header(&deep).err(), Some(HeaderError::TooDeep));
}

#[test]
fn a_patient_is_read_with_names_and_birth_date() {
    let read = header(
        r#"{"resourceType":"Patient","id":"1","gender":"female","birthDate":"1990-05",
        "name":[{"use":"official","family":"F","given":["A","B"],"period":{"start":"2020"}}, 7]}"#,
    )
    .unwrap();
    let person = read.person.unwrap();
    assert_eq!(person.names.len(), 1);
    assert_eq!(person.names[0].name_use.as_deref(), Some("official"));
    assert_eq!(person.names[0].given.len(), 2);
    assert_eq!(person.birth_date.unwrap().precision(), Precision::Month);
}

#[test]
fn headers_do_not_print_what_they_hold() {
    let read = header(OBSERVATION).unwrap();
    assert_eq!(format!("{read:?}"), "Header(Observation)");
    assert_eq!(format!("{:?}", read.codes), "[Coding(****)]");
    assert_eq!(format!("{:?}", read.date), "Some(When(****))");
}

#[test]
fn headers_survive_the_cache() {
    let read = header(OBSERVATION).unwrap();
    let stored = postcard::to_allocvec(&read).unwrap();
    assert_eq!(postcard::from_bytes::<Header>(&stored).unwrap(), read);
}

#[test]
fn dates_mean_every_moment_that_they_may() {
    let kabul = TimeZone::get("Asia/Kabul").unwrap_or(TimeZone::fixed(jiff::tz::offset(4)));
    let utc = TimeZone::UTC;
    for (text, zone, start, end) in [
        ("2024", &utc, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
        (
            "2024-02",
            &utc,
            "2024-02-01T00:00:00Z",
            "2024-03-01T00:00:00Z",
        ),
        (
            "2024-12-31",
            &utc,
            "2024-12-31T00:00:00Z",
            "2025-01-01T00:00:00Z",
        ),
        (
            "2024-01-01T10:20",
            &utc,
            "2024-01-01T10:20:00Z",
            "2024-01-01T10:21:00Z",
        ),
        (
            "2024-01-01T10:20:30",
            &utc,
            "2024-01-01T10:20:30Z",
            "2024-01-01T10:20:31Z",
        ),
        (
            "2024-01-01T10:20:30.5Z",
            &kabul,
            "2024-01-01T10:20:30.5Z",
            "2024-01-01T10:20:30.6Z",
        ),
        (
            "2024-01-01T00:00:00+04:30",
            &utc,
            "2023-12-31T19:30:00Z",
            "2023-12-31T19:30:01Z",
        ),
        (
            "2016-12-31T23:59:60Z",
            &utc,
            "2017-01-01T00:00:00Z",
            "2017-01-01T00:00:01Z",
        ),
    ] {
        let interval = Date::parse(text).unwrap().interval(zone);
        assert_eq!(interval.start, Some(start.parse().unwrap()), "{text}");
        assert_eq!(interval.end, Some(end.parse().unwrap()), "{text}");
    }
    let day = Date::parse("2024-01-01").unwrap();
    assert!(day.interval(&kabul).start < day.interval(&utc).start);
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "24",
        "0000",
        "2024-13",
        "2024-00",
        "2024-02-30",
        "2024-1-1",
        "2024-01-01T",
        "+2024",
        "2024-01T10:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T10:00:61Z",
        "2024-01-01 10:00",
        "2024-01-01T10:00:00+15:00",
        "2024-01-01T10:00:00.Z",
        "2024-01-01T10:00:00+4:30",
        "2024-01-01-01",
        "２０２４",
        "2024-01-01T10:00:00Zx",
        "2024-01-01T1é:00",
    ] {
        assert!(Date::parse(text).is_none(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn dates_never_panic_and_keep_their_text(text in "[0-9T:.Z+-]{0,30}|\\PC{0,12}") {
        if let Some(date) = Date::parse(&text) {
            prop_assert_eq!(date.text(), text);
            let interval = date.interval(&TimeZone::UTC);
            if let (Some(start), Some(end)) = (interval.start, interval.end) {
                prop_assert!(start < end);
            }
        }
    }

    #[test]
    fn arbitrary_resources_never_panic(value in super::json::json(), name in "[a-z]{0,3}") {
        for element in ["meta", "subject", "contained", "category", "component", "name", &name] {
            let text = serde_json::json!({
                "resourceType": "Observation", "id": "o", element: value.clone(),
            })
            .to_string();
            let _ = read_header(text.as_bytes(), &Limits::default());
        }
    }
}
