//! A line as JSON: the one member that it has, and what is wrong with its form at any depth.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{LineFault, place};

/// What a line holds.
pub(super) struct OneMember {
    /// Which kind of line it is.
    pub(super) name: String,
    /// The members of that member.
    pub(super) members: Map<String, Value>,
    /// Names that stand twice in one object, and texts that cannot be stored.
    pub(super) faults: Vec<LineFault>,
}

/// Reads an object of one member that is an object.
pub(super) fn parse(text: &str) -> Option<OneMember> {
    let mut faults = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let line = LineSeed(&mut faults);
    let (name, value) = line.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    let Value::Object(members) = value else {
        return None;
    };
    Some(OneMember {
        name,
        members,
        faults,
    })
}

struct LineSeed<'f>(&'f mut Vec<LineFault>);

impl<'de> DeserializeSeed<'de> for LineSeed<'_> {
    type Value = (String, Value);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for LineSeed<'_> {
    type Value = (String, Value);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of one member")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let wrong = || A::Error::custom("expected one member");
        let name: String = map.next_key()?.ok_or_else(wrong)?;
        let pointer = place("", &name);
        let value = map.next_value_seed(ValueSeed {
            pointer: &pointer,
            faults: self.0,
        })?;
        match map.next_key::<IgnoredAny>()? {
            Some(_) => Err(wrong()),
            None => Ok((name, value)),
        }
    }
}

/// Reads a value at a place and notes what is wrong inside it.
struct ValueSeed<'p, 'f> {
    pointer: &'p str,
    faults: &'f mut Vec<LineFault>,
}

impl ValueSeed<'_, '_> {
    fn text(self, text: String) -> Value {
        // PostgreSQL holds every character but this one.
        if text.contains('\0') {
            let message = "holds U+0000, which cannot be stored";
            self.faults.push(LineFault::at(self.pointer, message));
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
                self.faults.push(LineFault::at(self.pointer, message));
            }
            if members.insert(name, value).is_some() {
                self.faults.push(LineFault::at(pointer, "stands twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointers(text: &str) -> Vec<String> {
        let line = parse(text).expect("a line");
        line.faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn what_stands_twice_is_found_at_any_depth_and_named_by_its_place() {
        let text = r#"{"tenant":{"a":{"b":[1,{"c":1,"c":2,"C":3}]},"a":0,"e e":1,"e e":2}}"#;
        assert_eq!(pointers(text), ["/tenant/a/b/1/c", "/tenant/a", "/tenant"]);
    }

    #[test]
    fn texts_that_cannot_be_stored_are_named() {
        let text = r#"{"tenant":{"a":["x","\u0000"],"b\u0000":1,"c":"\u0001"}}"#;
        assert_eq!(pointers(text), ["/tenant/a/1", "/tenant"]);
    }

    #[test]
    fn values_are_read_as_they_stand() {
        let text = r#"{"tenant":{"a":[null,true,-1,18446744073709551615,1.5,"é"],"b":{}}}"#;
        let line = parse(text).expect("a line");
        let whole: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(line.members), whole["tenant"]);
        assert!(line.faults.is_empty());
    }

    #[test]
    fn a_line_too_deep_or_with_something_behind_it_is_none() {
        let deep = format!("{{\"tenant\":{{\"a\":{}", "[".repeat(100_000));
        assert!(parse(&deep).is_none());
        assert!(parse(r#"{"tenant":{}} {}"#).is_none());
    }
}
