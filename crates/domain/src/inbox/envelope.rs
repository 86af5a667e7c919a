//! What every event says of itself, in either of the two shapes: CloudEvents 1.0 structured JSON, and
//! the older `{envelope, data}`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::document::parse_strict;
use crate::id::{PlatformEventId, RequestId, TenantId};

/// No event of the platform is longer: it holds ids and codes.
pub const MAX_EVENT_BYTES: usize = 65_536;
const SPEC_VERSION: &str = "1.0";

/// Why an event cannot be read: a code, and the member that is meant. Tells nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    /// It is longer than any event.
    #[error("too-large")]
    TooLarge,
    /// It is no JSON, or a text in it cannot be stored, or a member stands twice.
    #[error("not-json")]
    NotJson,
    /// It is neither of the two shapes.
    #[error("unknown-shape")]
    UnknownShape,
    /// A member is not there.
    #[error("missing {0}")]
    Missing(&'static str),
    /// A member is not what it should be.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// Two members say different things.
    #[error("contradicts {0}")]
    Contradicts(&'static str),
}

/// An event that could be read, whoever sent it.
#[derive(Clone, PartialEq)]
pub struct Envelope {
    /// Its id, unique within its source.
    pub id: PlatformEventId,
    /// Who says to have sent it.
    pub source: Box<str>,
    /// What it says to be.
    pub event_type: Box<str>,
    /// Whose event.
    pub tenant: TenantId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The request that made it happen, if it names one.
    pub correlation: Option<RequestId>,
    /// What happened.
    pub data: Map<String, Value>,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Under which names the members of one shape stand.
struct Shape {
    id: &'static str,
    source: &'static str,
    event_type: &'static str,
    tenant: &'static str,
    time: &'static str,
    correlation: &'static str,
}

/// CloudEvents 1.0, with the platform's extensions.
const CLOUD_EVENT: Shape = Shape {
    id: "id",
    source: "source",
    event_type: "type",
    tenant: "tenantid",
    time: "time",
    correlation: "correlationid",
};
const OLDER: Shape = Shape {
    id: "eventId",
    source: "source",
    event_type: "eventType",
    tenant: "tenantId",
    time: "occurredAt",
    correlation: "correlationId",
};

impl Envelope {
    /// Reads an event. Members that are not known are ignored; one that is missing is a fault.
    pub fn parse(payload: &[u8]) -> Result<Self, EventFault> {
        if payload.len() > MAX_EVENT_BYTES {
            return Err(EventFault::TooLarge);
        }
        let (value, faults) = parse_strict(payload).map_err(|_| EventFault::NotJson)?;
        let Value::Object(mut members) = value else {
            return Err(EventFault::UnknownShape);
        };
        if !faults.is_empty() {
            return Err(EventFault::NotJson);
        }
        let data = match members.remove("data") {
            Some(Value::Object(data)) => data,
            Some(_) => return Err(EventFault::Malformed("data")),
            None => return Err(EventFault::Missing("data")),
        };
        match (members.get("specversion"), members.get("envelope")) {
            (Some(version), None) if version == SPEC_VERSION => CLOUD_EVENT.read(&members, data),
            (Some(_), None) => Err(EventFault::Malformed("specversion")),
            (None, Some(Value::Object(envelope))) => OLDER.read(envelope, data),
            _ => Err(EventFault::UnknownShape),
        }
    }
}

impl Shape {
    fn read(
        &self,
        members: &Map<String, Value>,
        data: Map<String, Value>,
    ) -> Result<Envelope, EventFault> {
        let tenant = text(members, self.tenant)?;
        // Two words for the tenant would let one be checked and the other be used.
        if data.get("tenantId").is_some_and(|other| other != tenant) {
            return Err(EventFault::Contradicts(self.tenant));
        }
        let id = PlatformEventId::parse(text(members, self.id)?);
        let time = text(members, self.time)?.parse();
        let correlation = members.get(self.correlation).and_then(Value::as_str);
        Ok(Envelope {
            id: id.map_err(|_| EventFault::Malformed(self.id))?,
            source: text(members, self.source)?.into(),
            event_type: text(members, self.event_type)?.into(),
            tenant: TenantId::parse(tenant).map_err(|_| EventFault::Malformed(self.tenant))?,
            occurred_at: time.map_err(|_| EventFault::Malformed(self.time))?,
            correlation: correlation.and_then(|text| RequestId::parse(text).ok()),
            data,
        })
    }
}

/// A text that has to be there.
pub(super) fn text<'m>(
    members: &'m Map<String, Value>,
    name: &'static str,
) -> Result<&'m str, EventFault> {
    optional_text(members, name)?.ok_or(EventFault::Missing(name))
}

/// A text that may be there; `null` is as good as absent.
pub(super) fn optional_text<'m>(
    members: &'m Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'m str>, EventFault> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(EventFault::Malformed(name)),
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
