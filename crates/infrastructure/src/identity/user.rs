//! A user as Keycloak represents one. It is put back whole, so what is not known here is kept.

use serde_json::{Map, Value, json};

const PATIENT: &str = "patient";
const FHIR_USER: &str = "fhirUser";

/// The representation of a user with both attributes set, or without them; none when it is so
/// already.
pub(super) fn linked(
    body: &[u8],
    id: &str,
    link: Option<(&str, &str)>,
) -> Result<Option<Value>, &'static str> {
    let user = serde_json::from_slice(body).map_err(|_| "user malformed")?;
    let Value::Object(mut user) = user else {
        return Err("user malformed");
    };
    if user.get("id").and_then(Value::as_str) != Some(id) {
        return Err("another user than asked for");
    }
    let attributes = attributes(&user)?;
    let mut changed = attributes.clone();
    for (name, value) in [
        (PATIENT, link.map(|(patient, _)| patient)),
        (FHIR_USER, link.map(|(_, fhir_user)| fhir_user)),
    ] {
        match value {
            Some(value) => drop(changed.insert(name.to_owned(), json!([value]))),
            None => drop(changed.remove(name)),
        }
    }
    if changed == attributes {
        return Ok(None);
    }
    user.insert("attributes".to_owned(), Value::Object(changed));
    Ok(Some(Value::Object(user)))
}

fn attributes(user: &Map<String, Value>) -> Result<Map<String, Value>, &'static str> {
    match user.get("attributes") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(attributes)) => Ok(attributes.clone()),
        Some(_) => Err("user malformed"),
    }
}
