//! Reading JSON documents of settings whole: every fault with its place (RFC 6901), none with a
//! value.

mod strict;

pub use strict::{NotJson, parse_strict};

use serde_json::{Map, Value};

const STANDS_TWICE: &str = "stands twice";
const UNKNOWN_MEMBER: &str = "is not a known member";
const MISSING: &str = "is missing";

/// Of what sort a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A member that nobody asked for.
    UnknownMember,
    /// A member that stands twice.
    DuplicateMember,
    /// A member that has to be there.
    Missing,
    /// A value that will not do.
    Invalid,
}

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

    /// Of what sort it is.
    pub fn kind(&self) -> FaultKind {
        match self.message {
            UNKNOWN_MEMBER => FaultKind::UnknownMember,
            STANDS_TWICE => FaultKind::DuplicateMember,
            MISSING => FaultKind::Missing,
            _ => FaultKind::Invalid,
        }
    }
}

/// The members of one object, taken one by one; what is left at the end is a fault.
pub struct Members<'d, 'f> {
    pointer: String,
    object: Option<&'d Map<String, Value>>,
    known: Vec<&'static str>,
    faults: &'f mut Vec<DocumentFault>,
}

impl<'d, 'f> Members<'d, 'f> {
    /// Over the object at a place; anything else is a fault and has no members.
    pub fn of(value: &'d Value, pointer: &str, faults: &'f mut Vec<DocumentFault>) -> Self {
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
    pub fn all(self) -> Vec<(&'d str, &'d Value, String)> {
        let pointer = self.pointer;
        self.object
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value, place(&pointer, name)))
            .collect()
    }

    /// A member that may be there.
    pub fn value(&mut self, name: &'static str) -> Option<&'d Value> {
        self.known.push(name);
        self.object?.get(name)
    }

    /// Notes what is wrong with a member.
    pub fn fault(&mut self, name: &str, message: &'static str) {
        let pointer = place(&self.pointer, name);
        self.faults.push(DocumentFault { pointer, message });
    }

    /// Where a member is, and the list that its faults go to.
    pub fn below(&mut self, name: &str) -> (String, &mut Vec<DocumentFault>) {
        (place(&self.pointer, name), self.faults)
    }

    /// A member of any form that may be there, read by a function of its value.
    pub fn optional<T>(
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
    pub fn required<T>(
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
            self.fault(name, MISSING);
            return None;
        }
        self.optional(name, expected, read)
    }

    /// A text that has to be there.
    pub fn text<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.required(name, expected, |value| value.as_str().and_then(read))
    }

    /// A list of texts that may be there; each fault at its item. Empty when absent.
    pub fn texts<T>(
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
    pub fn finish(self) {
        for name in self.object.into_iter().flat_map(Map::keys) {
            if !self.known.contains(&name.as_str()) {
                let pointer = place(&self.pointer, name);
                self.faults.push(DocumentFault::at(pointer, UNKNOWN_MEMBER));
            }
        }
    }
}

/// The items of one array, each with its place.
pub struct Items<'d> {
    pointer: String,
    items: &'d [Value],
}

impl<'d> Items<'d> {
    /// Over the array at a place; anything else is a fault and has no items.
    pub fn of(value: &'d Value, pointer: &str, faults: &mut Vec<DocumentFault>) -> Self {
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
    pub fn all(self) -> impl Iterator<Item = (&'d Value, String)> {
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
