use super::*;

#[test]
fn two_objects_become_one() {
    let joined = |one: &str, other: &str| {
        let bytes = joined(one.as_bytes(), other.as_bytes())?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    };
    assert_eq!(
        joined(r#"{"a":1}"#, r#"{"b":{}}"#).as_deref(),
        Some(r#"{"a":1,"b":{}}"#)
    );
    assert_eq!(joined("{}", r#"{"b":1}"#).as_deref(), Some(r#"{"b":1}"#));
    assert_eq!(joined(r#"{"a":1}"#, "{}").as_deref(), Some(r#"{"a":1}"#));
    assert_eq!(joined("null", "{}"), None);
}
