use portal_domain::id::TenantId;
use serde_json::{Value as Json, json};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn query() -> SlotQuery {
    SlotQuery {
        tenant: TenantId::parse("kabul").unwrap(),
        practitioner: Some("d1".into()),
        location: None,
        from: at("2026-03-01T00:00:00Z"),
        to: at("2026-03-08T00:00:00Z"),
    }
}

fn slot(id: &str, change: &Json) -> Json {
    let mut slot = json!({
        "resourceType": "Slot", "id": id, "status": "free", "schedule": {"reference": "Schedule/s1"},
        "start": "2026-03-02T08:00:00+04:30", "end": "2026-03-02T08:20:00+04:30",
    });
    let members = slot.as_object_mut().unwrap();
    members.extend(change.as_object().cloned().unwrap());
    slot
}

fn schedule(id: &str, actor: &str) -> Json {
    json!({"resourceType": "Schedule", "id": id, "actor": [{"reference": actor, "display": "Dr. A"}]})
}

fn ids(resources: Vec<Json>) -> (Vec<String>, bool) {
    let entries: Vec<Json> = resources
        .into_iter()
        .map(|resource| json!({"resource": resource}))
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "searchset", "entry": entries});
    let page = entries_of(&bundle);
    let found = found(&query(), page, at("2026-03-01T00:00:00Z"));
    let ids = found.slots.iter().map(|slot| slot.id.to_string());
    (ids.collect(), found.incomplete)
}

fn entries_of(bundle: &Json) -> Pages<Entry> {
    let page = entries(&Bytes::from(bundle.to_string())).unwrap();
    Pages {
        items: page.items,
        unreadable: page.unreadable,
        capped: page.cut,
        room: portal_domain::disclosure::Room::default(),
    }
}

#[test]
fn a_query_is_asked_by_whose_and_when() {
    let base = TenantBase::new("https://sch.example/fhir", &query().tenant).unwrap();
    let url = address(&base, &query()).unwrap();
    assert_eq!(
        url.as_str(),
        "https://sch.example/fhir/Slot?schedule.actor=Practitioner%2Fd1&start=ge2026-03-01T00%3A00%3A00Z\
         &start=lt2026-03-08T00%3A00%3A00Z&status=free&_include=Slot%3Aschedule&_count=500"
    );
    let climbing = SlotQuery {
        location: Some("..".into()),
        ..query()
    };
    assert!(address(&base, &climbing).is_none());
}

#[test]
fn only_free_times_of_whom_and_when_it_was_asked_are_believed() {
    let resources = vec![
        schedule("s1", "Practitioner/d1"),
        schedule("s2", "Practitioner/d2"),
        schedule("s3", "https://elsewhere.example/Practitioner/d1"),
        slot("good", &json!({})),
        slot("good", &json!({})),
        slot(
            "foreign",
            &json!({"schedule": {"reference": "Schedule/s2"}}),
        ),
        slot(
            "elsewhere",
            &json!({"schedule": {"reference": "Schedule/s3"}}),
        ),
        slot(
            "nobodys",
            &json!({"schedule": {"reference": "Schedule/none"}}),
        ),
        slot("early", &json!({"start": "2026-02-28T23:00:00Z"})),
        slot(
            "late",
            &json!({"start": "2026-03-08T00:00:00Z", "end": "2026-03-08T01:00:00Z"}),
        ),
    ];
    assert_eq!(ids(resources), (vec!["good".to_owned()], false));
}

#[test]
fn what_cannot_be_read_is_dropped_and_said() {
    for change in [
        json!({"status": "busy"}),
        json!({"start": "2026-03-02"}),
        json!({"start": "2026-03-02T08:00:00"}),
        json!({"end": "2026-03-02T07:00:00+04:30"}),
        json!({"id": "a/b"}),
        json!({"resourceType": "Appointment"}),
        json!({"schedule": 7}),
    ] {
        let resources = vec![
            schedule("s1", "Practitioner/d1"),
            slot("good", &json!({})),
            slot("bad", &change),
        ];
        assert_eq!(ids(resources), (vec!["good".to_owned()], true), "{change}");
    }
}

#[test]
fn a_calendar_that_is_out_of_use_has_no_open_times() {
    let mut closed = schedule("s1", "Practitioner/d1");
    closed["active"] = json!(false);
    assert_eq!(
        ids(vec![closed, slot("a", &json!({}))]).0,
        Vec::<String>::new()
    );
}
