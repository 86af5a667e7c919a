//! AuditEvent (FHIR R4 6.4), in the shape of IHE's Basic Audit Log Patterns: client, server and user as
//! agents; patient, what was shown and the request as entities. A search has no entity with its query,
//! because the journal keeps none, and so no event claims a profile.

use portal_domain::audit::{EventType, Outcome};
use serde::Serialize;

use crate::ports::PatientEvent;

use super::audit_agents::{Agent, agents, server};
use super::audit_entities::{Entity, entities};
use super::elements::{Coding, Here, Meta, Reference, address, coding, instant};

const EVENT_KIND: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const OBSERVER: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
/// What was done, in the words of `/v1/portal`.
const EVENT_TYPE: &str = "urn:ghasi-ehealth:portal-event-type";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditEvent<'a> {
    resource_type: &'static str,
    id: String,
    meta: Meta,
    r#type: Coding,
    subtype: Vec<Coding>,
    action: &'static str,
    recorded: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_desc: Option<&'a str>,
    agent: Vec<Agent<'a>>,
    source: Source,
    entity: Vec<Entity<'a>>,
}

#[derive(Serialize)]
struct Source {
    observer: Reference,
    r#type: [Coding; 1],
}

/// One line of the log, with what `/v1/portal` shows of it.
pub(super) fn audit_event<'a>(logged: &'a PatientEvent, here: &Here<'a>) -> AuditEvent<'a> {
    let entry = &logged.entry;
    let event = EventType::parse(&entry.event_type);
    AuditEvent {
        resource_type: "AuditEvent",
        id: address(&entry.id),
        meta: Meta::of(1, entry.occurred_at),
        r#type: coding(EVENT_KIND, "rest"),
        subtype: event.map(subtypes).unwrap_or_default(),
        action: event.map_or("E", action),
        recorded: instant(entry.occurred_at),
        outcome: outcome(&entry.outcome),
        outcome_desc: entry.reason_code.as_deref(),
        agent: agents(logged, here),
        source: Source {
            observer: server(here),
            r#type: [coding(OBSERVER, "4")],
        },
        entity: entities(logged, here),
    }
}

/// The interaction of FHIR where it was one, and always the portal's own word.
fn subtypes(event: EventType) -> Vec<Coding> {
    let interaction = match event {
        EventType::FhirRead => Some("read"),
        EventType::FhirSearched => Some("search"),
        _ => None,
    };
    let interaction = interaction.map(|code| coding(INTERACTION, code));
    let own = coding(EVENT_TYPE, event.as_str());
    interaction.into_iter().chain([own]).collect()
}

const fn action(event: EventType) -> &'static str {
    match event {
        EventType::ChartViewed
        | EventType::ResultViewed
        | EventType::BillingViewed
        | EventType::MessageRead
        | EventType::FhirRead
        | EventType::AccountViewed
        | EventType::AccessLogViewed
        | EventType::ProxyViewed
        | EventType::AdminViewed => "R",
        EventType::FhirSearched | EventType::AccessDenied => "E",
        EventType::AccountRegistered | EventType::ProxyGranted => "C",
        EventType::AccountActivated
        | EventType::AccountSuspended
        | EventType::AccountReinstated
        | EventType::AccountClosed
        | EventType::AccountUpdated
        | EventType::ProxyAccepted
        | EventType::ProxyDeclined
        | EventType::ProxyConfirmed
        | EventType::ProxyRevoked
        | EventType::ProxyExpired
        | EventType::AdminChanged => "U",
        EventType::AppRevoked => "D",
    }
}

/// `audit-event-outcome`: success, or a minor failure that `outcomeDesc` gives the reason of.
fn outcome(outcome: &str) -> &'static str {
    if outcome == Outcome::Success.as_str() {
        "0"
    } else {
        "4"
    }
}
