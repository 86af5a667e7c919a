//! What an AuditEvent is about: the patient, what was shown, and the request.

use std::borrow::Cow;
use std::iter;

use portal_domain::audit::{AccessLogEntry, EventType};
use serde::Serialize;

use crate::ports::PatientEvent;

use super::elements::{Coding, Here, Identifier, Reference, coding};

const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";

/// An entity.
#[derive(Serialize)]
pub(super) struct Entity<'a> {
    what: Reference,
    r#type: Coding,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Coding>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detail: Vec<Detail<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    r#type: &'static str,
    value_string: Cow<'a, str>,
}

/// The patient first, then each id that was shown, then the request.
pub(super) fn entities<'a>(logged: &'a PatientEvent, here: &Here<'_>) -> Vec<Entity<'a>> {
    let entry = &logged.entry;
    let shown = entry.resource_ids.iter().map(|id| shown(id, entry));
    iter::once(patient(entry, here.patient(&logged.patient)))
        .chain(shown)
        .chain([request(entry)])
        .collect()
}

fn patient(entry: &AccessLogEntry, what: Reference) -> Entity<'_> {
    let resource_type = entry.resource_type.as_deref();
    let details = [
        resource_type.map(|name| ("resourceType", name.into())),
        Some(("resourceCount", entry.resource_count.to_string().into())),
        Some(("userAgentClass", entry.user_agent_class.as_str().into())),
    ];
    let detail = |(r#type, value_string)| Detail {
        r#type,
        value_string,
    };
    Entity {
        what,
        r#type: coding(ENTITY_TYPE, "1"),
        role: Some(coding(ENTITY_ROLE, "1")),
        detail: details.into_iter().flatten().map(detail).collect(),
    }
}

/// By its id and not by a reference: the journal keeps no type for each id, and what was shown once may
/// be withheld by now.
fn shown<'a>(id: &str, entry: &AccessLogEntry) -> Entity<'a> {
    let is_read = entry.event_type == EventType::FhirRead.as_str();
    Entity {
        what: Reference {
            r#type: entry.resource_type.clone().filter(|_| is_read),
            ..Reference::identified(Identifier::plain(id))
        },
        r#type: coding(ENTITY_TYPE, "2"),
        role: Some(coding(ENTITY_ROLE, "4")),
        detail: Vec::new(),
    }
}

fn request<'a>(entry: &AccessLogEntry) -> Entity<'a> {
    Entity {
        what: Reference::identified(Identifier::plain(&entry.request_id)),
        r#type: coding(BALP_ENTITY, "XrequestId"),
        role: None,
        detail: Vec::new(),
    }
}
