//! What goes out: CloudEvents 1.0 in structured JSON.

use portal_domain::event::EventKind;
use portal_domain::id::TenantId;
use serde::Serialize;

use crate::ports::OutgoingEvent;

/// An event in the envelope that all share. `tenantid`, `correlationid`, `dataversion` and
/// `traceparent` (Distributed Tracing extension) are extension attributes.
pub(super) struct CloudEvent<'a, D> {
    pub(super) kind: EventKind,
    pub(super) id: String,
    pub(super) source: &'a str,
    pub(super) time: &'a str,
    pub(super) tenant_id: &'a TenantId,
    pub(super) correlation_id: Option<&'a str>,
    pub(super) traceparent: Option<&'a str>,
    pub(super) data: D,
}

#[derive(Serialize)]
struct Envelope<'a, D> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'static str,
    time: &'a str,
    datacontenttype: &'static str,
    tenantid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlationid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    dataversion: &'static str,
    data: &'a D,
}

impl<D: Serialize> CloudEvent<'_, D> {
    /// As it is sent. The bus knows the message by the id of the event.
    pub(super) fn into_outgoing(self) -> OutgoingEvent {
        let envelope = Envelope {
            specversion: "1.0",
            id: &self.id,
            source: self.source,
            event_type: self.kind.event_type,
            time: self.time,
            datacontenttype: "application/json",
            tenantid: self.tenant_id.as_str(),
            correlationid: self.correlation_id,
            traceparent: self.traceparent,
            dataversion: self.kind.version(),
            data: &self.data,
        };
        let payload = serde_json::to_vec(&envelope).expect("strings and raw JSON serialise");
        OutgoingEvent {
            kind: self.kind,
            message_id: self.id,
            payload,
        }
    }
}
