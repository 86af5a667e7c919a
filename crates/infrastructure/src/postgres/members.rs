//! JSON objects read member by member, with a JSON pointer (RFC 6901) for every fault.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::import_line::LineFault;

/// The members of an object; the names that came twice are kept apart.
pub(super) struct Members {
    values: BTreeMap<String, Value>,
    twice: Vec<String>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members {
            values: BTreeMap::new(),
            twice: Vec::new(),
        };
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.values.insert(name.clone(), value).is_some() {
                members.twice.push(name);
            }
        }
        Ok(members)
    }

    fn visit_unit<E: Error>(self) -> Result<Members, E> {
        Err(E::invalid_type(serde::de::Unexpected::Unit, &self))
    }
}

/// Takes members out and collects what is wrong with them.
pub(super) struct Reader {
    pointer: &'static str,
    members: Members,
    faults: Vec<LineFault>,
}

impl Reader {
    /// Over the members of the object at a pointer.
    pub(super) const fn new(pointer: &'static str, members: Members) -> Self {
        Self {
            pointer,
            members,
            faults: Vec::new(),
        }
    }

    /// A member that has to be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.members.values.contains_key(name) {
            return self.optional(name, expected, read);
        }
        self.fault(name, "is missing");
        None
    }

    /// A member that may be there; `null` is refused.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.members.values.remove(name)?;
        let read = value.as_str().and_then(read);
        if read.is_none() {
            self.fault(name, expected);
        }
        read
    }

    /// A whole number that may be there.
    pub(super) fn number<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(u64) -> Option<T>,
    ) -> Option<T> {
        let value = self.members.values.remove(name)?;
        let read = value.as_u64().and_then(read);
        if read.is_none() {
            self.fault(name, expected);
        }
        read
    }

    /// A member that a later version will know.
    pub(super) fn unsupported(&mut self, name: &str) {
        if self.members.values.remove(name).is_some() {
            self.fault(name, "is not supported by this version");
        }
    }

    /// Notes what is wrong with a member.
    pub(super) fn fault(&mut self, name: &str, message: &'static str) {
        let pointer = if is_plain(name) {
            format!("{}/{name}", self.pointer)
        } else {
            // A name that is none of ours could be anything.
            self.pointer.to_owned()
        };
        self.faults.push(LineFault { pointer, message });
    }

    /// The value, if nothing is wrong and nothing is left over.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<LineFault>> {
        for name in std::mem::take(&mut self.members.twice) {
            self.fault(&name, "stands twice");
        }
        for name in std::mem::take(&mut self.members.values).into_keys() {
            self.fault(&name, "is not a known member");
        }
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => Err(self.faults),
        }
    }
}

fn is_plain(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}
