//! Patients as registration-service tells of them beside FHIR.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::record::Record;

/// Whether a contact of a tenant is shared, where the records do not decide.
pub(crate) type SharedContacts = HashMap<(String, String), bool>;

/// A resource has the member already that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occupied;

/// The Patient of a record.
pub(crate) fn patient(record: &Record) -> Value {
    serde_json::from_slice(&record.bytes).unwrap_or_default()
}

/// Whether a Patient has this number and was born on this day.
pub(crate) fn is_meant(patient: &Value, mrn: &str, birth_date: &str) -> bool {
    let mut identifiers = patient["identifier"].as_array().into_iter().flatten();
    patient["birthDate"] == birth_date && identifiers.any(|one| one["value"] == mrn)
}

/// How many Patients have each address.
pub(crate) fn holders<'a>(patients: impl Iterator<Item = &'a Value>) -> BTreeMap<String, usize> {
    let mut holders = BTreeMap::new();
    for patient in patients {
        for (_, address) in points(patient) {
            *holders.entry(address).or_default() += 1;
        }
    }
    holders
}

/// `{id, deceased, replacedBy?, contacts}` of a Patient.
pub(crate) fn summary(patient: &Value, contacts: &Value) -> Value {
    let died = patient["deceasedBoolean"] == true || patient["deceasedDateTime"].is_string();
    let mut summary = json!({ "id": patient["id"], "deceased": died, "contacts": contacts });
    let mut links = patient["link"].as_array().into_iter().flatten();
    let successor = links.find(|link| link["type"] == "replaced-by");
    let reference = successor.and_then(|link| link["other"]["reference"].as_str());
    if let Some((_, id)) = reference.and_then(|text| text.rsplit_once('/')) {
        summary["replacedBy"] = id.into();
    }
    summary
}

/// The contacts of a Patient, each shared or not.
pub(crate) fn contacts(patient: &Value, is_shared: impl Fn(&str) -> bool) -> Value {
    let contact = |(channel, address): (&str, String)| json!({ "channel": channel, "shared": is_shared(&address), "address": address });
    points(patient).into_iter().map(contact).collect()
}

/// Channel and address of what is in use, the preferred ones first.
fn points(patient: &Value) -> Vec<(&'static str, String)> {
    let telecom = patient["telecom"].as_array().into_iter().flatten();
    let mut points: Vec<_> = telecom.filter(|point| point["use"] != "old").collect();
    points.sort_by_key(|point| point["rank"].as_u64().unwrap_or(u64::MAX));
    let read = |point: &Value| {
        let channel = match point["system"].as_str()? {
            "email" => "email",
            "phone" | "sms" => "phone",
            _ => return None,
        };
        Some((channel, point["value"].as_str()?.to_owned()))
    };
    points.into_iter().filter_map(read).collect()
}

/// A resource with one more member at its end, every other byte as it was.
pub(crate) fn with_member(
    record: &Record,
    name: &'static str,
    value: &Value,
) -> Result<Bytes, Occupied> {
    if patient(record).get(name).is_some() {
        return Err(Occupied);
    }
    let text = record.bytes.trim_ascii_end();
    let open = text.strip_suffix(b"}").unwrap_or(text);
    let member = format!(r#","{name}":{value}}}"#);
    Ok(Bytes::from([open, member.as_bytes()].concat()))
}
