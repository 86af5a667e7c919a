use portal_fhir::json::{JsonError, Tree};
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

const DEPTH: usize = 64;

/// JSON values without duplicate members, some levels deep.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn accepts(bytes: &[u8]) -> bool {
    Tree::parse(bytes, DEPTH).is_ok()
}

/// The value that a tree says, built without its help for objects and lists.
fn rebuild(value: portal_fhir::json::Value<'_>) -> Value {
    use portal_fhir::json::Kind;
    match value.kind() {
        Kind::Object => value
            .children()
            .map(|member| {
                (
                    member.name().expect("a sound sample").into_owned(),
                    rebuild(member),
                )
            })
            .collect(),
        Kind::Array => value.items().map(rebuild).collect(),
        Kind::String => Value::from(value.text().expect("a sound sample")),
        _ => serde_json::from_str(value.raw()).expect("a sound sample"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_json_value_reads_as_what_it_is(value in json(), pretty: bool) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let tree = Tree::parse(text.as_bytes(), DEPTH).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(rebuild(tree.root()), expected);
        prop_assert_eq!(tree.root().raw(), text.as_str());
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_agree_with_another_reader(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        if accepts(&bytes) {
            prop_assert!(serde_json::from_slice::<IgnoredAny>(&bytes).is_ok());
        }
        if serde_json::from_slice::<Value>(&bytes).is_ok() {
            prop_assert!(accepts(&bytes));
        }
    }

    #[test]
    fn near_misses_agree_with_another_reader(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
            "\"\\x\"", "\"\t\"", "0", "-1", "01", "1.", "1.50", "1e5", "1E+", "-", "true", "nul",
            "null", " ", "\n", "\u{feff}",
        ]), 0..10),
    ) {
        let text = tokens.concat();
        let ours = Tree::parse(text.as_bytes(), DEPTH);
        if ours.is_ok() {
            prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
        } else if ours.err() != Some(JsonError::DuplicateMember) {
            prop_assert!(serde_json::from_str::<Value>(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn one_changed_byte_is_judged_as_another_reader_judges_it(
        value in json(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"{}[]\",:\\01e.-+tnu \x00\xff".to_vec()),
    ) {
        let mut bytes = value.to_string().into_bytes();
        let index = at.index(bytes.len());
        bytes[index] = byte;
        match Tree::parse(&bytes, DEPTH) {
            Ok(_) => prop_assert!(serde_json::from_slice::<IgnoredAny>(&bytes).is_ok()),
            Err(JsonError::DuplicateMember) => {}
            Err(_) => prop_assert!(serde_json::from_slice::<Value>(&bytes).is_err()),
        }
    }
}

#[test]
fn duplicate_members_are_found_however_they_are_written() {
    let is_duplicate =
        |text: &str| Tree::parse(text.as_bytes(), DEPTH).err() == Some(JsonError::DuplicateMember);
    assert!(is_duplicate(r#"{"a":1,"a":1}"#));
    assert!(is_duplicate(r#"{"a":1,"\u0061":1}"#));
    assert!(is_duplicate(r#"[{"x":{"a":1,"b":2,"a":3}}]"#));
    let many: Vec<_> = (0..40).map(|index| format!(r#""m{index}":0"#)).collect();
    let many = many.join(",");
    assert!(!is_duplicate(&format!("{{{many}}}")));
    assert!(is_duplicate(&format!(r#"{{{many},"\u006d7":0}}"#)));
    assert!(!is_duplicate(r#"{"a":{"a":{"a":1}}}"#));
}

#[test]
fn members_are_found_by_what_their_names_say() {
    let text = r#"{"a\nb":1,"\u0063ode":2,"code ":3,"":4}"#;
    let tree = Tree::parse(text.as_bytes(), DEPTH).unwrap();
    let get = |name| tree.root().get(name).map(portal_fhir::json::Value::raw);
    assert_eq!(get("a\nb"), Some("1"));
    assert_eq!(get("code"), Some("2"));
    assert_eq!(get(""), Some("4"));
    for name in ["a\\nb", "\\u0063ode", "cod", "Code", "code  ", "a"] {
        assert_eq!(get(name), None);
    }
}

#[test]
fn depth_is_bounded_without_recursion() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(accepts(nested(64).as_bytes()));
    assert_eq!(
        Tree::parse(nested(65).as_bytes(), 64).err(),
        Some(JsonError::TooDeep)
    );
    assert_eq!(
        Tree::parse("[".repeat(1_000_000).as_bytes(), 64).err(),
        Some(JsonError::TooDeep)
    );
    assert!(Tree::parse(nested(1_000_000 / 8).as_bytes(), usize::MAX).is_ok());
}

#[test]
fn errors_say_where_and_nothing_else() {
    let error = Tree::parse(br#"{"name":"Secret" oops}"#, 64).err().unwrap();
    assert_eq!(error, JsonError::Syntax { position: 17 });
    assert_eq!(error.to_string(), "not JSON at byte 17");
}

#[test]
fn more_values_than_a_resource_may_have_are_refused() {
    let text = format!("[{}1]", "1,".repeat(200_000));
    assert_eq!(
        Tree::parse(text.as_bytes(), 64).err(),
        Some(JsonError::TooLarge)
    );
}
