//! Who the patient is, as a view.

use portal_domain::disclosure::Disclosed;
use portal_fhir::json::Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::rest::values::{CodeView, DateView};

use super::element;

/// The patient's own particulars.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DemographicsView {
    /// The Patient's id, also on `/fhir/R4`.
    id: String,
    names: Vec<NameView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<DateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<String>,
    telecom: Vec<ContactPointView>,
    addresses: Vec<AddressView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<CodeView>,
    /// Whom to call in an emergency, and others.
    contacts: Vec<ContactView>,
}

/// A name, in one script.
#[derive(Serialize, ToSchema)]
pub(crate) struct NameView {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#use: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    given: Vec<String>,
}

/// A way to reach somebody.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactPointView {
    /// `phone`, `email`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#use: Option<String>,
}

/// Where somebody lives or gets letters.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressView {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#use: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    lines: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    district: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

/// Somebody around the patient.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactView {
    relationships: Vec<CodeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<NameView>,
    telecom: Vec<ContactPointView>,
}

pub(crate) fn demographics(record: Disclosed<'_>, language: Language) -> Option<DemographicsView> {
    element::viewed(record.bytes(), |root| DemographicsView {
        id: record.header().id.to_string(),
        names: element::each(root, "name").map(name).collect(),
        birth_date: element::date(root, "birthDate"),
        gender: element::text(root, "gender"),
        telecom: telecom(root),
        addresses: element::each(root, "address").map(address).collect(),
        preferred_language: preferred_language(root, language),
        contacts: element::each(root, "contact")
            .map(|contact| ContactView {
                relationships: element::codes(contact, "relationship", language).collect(),
                name: contact.get("name").map(name),
                telecom: telecom(contact),
            })
            .collect(),
    })
}

/// The language marked as preferred, else the first.
fn preferred_language(root: Value<'_>, language: Language) -> Option<CodeView> {
    let languages = || element::each(root, "communication");
    let is_preferred = |one: &Value<'_>| one.get("preferred").is_some_and(|it| it.raw() == "true");
    let preferred = languages()
        .find(is_preferred)
        .or_else(|| languages().next());
    element::code(preferred?, "language", language)
}

fn name(name: Value<'_>) -> NameView {
    NameView {
        r#use: element::text(name, "use"),
        text: element::text(name, "text"),
        family: element::text(name, "family"),
        given: texts(name, "given"),
    }
}

fn telecom(holder: Value<'_>) -> Vec<ContactPointView> {
    element::each(holder, "telecom")
        .map(|point| ContactPointView {
            system: element::text(point, "system"),
            value: element::text(point, "value"),
            r#use: element::text(point, "use"),
        })
        .collect()
}

pub(crate) fn address(address: Value<'_>) -> AddressView {
    AddressView {
        r#use: element::text(address, "use"),
        text: element::text(address, "text"),
        lines: texts(address, "line"),
        city: element::text(address, "city"),
        district: element::text(address, "district"),
        state: element::text(address, "state"),
        postal_code: element::text(address, "postalCode"),
        country: element::text(address, "country"),
    }
}

fn texts(holder: Value<'_>, name: &str) -> Vec<String> {
    let texts = element::each(holder, name).filter_map(Value::text);
    texts.map(std::borrow::Cow::into_owned).collect()
}
