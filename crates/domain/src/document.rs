//! Reading JSON documents of settings whole: every fault with its place (RFC 6901), none with a
//! value.

use serde_json::{Map, Value};

/// What is wrong at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFault {
    /// Where (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// What is wrong there, or what is expected.
    pub message: &'static str,
}

impl DocumentFault {
    /// A fault at a place.
    pub fn at(pointer: impl Into<String>, message: &'static str) -> Self {
        Self {
            pointer: pointer.into(),
            message,
        }
    }
}

/// The members of one object, taken one by one; what is left at the end is a fault.
pub(crate) struct Members<'d, 'f> {
    pointer: String,
    object: Option<&'d Map<String, Value>>,
    known: Vec<&'static str>,
    faults: &'f mut Vec<DocumentFault>,
}

impl<'d, 'f> Members<'d, 'f> {
    /// Over the object at a place; anything else is a fault and has no members.
    pub(crate) fn of(value: &'d Value, pointer: &str, faults: &'f mut Vec<DocumentFault>) -> Self {
        let object = value.as_object();
        if object.is_none() {
            faults.push(DocumentFault::at(pointer, "expected an object"));
        }
        Self {
            pointer: pointer.to_owned(),
            object,
            known: Vec::new(),
            faults,
        }
    }

    /// Every member with its name and place, for objects whose names are data.
    pub(crate) fn all(self) -> Vec<(&'d str, &'d Value, String)> {
        let pointer = self.pointer;
        self.object
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value, place(&pointer, name)))
            .collect()
    }

    /// A member that may be there.
    pub(crate) fn value(&mut self, name: &'static str) -> Option<&'d Value> {
        self.known.push(name);
        self.object?.get(name)
    }

    /// Notes what is wrong with a member.
    pub(crate) fn fault(&mut self, name: &str, message: &'static str) {
        let pointer = place(&self.pointer, name);
        self.faults.push(DocumentFault { pointer, message });
    }

    /// Where a member is, and the list that its faults go to.
    pub(crate) fn below(&mut self, name: &str) -> (String, &mut Vec<DocumentFault>) {
        (place(&self.pointer, name), self.faults)
    }

    /// A member of any form that may be there, read by a function of its value.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let read = read(value);
        if read.is_none() {
            self.fault(name, expected);
        }
        read
    }

    /// A member of any form that has to be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        if self
            .object
            .is_some_and(|members| !members.contains_key(name))
        {
            self.known.push(name);
            self.fault(name, "is missing");
            return None;
        }
        self.optional(name, expected, read)
    }

    /// A text that has to be there.
    pub(crate) fn text<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.required(name, expected, |value| value.as_str().and_then(read))
    }

    /// A list of texts that may be there; each fault at its item. Empty when absent.
    pub(crate) fn texts<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(value) = self.value(name) else {
            return Some(Vec::new());
        };
        let (pointer, faults) = self.below(name);
        let before = faults.len();
        let mut found = Vec::new();
        for (item, pointer) in Items::of(value, &pointer, faults).all() {
            match item.as_str().and_then(&read) {
                Some(read) => found.push(read),
                None => faults.push(DocumentFault::at(pointer, expected)),
            }
        }
        (faults.len() == before).then_some(found)
    }

    /// Says that the object has no further members.
    pub(crate) fn finish(self) {
        for name in self.object.into_iter().flat_map(Map::keys) {
            if !self.known.contains(&name.as_str()) {
                let pointer = place(&self.pointer, name);
                self.faults
                    .push(DocumentFault::at(pointer, "is not a known member"));
            }
        }
    }
}

/// The items of one array, each with its place.
pub(crate) struct Items<'d> {
    pointer: String,
    items: &'d [Value],
}

impl<'d> Items<'d> {
    /// Over the array at a place; anything else is a fault and has no items.
    pub(crate) fn of(value: &'d Value, pointer: &str, faults: &mut Vec<DocumentFault>) -> Self {
        let items = value.as_array();
        if items.is_none() {
            faults.push(DocumentFault::at(pointer, "expected an array"));
        }
        Self {
            pointer: pointer.to_owned(),
            items: items.map_or(&[], Vec::as_slice),
        }
    }

    /// Each item with its place.
    pub(crate) fn all(self) -> impl Iterator<Item = (&'d Value, String)> {
        let pointer = self.pointer;
        self.items
            .iter()
            .enumerate()
            .map(move |(index, item)| (item, format!("{pointer}/{index}")))
    }
}

/// The place of a member. A name that is none of ours could be anything, and is not repeated.
fn place(pointer: &str, name: &str) -> String {
    let plain = (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    if plain {
        format!("{pointer}/{name}")
    } else {
        pointer.to_owned()
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
