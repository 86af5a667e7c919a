use portal_fhir::strip_restricted;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{header, record, value};

const MARK: &str = r#"{"url":"https://a.test/x-privacyTier","valueCode":"restricted"}"#;

fn strip(text: &str) -> String {
    let stripped = strip_restricted(record(text)).expect("a sound sample");
    let text = String::from_utf8(stripped.bytes.to_vec()).expect("a sound sample");
    assert!(stripped.header == header(&text).expect("a sound sample"));
    text
}

/// What becomes of members behind the first two.
fn strip_members(members: &str) -> String {
    let head = r#"{"resourceType":"Patient","id":"p""#;
    let text = strip(&format!("{head}{members}}}"));
    let rest = text.strip_prefix(head).and_then(|it| it.strip_suffix('}'));
    rest.expect("the head stays").to_owned()
}

#[test]
fn every_form_of_restricted_is_removed() {
    for extension in [
        r#"{"url":"a","valueString":"secret","x-privacyTier":"restricted"}"#,
        r#"{"url":"a","valueString":"secret","x-privacy\u0054ier":"RESTRICTED"}"#,
        r#"{"url":"a","valueString":"secret","x-privacyTier":{"code":"restricted"}}"#,
        r#"{"url":"a","extension":[{"url":"b","valueString":"secret"},{"url":"x-privacyTier","valueString":"Restricted"}]}"#,
        r#"{"url":"a","extension":[{"url":"https:\/\/a.test\/x-privacyTier","valueCoding":{"code":"restricted"}}]}"#,
        r#"{"url":"a","modifierExtension":[{"url":"x-privacyTier","valueCodeableConcept":{"coding":[{"code":"open"},{"code":"restricted"}]}}]}"#,
        r#"{"url":"x-privacyTier","valueCode":"restricted"}"#,
        MARK,
    ] {
        for list in ["extension", "modifierExtension"] {
            let members = format!(r#","{list}":[{{"url":"k"}}, {extension} ],"v":1.50"#);
            let expected = format!(r#","{list}":[{{"url":"k"}} ],"v":1.50"#);
            assert_eq!(strip_members(&members), expected, "{extension}");
        }
        let members = format!(r#","extension":{extension},"v":1.50"#);
        assert_eq!(strip_members(&members), r#","v":1.50"#, "{extension}");
    }
}

#[test]
fn what_is_not_restricted_stays_uncopied() {
    for extension in [
        r#"{"url":"a","x-privacyTier":"open"}"#,
        r#"{"url":"a","x-privacyTier":["restricted"]}"#,
        r#"{"url":"x-privacyTier","valueCode":"open"}"#,
        r#"{"url":"my-x-privacyTier","valueCode":"restricted"}"#,
        r#"{"url":"x-privacyTier/a","valueCode":"restricted"}"#,
        r#"{"url":"x-privacyTier","other":"restricted"}"#,
        r#"{"url":"caf\u00e9","valueString":"restricted"}"#,
    ] {
        let text = format!(
            r#"{{"resourceType":"Patient","id":"p","extension":[{extension}],"x":{{}},"y":[]}}"#
        );
        let before = record(&text);
        let after = strip_restricted(before.clone()).unwrap();
        assert!(after == before && after.bytes.as_ptr() == before.bytes.as_ptr());
    }
}

#[test]
fn a_mark_leaves_the_element_that_carries_it() {
    for (members, expected) in [
        (
            r#","name":[{"family":"F","extension":[MARK]}]"#,
            r#","name":[{"family":"F"}]"#,
        ),
        (
            r#","birthDate":"1990","_birthDate":{"extension":[MARK]}"#,
            r#","birthDate":"1990""#,
        ),
        (
            r#","_birthDate":{"id":"b", "extension":[MARK, {"url":"k","valueCode":"v"}]},"birthDate":"1990""#,
            r#","_birthDate":{"id":"b", "extension":[{"url":"k","valueCode":"v"}]},"birthDate":"1990""#,
        ),
        (
            r#","extension":[MARK , MARK],"contained":[{"resourceType":"Device","extension":[MARK]}]"#,
            r#","contained":[{"resourceType":"Device"}]"#,
        ),
    ] {
        assert_eq!(strip_members(&members.replace("MARK", MARK)), expected);
    }
}

#[test]
fn what_is_left_empty_goes_and_what_was_empty_stays() {
    for (members, expected) in [
        (
            r#","contact":[{"name":{"extension":[MARK]}}],"x":{}"#,
            r#","x":{}"#,
        ),
        (
            r#","contact":[{"name":{"extension":[MARK]}},{}]"#,
            r#","contact":[{}]"#,
        ),
        (r#","a":{"extension":[MARK]},"b":{"extension":[MARK]}"#, ""),
        (
            r#","a":[1,{"extension":[MARK]},{"extension":[MARK]},2]"#,
            r#","a":[1,2]"#,
        ),
        (
            r#","a":[{"extension":[MARK]},{"extension":[MARK]}, 2 ]"#,
            r#","a":[2 ]"#,
        ),
        (
            r#","extension":[{"url":"a","extension":[{"url":"b","extension":[MARK]}]}]"#,
            "",
        ),
        (
            r#","extension":[{"id":"i","url":"a","extension":[{"url":"b","extension":[MARK]}]}]"#,
            "",
        ),
        (
            r#","extension":[{"url":"a","extension":[{"url":"b","extension":[MARK]},{"url":"c"}]}]"#,
            r#","extension":[{"url":"a","extension":[{"url":"c"}]}]"#,
        ),
        (
            r#","photo":[{"url":"a","extension":[MARK]}]"#,
            r#","photo":[{"url":"a"}]"#,
        ),
    ] {
        assert_eq!(strip_members(&members.replace("MARK", MARK)), expected);
    }
}

#[test]
fn companions_of_lists_keep_their_places() {
    for (items, expected) in [
        (
            r#"[{"extension":[MARK]}, {"id":"x"}]"#,
            r#","_given":[null, {"id":"x"}]"#,
        ),
        (
            r#"[null,{"id":"x","extension":[MARK]}]"#,
            r#","_given":[null,{"id":"x"}]"#,
        ),
        (r#"[{"extension":[MARK]},null]"#, ""),
        ("[null,null]", r#","_given":[null,null]"#),
    ] {
        let items = items.replace("MARK", MARK);
        let members =
            format!(r#","name":[{{"given":["a","b"],"_given":{items}}}],"extension":[{MARK}]"#);
        let expected = format!(r#","name":[{{"given":["a","b"]{expected}}}]"#);
        assert_eq!(strip_members(&members), expected);
    }
}

/// The rule of removal on a model, by recursion: `None` for what goes.
fn pruned(value: &Value, in_companion: bool, is_extension: bool) -> Option<Value> {
    match value {
        Value::Array(items) => {
            let kept: Vec<_> = items.iter().map(|it| pruned(it, false, false)).collect();
            list(items, kept, in_companion)
        }
        Value::Object(members) => {
            let kept: Map<_, _> = members
                .iter()
                .filter_map(|(name, member)| Some((name.clone(), pruned_member(name, member)?)))
                .collect();
            let says_nothing = |name: &String| is_extension && (name == "url" || name == "id");
            let emptied = kept.len() < members.len() && kept.keys().all(says_nothing);
            (!emptied).then_some(Value::Object(kept))
        }
        _ => Some(value.clone()),
    }
}

fn pruned_member(name: &str, member: &Value) -> Option<Value> {
    if !["extension", "modifierExtension"].contains(&name) {
        return pruned(member, name.starts_with('_'), false);
    }
    let one = |item: &Value| {
        (!is_restricted(item))
            .then(|| pruned(item, false, true))
            .flatten()
    };
    match member {
        Value::Array(items) => list(items, items.iter().map(one).collect(), false),
        _ => one(member),
    }
}

fn list(items: &[Value], kept: Vec<Option<Value>>, in_companion: bool) -> Option<Value> {
    let changed = kept.iter().any(Option::is_none);
    let left: Vec<_> = if in_companion {
        kept.into_iter().map(Option::unwrap_or_default).collect()
    } else {
        kept.into_iter().flatten().collect()
    };
    let emptied = if in_companion {
        left.iter().all(Value::is_null)
    } else {
        left.is_empty()
    };
    assert!(changed || left.len() == items.len());
    (!(changed && emptied)).then_some(Value::Array(left))
}

fn is_restricted(extension: &Value) -> bool {
    let nested = ["extension", "modifierExtension"].map(|list| &extension[list]);
    let mut nested = nested.into_iter().flat_map(|list| match list {
        Value::Array(items) => items.iter().collect(),
        single => vec![single],
    });
    says(&extension["x-privacyTier"]) || is_mark(extension) || nested.any(is_mark)
}

fn is_mark(extension: &Value) -> bool {
    let url = extension["url"].as_str().unwrap_or_default();
    let named = url.rsplit('/').next() == Some("x-privacyTier");
    let members = extension.as_object().into_iter().flatten();
    let mut values = members.filter(|(name, _)| name.starts_with("value"));
    named && values.any(|(_, value)| says(value))
}

fn says(value: &Value) -> bool {
    let codings = value["coding"].as_array().into_iter().flatten();
    let mut texts = codings
        .map(|coding| &coding["code"])
        .chain([value, &value["code"]])
        .filter_map(Value::as_str);
    texts.any(|text| text.eq_ignore_ascii_case("restricted"))
}

fn body() -> impl Strategy<Value = Value> {
    let mark: Value = serde_json::from_str(MARK).expect("a sound sample");
    let texts = [
        "restricted",
        "Restricted",
        "open",
        "x-privacyTier",
        "a/x-privacyTier",
        "é",
    ];
    let leaf = prop_oneof![
        4 => prop::sample::select(texts.to_vec()).prop_map(Value::from),
        2 => Just(Value::Null),
        3 => Just(mark.clone()),
        3 => Just(json!([mark])),
    ];
    let names = [
        "extension",
        "extension",
        "extension",
        "modifierExtension",
        "url",
        "id",
        "valueCode",
        "valueCodeableConcept",
        "coding",
        "code",
        "x-privacyTier",
        "_given",
        "_given",
        "note",
    ];
    leaf.prop_recursive(7, 64, 5, move |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::btree_map(
                prop::sample::select(names.to_vec()).prop_map(str::to_owned), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_strip_is_what_the_rule_says_and_strips_once(
        extension in body(), note in body(), given in body(), pretty: bool, escaped: bool,
    ) {
        let model = json!({
            "resourceType": "Condition", "id": "c", "extension": extension, "note": note,
            "_given": given,
        });
        let text = if pretty {
            serde_json::to_string_pretty(&model).unwrap()
        } else {
            model.to_string()
        };
        let text = if escaped { text.replace("privacyTier", "privacy\\u0054ier") } else { text };
        let once = strip(&text);
        prop_assert_eq!(Some(value(once.as_bytes())), pruned(&model, false, false));
        prop_assert_eq!(strip(&once), once);
    }
}
