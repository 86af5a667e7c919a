//! The members of one object, taken one by one, with a JSON pointer (RFC 6901) for every fault.

use serde_json::{Map, Value};

use super::{LineFault, place};

/// Takes members out and collects what is wrong with them.
pub(super) struct Reader {
    pointer: String,
    members: Map<String, Value>,
    faults: Vec<LineFault>,
}

impl Reader {
    /// Over the members of the object at a pointer, with what was wrong before.
    pub(super) const fn new(
        pointer: String,
        members: Map<String, Value>,
        faults: Vec<LineFault>,
    ) -> Self {
        Self {
            pointer,
            members,
            faults,
        }
    }

    /// A text that has to be there.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.is_there(name) {
            self.optional(name, expected, read)
        } else {
            None
        }
    }

    /// A text that may be there; `null` is refused.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.value(name, expected, |value| value.as_str().and_then(read))
    }

    /// A value of any form that may be there.
    pub(super) fn value<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.members.remove(name)?;
        let read = read(&value);
        if read.is_none() {
            self.fault(name, expected);
        }
        read
    }

    /// A list of texts that may be there; each fault at its item.
    pub(super) fn texts<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.value(name, "expected an array", |value| value.as_array().cloned())?;
        let pointer = place(&self.pointer, name);
        let mut found = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if let Some(item) = item.as_str().and_then(&read) {
                found.push(item);
            } else {
                let fault = LineFault::at(format!("{pointer}/{index}"), expected);
                self.faults.push(fault);
            }
        }
        (found.len() == items.len()).then_some(found)
    }

    /// An object that has to be there, read by a reader of its own.
    pub(super) fn object<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if !self.is_there(name) {
            return None;
        }
        let members = self.value(name, "expected an object", |value| {
            value.as_object().cloned()
        })?;
        let faults = std::mem::take(&mut self.faults);
        let mut inner = Self::new(place(&self.pointer, name), members, faults);
        let found = read(&mut inner);
        inner.refuse_others();
        self.faults = inner.faults;
        found
    }

    /// Takes a member out as it is.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    /// Whether a member that is needed is there.
    pub(super) fn is_there(&mut self, name: &str) -> bool {
        let there = self.members.contains_key(name);
        if !there {
            self.fault(name, "is missing");
        }
        there
    }

    /// Notes what is wrong with a member.
    pub(super) fn fault(&mut self, name: &str, message: &'static str) {
        self.faults
            .push(LineFault::at(place(&self.pointer, name), message));
    }

    /// Notes what was found to be wrong elsewhere.
    pub(super) fn faults(&mut self, faults: impl IntoIterator<Item = LineFault>) {
        self.faults.extend(faults);
    }

    /// The value, if nothing is wrong and nothing is left over.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<LineFault>> {
        self.refuse_others();
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => Err(self.faults),
        }
    }

    fn refuse_others(&mut self) {
        for name in std::mem::take(&mut self.members)
            .into_iter()
            .map(|(name, _)| name)
        {
            self.fault(&name, "is not a known member");
        }
    }
}
