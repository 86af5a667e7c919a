//! Who a Patient or Practitioner is: names, gender, birth date.

use serde::{Deserialize, Serialize};

use super::date::{Date, Period};
use super::dates::{date, period};
use super::labels::boxed;
use crate::json::{Kind, Value};
use crate::privacy::hidden_debug;

/// A FHIR `HumanName`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanName {
    /// `use`: `official`, `usual`, `old`, …
    pub name_use: Option<Box<str>>,
    /// The whole name as it is to be shown.
    pub text: Option<Box<str>>,
    /// The family name.
    pub family: Option<Box<str>>,
    /// Given names in their order.
    pub given: Vec<Box<str>>,
    /// Parts before the name.
    pub prefix: Vec<Box<str>>,
    /// Parts behind the name.
    pub suffix: Vec<Box<str>>,
    /// When the name is or was in use.
    pub period: Option<Period>,
}

/// What is known of the person that a Patient or Practitioner describes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// All names in their order.
    pub names: Vec<HumanName>,
    /// `gender` (FHIR administrative-gender).
    pub gender: Option<Box<str>>,
    /// `birthDate`, when it can be read.
    pub birth_date: Option<Date>,
}

hidden_debug!(HumanName, Person);

pub(super) fn person(patient: Value<'_>) -> Person {
    let names = patient.get("name").into_iter().flat_map(Value::items);
    Person {
        names: names
            .filter(|name| name.kind() == Kind::Object)
            .map(human_name)
            .collect(),
        gender: boxed(patient.get("gender")),
        birth_date: date(patient.get("birthDate")),
    }
}

fn human_name(name: Value<'_>) -> HumanName {
    HumanName {
        name_use: boxed(name.get("use")),
        text: boxed(name.get("text")),
        family: boxed(name.get("family")),
        given: texts(name.get("given")),
        prefix: texts(name.get("prefix")),
        suffix: texts(name.get("suffix")),
        period: name.get("period").and_then(period),
    }
}

fn texts(list: Option<Value<'_>>) -> Vec<Box<str>> {
    list.into_iter()
        .flat_map(Value::items)
        .filter_map(|item| boxed(Some(item)))
        .collect()
}
