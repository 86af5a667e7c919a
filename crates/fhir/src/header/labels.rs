//! Codes: `CodeableConcept`s, Codings and identifiers, with a note of what could not be read.

use crate::header::{Coding, Identifier};
use crate::json::{Kind, Value};

/// Codes found so far, and whether something stood there that could not be read as one.
#[derive(Default)]
pub(super) struct Codes {
    pub(super) list: Vec<Coding>,
    pub(super) unreadable: bool,
}

impl Codes {
    /// A `CodeableConcept`, a list of them, or a list of bare codes.
    pub(super) fn concepts(mut self, value: Option<Value<'_>>) -> Self {
        match value {
            None => {}
            Some(list) if list.kind() == Kind::Array => {
                for item in list.items() {
                    self.concept(item);
                }
            }
            Some(single) => self.concept(single),
        }
        self
    }

    /// The concepts under `name` in every item of a list such as `component`.
    pub(super) fn concepts_of(mut self, list: Option<Value<'_>>, name: &str) -> Self {
        for item in list.into_iter().flat_map(Value::items) {
            self = self.concepts(item.get(name));
        }
        self
    }

    /// A list of Codings such as `meta.tag`; one without a code is unreadable.
    pub(super) fn labels(mut self, value: Option<Value<'_>>) -> Self {
        match value {
            None => {}
            Some(list) if list.kind() == Kind::Array => {
                for item in list.items() {
                    self.coding(item, true);
                }
            }
            Some(_) => self.unreadable = true,
        }
        self
    }

    fn concept(&mut self, value: Value<'_>) {
        match (value.kind(), value.get("coding")) {
            (Kind::String, _) => {
                let code = value.text().map(|code| Box::from(&*code));
                self.list.push(Coding { system: None, code });
            }
            (Kind::Object, None) => {}
            (Kind::Object, Some(codings)) if codings.kind() == Kind::Array => {
                for coding in codings.items() {
                    self.coding(coding, false);
                }
            }
            _ => self.unreadable = true,
        }
    }

    fn coding(&mut self, value: Value<'_>, needs_code: bool) {
        let (system, code) = (value.get("system"), value.get("code"));
        let is_text = |member: Option<Value<'_>>| member.is_none_or(|it| it.kind() == Kind::String);
        let sound = value.kind() == Kind::Object && is_text(system) && is_text(code);
        if !sound || (needs_code && code.is_none()) {
            self.unreadable = true;
        }
        if sound {
            self.list.push(Coding {
                system: boxed(system),
                code: boxed(code),
            });
        }
    }
}

/// What a resource is about, whichever of the three elements its type says it in.
pub(super) fn code_concepts(resource: Value<'_>) -> Codes {
    ["code", "vaccineCode", "medicationCodeableConcept"]
        .into_iter()
        .fold(Codes::default(), |codes, element| {
            codes.concepts(resource.get(element))
        })
}

/// `identifier`; entries that are no Identifier are passed over.
pub(super) fn identifiers(resource: Value<'_>) -> Vec<Identifier> {
    resource
        .get("identifier")
        .into_iter()
        .flat_map(Value::items)
        .filter(|item| item.kind() == Kind::Object)
        .map(|item| Identifier {
            system: boxed(item.get("system")),
            value: boxed(item.get("value")),
        })
        .collect()
}

/// What a member says if it is a string.
pub(super) fn boxed(value: Option<Value<'_>>) -> Option<Box<str>> {
    value.and_then(Value::text).map(|text| Box::from(&*text))
}
