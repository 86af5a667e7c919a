//! JSON read without mercy: what serde would let pass is noted with its place.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{DocumentFault, STANDS_TWICE, place};

/// The text is no JSON. Carries where, and nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not JSON at line {line}, column {column}")]
pub struct NotJson {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1; in bytes.
    pub column: usize,
}

/// Reads one JSON value and nothing behind it (RFC 8259). Names that stand twice in one object, and
/// texts that cannot be stored, are faults with their places.
pub fn parse_strict(text: &[u8]) -> Result<(Value, Vec<DocumentFault>), NotJson> {
    let mut faults = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let seed = ValueSeed {
        pointer: "",
        faults: &mut faults,
    };
    let read = seed.deserialize(&mut deserializer);
    let read = read.and_then(|value| deserializer.end().map(|()| value));
    match read {
        Ok(value) => Ok((value, faults)),
        Err(error) => Err(NotJson {
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// Reads a value at a place and notes what is wrong inside it.
struct ValueSeed<'p, 'f> {
    pointer: &'p str,
    faults: &'f mut Vec<DocumentFault>,
}

impl ValueSeed<'_, '_> {
    fn text(self, text: String) -> Value {
        // PostgreSQL holds every character but this one.
        if text.contains('\0') {
            let message = "holds U+0000, which cannot be stored";
            self.faults.push(DocumentFault::at(self.pointer, message));
        }
        Value::String(text)
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(self.text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(self.text(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        loop {
            let pointer = format!("{}/{}", self.pointer, read.len());
            let item = ValueSeed {
                pointer: &pointer,
                faults: self.faults,
            };
            match items.next_element_seed(item)? {
                Some(item) => read.push(item),
                None => return Ok(Value::Array(read)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let pointer = place(self.pointer, &name);
            let value = map.next_value_seed(ValueSeed {
                pointer: &pointer,
                faults: self.faults,
            })?;
            if name.contains('\0') {
                let message = "has a name with U+0000, which cannot be stored";
                self.faults.push(DocumentFault::at(self.pointer, message));
            }
            if members.insert(name, value).is_some() {
                self.faults.push(DocumentFault::at(pointer, STANDS_TWICE));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(text: &str) -> Vec<String> {
        let (_, faults) = parse_strict(text.as_bytes()).expect("JSON");
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn what_stands_twice_is_found_at_any_depth_and_named_by_its_place() {
        let text = r#"{"t":{"a":{"b":[1,{"c":1,"c":2,"C":3}]},"a":0,"e e":1,"e e":2}}"#;
        assert_eq!(pointers(text), ["/t/a/b/1/c", "/t/a", "/t"]);
    }

    #[test]
    fn texts_that_cannot_be_stored_are_named() {
        let text = r#"{"t":{"a":["x","\u0000"],"b\u0000":1,"c":"\u0001"}}"#;
        assert_eq!(pointers(text), ["/t/a/1", "/t"]);
    }

    #[test]
    fn values_are_read_as_they_stand() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,1.5,"é"],"b":{}}"#;
        let (value, faults) = parse_strict(text.as_bytes()).expect("JSON");
        let whole: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value, whole);
        assert!(faults.is_empty());
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_position() {
        let at = |text: &str| parse_strict(text.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(at("{\n \"a\": x}"), NotJson { line: 2, column: 7 });
        assert_eq!(at("{} {}").line, 1);
        assert_eq!(at(&"[".repeat(100_000)).line, 1);
        assert_eq!(at("").column, 0);
    }
}
