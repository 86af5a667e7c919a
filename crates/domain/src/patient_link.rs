//! By which id a source knows a patient.

use std::str::FromStr;

use portal_fhir::{PatientStanding, ResourceType};

use crate::disclosure::{Fetched, Owned};
use crate::id::PatientId;

/// How a source names patients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PatientIds {
    /// By the ids that registration gives.
    #[default]
    Shared,
    /// By its own; whose they are is said by a business identifier of this system, which its
    /// Patients and registration's carry.
    Identifier(Box<str>),
}

/// The text is neither `shared` nor `identifier:<system>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected shared or identifier:<system>")]
pub struct InvalidPatientIds;

impl FromStr for PatientIds {
    type Err = InvalidPatientIds;

    fn from_str(text: &str) -> Result<Self, InvalidPatientIds> {
        let system = |text: &str| {
            // It stands in a query, before a bar and between commas.
            let fits = |byte: u8| byte.is_ascii_graphic() && !b"|,\\$".contains(&byte);
            (!text.is_empty() && text.bytes().all(fits)).then(|| text.into())
        };
        match text.strip_prefix("identifier:") {
            Some(rest) => system(rest).map(Self::Identifier).ok_or(InvalidPatientIds),
            None if text == "shared" => Ok(Self::Shared),
            None => Err(InvalidPatientIds),
        }
    }
}

/// What a source answered to the question who carries an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// Exactly one Patient in use, by the source's own id.
    One(PatientId),
    /// None, or several.
    NotOne,
    /// Patients among them that nobody asked for: the source does not know the question.
    Unasked,
}

/// The value of a system's identifier that registration's record of a patient carries; `None` when
/// it carries none, several, or is out of use.
pub fn identifying_value(patient: &Owned, system: &str) -> Option<Box<str>> {
    let record = match patient.records() {
        [record] if record.header.resource_type == ResourceType::Patient => record,
        _ => return None,
    };
    let standing = PatientStanding::read(&record.bytes)?;
    match standing.values(system).as_slice() {
        [value] if standing.in_use && is_asked_for(value) => Some((*value).into()),
        _ => None,
    }
}

/// Whether a value can stand in a search without meaning several (FHIR R4 3.1.1.5.7).
fn is_asked_for(value: &str) -> bool {
    let means_more = |c: char| c.is_control() || matches!(c, ',' | '|' | '$' | '\\');
    (1..=128).contains(&value.len()) && !value.chars().any(means_more)
}

/// Whom a source names as the carrier of an identifier. It is not believed: each Patient must
/// carry it, and an answer that is cut or cannot wholly be read names nobody.
pub fn matched(fetched: &Fetched, system: &str, value: &str) -> Matched {
    let mut found = None;
    for record in &fetched.records {
        let standing = PatientStanding::read(&record.bytes);
        let Some(standing) = standing.filter(|it| it.values(system).contains(&value)) else {
            return Matched::Unasked;
        };
        if standing.in_use && found.replace(&record.header.id).is_some() {
            return Matched::NotOne;
        }
    }
    let is_whole = !fetched.capped && fetched.unreadable == 0;
    let one = found.filter(|_| is_whole);
    let one = one.and_then(|id| PatientId::parse(id).ok());
    one.map_or(Matched::NotOne, Matched::One)
}

#[cfg(test)]
#[path = "patient_link_tests.rs"]
mod tests;
