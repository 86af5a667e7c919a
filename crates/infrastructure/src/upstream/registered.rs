//! What registration-service says of patients, of its proper types.

use portal_application::ports::{
    Contact, ContactAddress, ContactChannel, RegisteredPatient, SourceError,
};
use portal_domain::id::PatientId;
use portal_fhir::json::{Kind, Value};
use portal_fhir::reference::{LiteralReference, is_id};

use crate::exchange::Answered;

/// No address of e-mail (RFC 5321 section 4.5.3.1.3) or telephone is longer.
const MAX_ADDRESS: usize = 254;

/// A Patient, as far as it says who somebody is now.
pub(super) struct Known {
    pub(super) id: String,
    pub(super) deceased: bool,
    pub(super) replaced_by: Option<PatientId>,
}

/// The one patient of a match; none for nobody and for several.
pub(super) fn matched(answer: &Answered) -> Result<Option<RegisteredPatient>, SourceError> {
    let tree = answer.object().ok_or(SourceError::Invalid)?;
    let patients = array(tree.root(), "patients")?;
    let mut patients = patients.items();
    match (patients.next(), patients.next()) {
        (Some(patient), None) => registered(patient).map(Some),
        _ => Ok(None),
    }
}

fn registered(patient: Value<'_>) -> Result<RegisteredPatient, SourceError> {
    let replaced_by = match patient.get("replacedBy") {
        Some(id) if id.kind() != Kind::Null => Some(patient_id(id)?),
        _ => None,
    };
    Ok(RegisteredPatient {
        id: patient_id(patient.get("id").ok_or(SourceError::Invalid)?)?,
        contacts: contacts_of(patient)?,
        deceased: boolean(patient, "deceased")?.ok_or(SourceError::Invalid)?,
        replaced_by,
    })
}

/// The contacts of one patient, in the order of the answer.
pub(super) fn contacts(answer: &Answered) -> Result<Vec<Contact>, SourceError> {
    let tree = answer.object().ok_or(SourceError::Invalid)?;
    contacts_of(tree.root())
}

fn contacts_of(object: Value<'_>) -> Result<Vec<Contact>, SourceError> {
    let contacts = array(object, "contacts")?;
    Ok(contacts.items().filter_map(contact).collect())
}

/// A contact that can be used. Of others, such as a fax, nothing is kept.
fn contact(value: Value<'_>) -> Option<Contact> {
    let channel = ContactChannel::parse(&value.get("channel")?.text()?)?;
    let address = value.get("address")?.text()?;
    let is_sound = (1..=MAX_ADDRESS).contains(&address.len())
        && !address.chars().any(|c| c.is_control() || c.is_whitespace());
    // One of whom it is not said could be anybody's.
    let shared = !matches!(boolean(value, "shared"), Ok(Some(false)));
    is_sound.then(|| Contact {
        channel,
        address: ContactAddress::new(&address),
        shared,
    })
}

/// Reads a FHIR R4 Patient of the source at `base`.
pub(super) fn known(answer: &Answered, base: &str) -> Result<Known, SourceError> {
    let tree = answer.object().ok_or(SourceError::Invalid)?;
    let patient = tree.root();
    let text = |name| patient.get(name).and_then(Value::text);
    if text("resourceType").as_deref() != Some("Patient") {
        return Err(SourceError::Invalid);
    }
    let died = boolean(patient, "deceasedBoolean")?.unwrap_or(false);
    Ok(Known {
        id: text("id").ok_or(SourceError::Invalid)?.into_owned(),
        deceased: died || patient.get("deceasedDateTime").is_some(),
        replaced_by: successor(patient, base)?,
    })
}

/// The record that took the place of this one. One that is named but cannot be read, or several,
/// are no answer: the old record would pass for the present one.
fn successor(patient: Value<'_>, base: &str) -> Result<Option<PatientId>, SourceError> {
    let mut successor: Option<PatientId> = None;
    for link in patient.get("link").into_iter().flat_map(Value::items) {
        let kind = link.get("type").and_then(Value::text);
        if kind.as_deref() != Some("replaced-by") {
            continue;
        }
        let reference = link.get("other").and_then(|other| other.get("reference"));
        let reference = reference.and_then(Value::text);
        let id = reference.and_then(|text| linked_patient(&text, base));
        let id = id.ok_or(SourceError::Invalid)?;
        if successor
            .replace(id.clone())
            .is_some_and(|other| other != id)
        {
            return Err(SourceError::Invalid);
        }
    }
    Ok(successor)
}

fn linked_patient(text: &str, base: &str) -> Option<PatientId> {
    let reference = LiteralReference::relative(text);
    let reference = reference.or_else(|| LiteralReference::below(text, base))?;
    let is_patient = reference.type_name == "Patient";
    PatientId::parse(reference.id).ok().filter(|_| is_patient)
}

fn patient_id(value: Value<'_>) -> Result<PatientId, SourceError> {
    let text = value.text().filter(|text| is_id(text));
    let id = text.and_then(|text| PatientId::parse(&text).ok());
    id.ok_or(SourceError::Invalid)
}

fn array<'t>(object: Value<'t>, name: &str) -> Result<Value<'t>, SourceError> {
    let member = object.get(name);
    let array = member.filter(|member| member.kind() == Kind::Array);
    array.ok_or(SourceError::Invalid)
}

/// A truth value, if there is one. Anything else in its place is no answer.
fn boolean(object: Value<'_>, name: &str) -> Result<Option<bool>, SourceError> {
    match object.get(name).map(|member| (member.kind(), member.raw())) {
        None => Ok(None),
        Some((Kind::Boolean, raw)) => Ok(Some(raw == "true")),
        Some(_) => Err(SourceError::Invalid),
    }
}
