use bytes::Bytes;
use portal_fhir::{BundleError, Limits, Page, SearchMode, StructureGuard, read_searchset};
use proptest::prelude::*;

fn read(text: &str) -> Result<Page, BundleError> {
    read_searchset(&Bytes::copy_from_slice(text.as_bytes()), &Limits::default())
}

fn searchset(entries: &str) -> String {
    format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{entries}]}}"#)
}

fn outcome(text: &str) -> Result<(usize, usize), BundleError> {
    read(text).map(|page| (page.entries.len(), page.dropped))
}

#[test]
fn a_page_is_read_without_copying() {
    let page = Bytes::from(
        r#" {"entry":[{"fullUrl":"x","resource": {"resourceType":"Observation","v":1.50} ,
        "search":{"mode":"include","score":1}},{"resource":{"a":[]}}],
        "link":[{"relation":"self","url":"s"},{"relation":"next","url":"https:\/\/a\/?p=2"}],
        "type":"searchset","total":2,"resourceType":"Bundle"} "#,
    );
    let read = read_searchset(&page, &Limits::default()).unwrap();
    let first = &read.entries[0];
    assert_eq!(first.resource, r#"{"resourceType":"Observation","v":1.50}"#);
    assert!(page.as_ptr_range().contains(&first.resource.as_ptr()));
    assert_eq!(first.mode, SearchMode::Include);
    assert_eq!(read.entries[1].mode, SearchMode::Match);
    assert_eq!(read.next.as_deref(), Some("https://a/?p=2"));
    assert_eq!(read.dropped, 0);
}

#[test]
fn a_page_without_entries_is_empty() {
    assert_eq!(
        outcome(r#"{"resourceType":"Bundle","type":"searchset"}"#),
        Ok((0, 0))
    );
    assert_eq!(outcome(&searchset("")), Ok((0, 0)));
}

#[test]
fn a_bad_entry_costs_itself_only() {
    let good = r#"{"resource":{"id":"1"}}"#;
    let deep = format!(
        r#"{{"resource":{{"a":{}{}}}}}"#,
        "[".repeat(64),
        "]".repeat(64)
    );
    for bad in [
        "{}",
        "7",
        "null",
        "[1]",
        r#""text""#,
        r#"{"resource":null}"#,
        r#"{"resource":[{}]}"#,
        r#"{"resource":{},"resource":{}}"#,
        r#"{"resource":{},"search":{"mode":"other"}}"#,
        r#"{"resource":{},"search":{"mode":1}}"#,
        r#"{"resource":{},"search":{"mode":"match","mode":"include"}}"#,
        r#"{"resource":{},"search":"match"}"#,
        r#"{"resource":{},"search":{"mode":"match"},"search":{"mode":"match"}}"#,
        &deep,
    ] {
        assert_eq!(
            outcome(&searchset(&format!("{good},{bad},{good}"))),
            Ok((2, 1)),
            "{bad}"
        );
    }
}

#[test]
fn a_resource_may_be_as_deep_as_the_limit_says() {
    let deep = |levels: usize| {
        let inner = format!("{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        searchset(&format!(r#"{{"resource":{{"a":{inner}}}}}"#))
    };
    assert_eq!(outcome(&deep(64)), Ok((1, 0)));
    assert_eq!(outcome(&deep(65)), Ok((0, 1)));
    assert_eq!(outcome(&deep(10_000)), Err(BundleError::TooDeep));
}

#[test]
fn what_is_no_searchset_is_an_error() {
    for text in [
        "[]",
        "null",
        r#"{"resourceType":"OperationOutcome","issue":[]}"#,
        r#"{"resourceType":"Bundle","type":"transaction","entry":[]}"#,
        r#"{"resourceType":"Bundle","entry":[]}"#,
        r#"{"resourceType":"Bundle","type":["searchset"]}"#,
        r#"{"resourceType":"Bundle","type":"searchset","entry":{}}"#,
        r#"{"resourceType":"Bundle","type":"searchset","link":"x"}"#,
    ] {
        assert_eq!(outcome(text), Err(BundleError::NotASearchset), "{text}");
    }
}

#[test]
fn a_page_that_contradicts_itself_is_an_error() {
    for text in [
        r#"{"resourceType":"Bundle","type":"searchset","entry":[],"entry":[]}"#,
        r#"{"resourceType":"Bundle","type":"searchset","type":"searchset"}"#,
        r#"{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"a"},{"relation":"next","url":"b"}]}"#,
    ] {
        assert_eq!(outcome(text), Err(BundleError::Ambiguous), "{text}");
    }
}

#[test]
fn broken_json_and_trailing_garbage_are_errors() {
    for text in [
        "",
        "{",
        "garbage",
        "<html>",
        &format!("{}x", searchset("")),
        &searchset("{},"),
    ] {
        assert!(
            matches!(outcome(text), Err(BundleError::NotJson { .. })),
            "{text}"
        );
    }
    let invalid = Bytes::from_static(b"{\"resourceType\":\"\xff\"}");
    assert!(matches!(
        read_searchset(&invalid, &Limits::default()),
        Err(BundleError::NotJson { position: 17 })
    ));
}

#[test]
fn entries_are_counted_up_to_the_limit() {
    let entries = |count: usize| searchset(&vec![r#"{"resource":{}}"#; count].join(","));
    assert_eq!(outcome(&entries(1_000)), Ok((1_000, 0)));
    assert_eq!(outcome(&entries(1_001)), Err(BundleError::TooManyEntries));
}

#[test]
fn the_guard_cuts_bombs_off_before_they_end() {
    let mut guard = StructureGuard::new(64);
    assert_eq!(guard.push(b"{\"a\":"), Ok(()));
    assert_eq!(guard.push("[".repeat(63).as_bytes()), Ok(()));
    assert_eq!(guard.push(b"["), Err(BundleError::TooDeep));
    for garbage in [
        "<html>",
        "\u{1f}\u{8b}",
        "[]",
        "7",
        "{}x",
        "{}{}",
        "{]",
        "{\"a\n\"}",
        "{#}",
    ] {
        assert!(
            StructureGuard::new(64).push(garbage.as_bytes()).is_err(),
            "{garbage}"
        );
    }
    let mut guard = StructureGuard::new(64);
    assert_eq!(guard.push(b"{\"brackets\":\"\\\"]]["), Ok(()));
    assert!(guard.finish().is_err());
    assert_eq!(guard.push(b"\"} \n"), Ok(()));
    assert_eq!(guard.finish(), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_guard_lets_every_object_pass_however_it_is_cut(
        value in super::json::json(),
        size in 1_usize..9,
    ) {
        let text = serde_json::json!({ "value": value }).to_string();
        let mut guard = StructureGuard::new(64);
        for chunk in text.as_bytes().chunks(size) {
            prop_assert!(guard.push(chunk).is_ok());
        }
        prop_assert!(guard.finish().is_ok());
    }

    #[test]
    fn arbitrary_entries_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..48)) {
        let mut page = br#"{"resourceType":"Bundle","type":"searchset","entry":["#.to_vec();
        page.extend(&bytes);
        let _ = read_searchset(&Bytes::from(page), &Limits::default());
    }
}
