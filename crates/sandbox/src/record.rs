//! A stored resource: its own bytes, and what searches ask of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::source::Source;

/// The bytes are not a resource that can be stored. Carries no input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    /// Not a JSON object.
    #[error("the resource is not a JSON object")]
    NotAnObject,
    /// The named member is absent or is not a text.
    #[error("the resource has no `{0}`")]
    Missing(&'static str),
}

/// A coding's system (empty when it has none) and code.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) system: String,
    pub(crate) code: String,
}

/// One resource as it came, with the values that searches compare.
pub(crate) struct Record {
    pub(crate) resource_type: String,
    pub(crate) id: String,
    pub(crate) patients: Vec<String>,
    pub(crate) categories: Vec<Token>,
    pub(crate) codes: Vec<Token>,
    pub(crate) identifiers: Vec<Token>,
    pub(crate) status: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Record {
    /// Reads what searches need. Duplicate members are allowed (the last one
    /// counts) and an element that cannot be read is passed over: the sandbox
    /// keeps bad resources as readily as good ones.
    pub(crate) fn read(bytes: impl Into<Bytes>) -> Result<Self, InvalidResource> {
        let bytes = bytes.into();
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_slice(&bytes).map_err(|_| InvalidResource::NotAnObject)?;
        let value = |name: &str| {
            members
                .get(name)
                .and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok())
        };
        let text = |name| value(name).and_then(|value| value.as_str().map(str::to_owned));
        let resource_type = text("resourceType").ok_or(InvalidResource::Missing("resourceType"))?;
        let id = text("id").ok_or(InvalidResource::Missing("id"))?;
        let mut patients: Vec<String> = ["subject", "patient", "beneficiary"]
            .into_iter()
            .filter_map(value)
            .filter_map(|reference| patient(&reference))
            .collect();
        if resource_type == "Patient" {
            patients.push(id.clone());
        }
        let parties = ["participant", "sender", "recipient", "target"]
            .into_iter()
            .filter_map(value);
        let parties: Vec<String> = parties.flat_map(|it| parties_of(&it)).collect();
        patients.extend(parties);
        Ok(Self {
            categories: value("category")
                .map(|value| tokens(&value))
                .unwrap_or_default(),
            codes: ["code", "vaccineCode", "medicationCodeableConcept"]
                .into_iter()
                .filter_map(value)
                .flat_map(|value| tokens(&value))
                .collect(),
            identifiers: value("identifier")
                .map(|value| identifiers(&value))
                .unwrap_or_default(),
            status: text("status"),
            resource_type,
            id,
            patients,
            bytes: bytes.clone(),
        })
    }

    /// The source that holds this record.
    pub(crate) fn source(&self) -> Source {
        let has = |code: &str| self.categories.iter().any(|token| token.code == code);
        Source::holding(&self.resource_type, has)
    }

    pub(crate) fn is(&self, resource_type: &str, id: &str) -> bool {
        self.resource_type == resource_type && self.id == id
    }
}

/// The patient that a Reference names, in any spelling: relative, versioned
/// or absolute.
fn patient(reference: &Value) -> Option<String> {
    let text = reference.get("reference")?.as_str()?;
    let (_, after) = text.rsplit_once("Patient/")?;
    after
        .split('/')
        .next()
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

/// The patients who take part in something or write to each other.
fn parties_of(value: &Value) -> Vec<String> {
    one_or_many(value)
        .filter_map(|party| patient(party.get("actor").unwrap_or(party)))
        .collect()
}

/// Codings of one or several `CodeableConcept`s, and codes that stand alone.
fn tokens(value: &Value) -> Vec<Token> {
    one_or_many(value)
        .flat_map(|concept| match concept.as_str() {
            Some(code) => vec![Token {
                system: String::new(),
                code: code.to_owned(),
            }],
            None => concept["coding"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|coding| token(coding, "code"))
                .collect(),
        })
        .collect()
}

fn identifiers(value: &Value) -> Vec<Token> {
    one_or_many(value)
        .map(|identifier| token(identifier, "value"))
        .collect()
}

fn token(value: &Value, code: &str) -> Token {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Token {
        system: text("system"),
        code: text(code),
    }
}

fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice)
        .iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Record, InvalidResource> {
        Record::read(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_resource_keeps_its_bytes_and_tells_what_is_asked_of_it() {
        let text = r#"{ "resourceType":"Observation","id":"a", "category":[{"coding":[{"system":"s","code":"laboratory"}]}],
            "subject":{"reference":"http://x/fhir/Patient/p1/_history/2"}, "valueQuantity":{"value":1.50} }"#;
        let record = read(text).unwrap();
        assert_eq!(record.bytes, text.as_bytes());
        assert_eq!(record.patients, ["p1"]);
        assert_eq!(record.source(), Source::Laboratory);
    }

    #[test]
    fn duplicate_members_are_kept_and_the_last_one_counts() {
        let record = read(r#"{"resourceType":"Condition","id":"a","id":"b"}"#).unwrap();
        assert_eq!(record.id, "b");
    }

    #[test]
    fn what_is_no_resource_is_refused_with_the_reason() {
        assert_eq!(read("[]").err(), Some(InvalidResource::NotAnObject));
        assert_eq!(
            read("{}").err(),
            Some(InvalidResource::Missing("resourceType"))
        );
        assert_eq!(
            read(r#"{"resourceType":"X","id":1}"#).err(),
            Some(InvalidResource::Missing("id"))
        );
    }
}
