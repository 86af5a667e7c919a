use proptest::prelude::*;
use serde_json::json;

use super::*;

fn cloud_event() -> Value {
    json!({
        "specversion": "1.0",
        "id": "7c1e",
        "source": "ghasi/registration",
        "type": "registration.patient.updated.v1",
        "tenantid": "kabul",
        "time": "2026-11-30T08:00:00Z",
        "correlationid": "r-1",
        "data": {"patientId": "pat-1"},
    })
}

fn older() -> Value {
    json!({
        "envelope": {
            "eventId": "7c1e",
            "source": "ghasi/registration",
            "eventType": "registration.patient.updated.v1",
            "tenantId": "kabul",
            "occurredAt": "2026-11-30T08:00:00Z",
            "correlationId": "r-1",
        },
        "data": {"patientId": "pat-1"},
    })
}

fn parse(event: &Value) -> Result<Envelope, EventFault> {
    Envelope::parse(event.to_string().as_bytes())
}

#[test]
fn both_shapes_say_the_same() {
    assert_eq!(parse(&cloud_event()), parse(&older()));
    let read = parse(&cloud_event()).expect("an event");
    assert_eq!(read.id.as_str(), "7c1e");
    assert_eq!(read.tenant.as_str(), "kabul");
    assert_eq!(read.occurred_at.to_string(), "2026-11-30T08:00:00Z");
    assert!(!format!("{read:?}").contains("pat-1"));
}

#[test]
fn members_that_nobody_knows_are_ignored() {
    let mut event = cloud_event();
    event["dataversion"] = json!("1");
    event["subject"] = json!(["whatever"]);
    event["data"]["more"] = json!({"deep": [1]});
    assert!(parse(&event).is_ok());
}

#[test]
fn each_member_that_is_missing_or_mistyped_is_named() {
    for name in ["id", "source", "type", "tenantid", "time", "data"] {
        let mut event = cloud_event();
        event.as_object_mut().expect("an object").remove(name);
        assert_eq!(parse(&event), Err(EventFault::Missing(name)));
        event[name] = json!(7);
        assert_eq!(parse(&event), Err(EventFault::Malformed(name)));
    }
    for name in ["eventId", "source", "eventType", "tenantId", "occurredAt"] {
        let mut event = older();
        let envelope = event["envelope"].as_object_mut().expect("an object");
        envelope.remove(name);
        assert_eq!(parse(&event), Err(EventFault::Missing(name)));
    }
}

#[test]
fn what_is_no_event_is_refused() {
    let mut both = cloud_event();
    both["envelope"] = older()["envelope"].clone();
    let mut version = cloud_event();
    version["specversion"] = json!("0.3");
    let mut contradicts = cloud_event();
    contradicts["data"]["tenantId"] = json!("herat");
    let mut id = cloud_event();
    id["id"] = json!("with space");
    let mut nul = cloud_event();
    nul["data"]["patientId"] = json!("a\0b");
    for (event, fault) in [
        (both, EventFault::UnknownShape),
        (json!({"data": {}}), EventFault::UnknownShape),
        (json!([cloud_event()]), EventFault::UnknownShape),
        (version, EventFault::Malformed("specversion")),
        (contradicts, EventFault::Contradicts("tenantid")),
        (id, EventFault::Malformed("id")),
        (nul, EventFault::NotJson),
    ] {
        assert_eq!(parse(&event), Err(fault), "{event}");
    }
    let twice = br#"{"specversion":"1.0","data":{"patientId":"a","patientId":"b"}}"#;
    assert_eq!(Envelope::parse(twice), Err(EventFault::NotJson));
    let long = vec![b' '; MAX_EVENT_BYTES + 1];
    assert_eq!(Envelope::parse(&long), Err(EventFault::TooLarge));
}

proptest! {
    #[test]
    fn no_bytes_upset_it(place in 0_usize..400, byte: u8, cut in 0_usize..400) {
        let mut payload = cloud_event().to_string().into_bytes();
        if let Some(one) = payload.get_mut(place) {
            *one = byte;
        }
        let _ = Envelope::parse(&payload);
        payload.truncate(cut);
        let _ = Envelope::parse(&payload);
    }
}
