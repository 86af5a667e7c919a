//! `portal.access.recorded.v1` as a `CloudEvent` (CloudEvents 1.0, structured JSON).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ports::{OutgoingEvent, RelayBatch};

const TYPE: &str = "portal.access.recorded.v1";
const SUBJECT: &str = "access.recorded";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    time: &'a str,
    datacontenttype: &'static str,
    tenantid: &'a str,
    dataversion: &'static str,
    data: AccessRecorded<'a>,
}

#[derive(Serialize)]
struct AccessRecorded<'a> {
    events: &'a [Box<RawValue>],
}

/// The message of one batch. Its id is the tenant and the last event, so that a batch that is
/// published twice is one message.
pub fn access_recorded(batch: &RelayBatch, source: &str) -> OutgoingEvent {
    let message_id = format!("{}:{}", batch.tenant_id, batch.last_event_id);
    let event = CloudEvent {
        specversion: "1.0",
        id: &message_id,
        source,
        kind: TYPE,
        time: &batch.occurred_at,
        datacontenttype: "application/json",
        tenantid: batch.tenant_id.as_str(),
        dataversion: "1",
        data: AccessRecorded {
            events: &batch.events,
        },
    };
    let payload = serde_json::to_vec(&event).expect("strings and raw JSON serialise");
    OutgoingEvent {
        subject: SUBJECT,
        message_id,
        payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_one_cloud_event_with_the_same_id_each_time() {
        let batch = RelayBatch {
            tenant_id: "demo".parse().unwrap(),
            last_event_id: "paev_2".to_owned(),
            events: vec![RawValue::from_string(r#"{"id":"paev_2"}"#.to_owned()).unwrap()],
            occurred_at: "2026-01-01T00:00:00Z".to_owned(),
        };
        let event = access_recorded(&batch, "ghasi/patient-portal");
        assert_eq!(event.message_id, "demo:paev_2");
        let json: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
        assert_eq!(json["specversion"], "1.0");
        assert_eq!(json["type"], "portal.access.recorded.v1");
        assert_eq!(json["tenantid"], "demo");
        assert_eq!(json["data"]["events"][0]["id"], "paev_2");
        assert_eq!(
            event.payload,
            access_recorded(&batch, "ghasi/patient-portal").payload
        );
    }
}
