use serde_json::{Value, json};

use super::{DocumentFault, Items, Members};

fn told(faults: &[DocumentFault]) -> Vec<(&str, &str)> {
    faults
        .iter()
        .map(|it| (it.pointer.as_str(), it.message))
        .collect()
}

#[test]
fn members_that_were_not_asked_for_are_faults() {
    let document = json!({"a": 1, "b": 2, "c": 3});
    let mut faults = Vec::new();
    let mut members = Members::of(&document, "/x", &mut faults);
    assert_eq!(members.value("a"), Some(&json!(1)));
    assert_eq!(members.value("z"), None);
    members.finish();
    assert_eq!(
        told(&faults),
        [
            ("/x/b", "is not a known member"),
            ("/x/c", "is not a known member")
        ]
    );
}

#[test]
fn what_may_be_absent_is_no_fault_and_what_has_to_be_there_is() {
    let document = json!({"there": 7, "null": null});
    let mut faults = Vec::new();
    let mut members = Members::of(&document, "", &mut faults);
    assert_eq!(
        members.optional("there", "expected", Value::as_u64),
        Some(7)
    );
    assert_eq!(members.optional("absent", "expected", Value::as_u64), None);
    assert_eq!(
        members.required("there", "expected", Value::as_u64),
        Some(7)
    );
    assert_eq!(members.required("missing", "expected", Value::as_u64), None);
    assert_eq!(members.required("null", "no null", Value::as_u64), None);
    assert_eq!(
        members.text("there", "a text", |text| Some(text.len())),
        None
    );
    members.finish();
    assert_eq!(
        told(&faults),
        [
            ("/missing", "is missing"),
            ("/null", "no null"),
            ("/there", "a text")
        ]
    );
}

#[test]
fn texts_are_read_one_by_one_and_count_together() {
    let document = json!({"good": ["a", "b"], "bad": ["a", 7, ""], "none": []});
    let mut faults = Vec::new();
    let mut members = Members::of(&document, "", &mut faults);
    let mut read = |name| members.texts(name, "a letter", |text| text.chars().next());
    assert_eq!(read("good"), Some(vec!['a', 'b']));
    assert_eq!(read("bad"), None);
    assert_eq!(read("none"), Some(Vec::new()));
    assert_eq!(read("absent"), Some(Vec::new()));
    assert_eq!(
        read("good"),
        Some(vec!['a', 'b']),
        "an earlier fault is none of this list"
    );
    assert_eq!(
        told(&faults),
        [("/bad/1", "a letter"), ("/bad/2", "a letter")]
    );
}

#[test]
fn what_is_no_object_or_array_is_one_fault_and_holds_nothing() {
    let mut faults = Vec::new();
    let value = json!(7);
    let mut members = Members::of(&value, "/o", &mut faults);
    assert_eq!(members.required("a", "expected", Value::as_u64), None);
    members.finish();
    assert_eq!(Items::of(&value, "/a", &mut faults).all().count(), 0);
    assert_eq!(Members::of(&value, "/n", &mut faults).all(), []);
    assert_eq!(
        told(&faults),
        [
            ("/o", "expected an object"),
            ("/a", "expected an array"),
            ("/n", "expected an object")
        ]
    );
}

#[test]
fn items_and_members_know_their_place() {
    let mut faults = Vec::new();
    let list = json!(["a", "b"]);
    let items: Vec<_> = Items::of(&list, "/l", &mut faults).all().collect();
    assert_eq!(
        items,
        [
            (&json!("a"), "/l/0".to_owned()),
            (&json!("b"), "/l/1".to_owned())
        ]
    );
    let object = json!({"hiv-sti": 1});
    let members = Members::of(&object, "", &mut faults).all();
    assert_eq!(members, [("hiv-sti", &json!(1), "/hiv-sti".to_owned())]);
    assert!(faults.is_empty());
}

#[test]
fn a_name_that_could_be_data_is_not_repeated() {
    let long = "a".repeat(33);
    for (name, place) in [
        ("name", "/x/name"),
        ("some-Name", "/x/some-Name"),
        (&long[1..], &*format!("/x/{}", &long[1..])),
        (&long, "/x"),
        ("", "/x"),
        ("Zohra K", "/x"),
        ("1980", "/x"),
        ("a/b", "/x"),
        ("a~b", "/x"),
        ("é", "/x"),
    ] {
        let document = json!({name: 1});
        let mut faults = Vec::new();
        Members::of(&document, "/x", &mut faults).finish();
        assert_eq!(told(&faults), [(place, "is not a known member")]);
    }
}
