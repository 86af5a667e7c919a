//! Members of a JSON object that must be of one type or absent.

use portal_fhir::json::{Kind, Value};

/// A member is there but of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mistyped;

/// A string, if there is one.
pub(super) fn string(object: Value<'_>, name: &str) -> Result<Option<String>, Mistyped> {
    object
        .get(name)
        .map(|member| text(member).ok_or(Mistyped))
        .transpose()
}

/// A string or an array of strings, if there is one.
pub(super) fn strings(object: Value<'_>, name: &str) -> Result<Option<Vec<String>>, Mistyped> {
    let Some(member) = object.get(name) else {
        return Ok(None);
    };
    let list = match member.kind() {
        Kind::String => text(member).map(|text| vec![text]),
        Kind::Array => member.items().map(text).collect(),
        Kind::Object | Kind::Number | Kind::Boolean | Kind::Null => None,
    };
    list.map(Some).ok_or(Mistyped)
}

/// A time in seconds (RFC 7519 section 2, `NumericDate`), if there is one: a whole number, whose
/// fraction may be written if it is zero.
pub(super) fn seconds(object: Value<'_>, name: &str) -> Result<Option<i64>, Mistyped> {
    let Some(member) = object.get(name) else {
        return Ok(None);
    };
    if member.kind() != Kind::Number {
        return Err(Mistyped);
    }
    let (whole, fraction) = member.raw().split_once('.').unwrap_or((member.raw(), ""));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    let seconds = whole.parse().ok().filter(|_| is_whole);
    seconds.map(Some).ok_or(Mistyped)
}

fn text(value: Value<'_>) -> Option<String> {
    value.text().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portal_fhir::json::Tree;

    #[test]
    fn times_are_whole_seconds() {
        for (json, expected) in [
            ("1700000000", Ok(Some(1_700_000_000))),
            ("1700000000.000", Ok(Some(1_700_000_000))),
            ("-1", Ok(Some(-1))),
            ("1700000000.5", Err(Mistyped)),
            ("17e8", Err(Mistyped)),
            ("1.0e9", Err(Mistyped)),
            ("99999999999999999999", Err(Mistyped)),
            ("\"1700000000\"", Err(Mistyped)),
            ("null", Err(Mistyped)),
        ] {
            let document = format!(r#"{{"exp":{json}}}"#);
            let tree = Tree::parse(document.as_bytes(), 4).expect("JSON");
            assert_eq!(seconds(tree.root(), "exp"), expected, "{json}");
            assert_eq!(seconds(tree.root(), "nbf"), Ok(None));
        }
    }

    #[test]
    fn one_string_is_a_list_of_one() {
        let tree = Tree::parse(br#"{"a":"x","b":["x","y"],"c":["x",1],"d":{}}"#, 4).expect("JSON");
        let read = |name| strings(tree.root(), name);
        assert_eq!(read("a"), Ok(Some(vec!["x".to_owned()])));
        assert_eq!(read("b"), Ok(Some(vec!["x".to_owned(), "y".to_owned()])));
        assert_eq!(read("c"), Err(Mistyped));
        assert_eq!(read("d"), Err(Mistyped));
        assert_eq!(read("e"), Ok(None));
    }
}
