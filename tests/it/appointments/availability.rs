//! When there can be an appointment.

use jiff::{SignedDuration, Timestamp};
use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, scene};
use serde_json::{Value, json};

use super::{Scene, place, status_of};

/// The window of the next days, in days from now.
fn window(scene: &Scene, from: i64, to: i64) -> String {
    let day = |days: i64| at(scene, days * 24).strftime("%Y-%m-%d").to_string();
    format!(
        "/v1/portal/appointments/availability?from={}&to={}",
        day(from),
        day(to)
    )
}

fn at(scene: &Scene, hours: i64) -> Timestamp {
    scene.portal.now() + SignedDuration::from_hours(hours)
}

fn schedule(id: &str, actors: &[&str]) -> Value {
    let actors: Vec<Value> = actors
        .iter()
        .map(|it| json!({"reference": it, "display": "Dr. D"}))
        .collect();
    json!({"resourceType": "Schedule", "id": id, "actor": actors,
           "specialty": [{"coding": [{"system": "s", "code": "heart"}]}]})
}

fn slot(scene: &Scene, id: &str, schedule: &str, hours: i64) -> Value {
    let instant = |minutes| (at(scene, hours) + SignedDuration::from_mins(minutes)).to_string();
    json!({
        "resourceType": "Slot", "id": id, "status": "free", "start": instant(0), "end": instant(20),
        "schedule": {"reference": format!("Schedule/{schedule}")},
    })
}

fn fill(scene: &Scene) {
    scene.put(&place("clinic", "Asia/Dubai"));
    let mut home = place("home", "Asia/Dubai");
    home["physicalType"] = json!({"coding": [{"code": "ho"}]});
    scene.put(&home);
    scene.put(&schedule("s1", &["Practitioner/d1", "Location/clinic"]));
    scene.put(&schedule("s2", &["Practitioner/d2", "Location/home"]));
    let mut busy = slot(scene, "busy", "s1", 30);
    busy["status"] = json!("busy");
    for slot in [
        slot(scene, "past", "s1", -1),
        slot(scene, "a", "s1", 26),
        slot(scene, "b", "s1", 50),
        slot(scene, "c", "s2", 27),
        busy,
        slot(scene, "orphan", "none", 28),
    ] {
        scene.put(&slot);
    }
}

fn slots(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    let data = answer.json()["data"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let ids = data
        .iter()
        .map(|it| it["slotId"].as_str().unwrap_or_default().to_owned());
    ids.collect()
}

#[tokio::test]
async fn free_times_to_come_are_listed_in_order_with_whom_and_where() {
    scene(async {
        let scene = Scene::new().await;
        fill(&scene);
        let path = window(&scene, -1, 5);
        let answer = scene.get(&path).await;
        assert_eq!(slots(&answer), ["sch.a", "sch.c", "sch.b"]);
        let first = answer.json()["data"][0].clone();
        assert_eq!(
            first["practitioners"],
            json!([{"id": "dir.d1", "display": "Dr. D"}])
        );
        let there = json!([{"id": "dir.clinic", "name": "HIV clinic", "timeZone": "Asia/Dubai"}]);
        assert_eq!(first["locations"], there);
        assert_eq!(
            answer.json()["data"][1]["locations"],
            json!([]),
            "a home is not shown"
        );
        assert_eq!(status_of(&answer, "scheduling"), "fresh");

        for (filter, expected) in [
            ("practitionerId=dir.d1", &["sch.a", "sch.b"][..]),
            ("practitionerId=dir.nobody", &[]),
            ("locationId=dir.clinic", &["sch.a", "sch.b"]),
            ("practitionerId=dir.d2&locationId=dir.clinic", &[]),
            ("specialty=heart", &["sch.a", "sch.c", "sch.b"]),
            ("specialty=s%7Cheart&practitionerId=dir.d2", &["sch.c"]),
            ("specialty=skin", &[]),
        ] {
            let answer = scene.get(&format!("{path}&{filter}")).await;
            assert_eq!(slots(&answer), expected, "{filter}");
        }
        let page = scene.get(&format!("{path}&limit=2")).await;
        assert_eq!(slots(&page), ["sch.a", "sch.c"]);
        let cursor = page.json()["nextCursor"].as_str().expect("more").to_owned();
        let rest = scene.get(&format!("{path}&limit=2&cursor={cursor}")).await;
        assert_eq!(slots(&rest), ["sch.b"]);
        assert_eq!(rest.json()["nextCursor"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_remembered_for_five_minutes_for_all_of_a_tenant_and_no_longer() {
    scene(async {
        let scene = Scene::new().await;
        fill(&scene);
        let (path, portal) = (window(&scene, 0, 5), &scene.portal);
        assert_eq!(status_of(&scene.get(&path).await, "scheduling"), "fresh");
        let eve = portal.person("eve").await;
        portal
            .sandbox
            .delete_resource("scheduling", Some(&scene.ada.tenant), "Slot", "a");
        let answer = portal.get_as(&eve, &path).await;
        assert_eq!(status_of(&answer, "scheduling"), "cached");
        assert!(slots(&answer).contains(&"sch.a".to_owned()));
        // What has begun meanwhile cannot be booked any more, whoever remembers it.
        portal.clock.advance(SignedDuration::from_secs(299));
        assert_eq!(status_of(&scene.get(&path).await, "scheduling"), "cached");
        let elsewhere = portal.tenant("elsewhere", true).await;
        let foreigner = portal.person_of(&elsewhere, "noor").await;
        assert!(slots(&portal.get_as(&foreigner, &path).await).is_empty());
        portal.sandbox.set_fault("scheduling", Fault::status(503));
        portal.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(scene.get(&path).await.verdict(), "503 UPSTREAM_UNAVAILABLE");
        let calls = portal.sandbox.calls("scheduling");
        let names_patient =
            |call: &portal_sandbox::RecordedCall| call.path_and_query.contains(&scene.ada.patient);
        let slots = calls
            .iter()
            .filter(|call| call.path_and_query.contains("/Slot?"));
        assert!(slots.clone().count() > 0 && !slots.clone().any(names_patient));
    })
    .await;
}

#[tokio::test]
async fn windows_are_said_and_of_at_most_31_days() {
    scene(async {
        let scene = Scene::new().await;
        let path = "/v1/portal/appointments/availability";
        for (query, verdict) in [
            ("", "422 VALIDATION_FAILED"),
            ("?from=2030-01-01", "422 VALIDATION_FAILED"),
            ("?to=2030-01-01", "422 VALIDATION_FAILED"),
            ("?from=2030-01-02&to=2030-01-01", "422 VALIDATION_FAILED"),
            ("?from=2030-01-01&to=2030-02-01", "422 VALIDATION_FAILED"),
            ("?from=2030&to=2030", "422 VALIDATION_FAILED"),
            ("?from=soon&to=2030-01-01", "422 VALIDATION_FAILED"),
            ("?from=2030-01-01&to=2030-01-31", "200"),
            ("?from=2030-03-01&to=2030-03-31", "200"),
            ("?from=2020-01-01&to=2020-01-31", "200"),
            (
                "?from=2030-01-01&to=2030-01-02&practitionerId=d1",
                "422 VALIDATION_FAILED",
            ),
            (
                "?from=2030-01-01&to=2030-01-02&practitionerId=sch.d1",
                "422 VALIDATION_FAILED",
            ),
            (
                "?from=2030-01-01&to=2030-01-02&locationId=dir...",
                "422 VALIDATION_FAILED",
            ),
            (
                "?from=2030-01-01&to=2030-01-02&specialty=",
                "422 VALIDATION_FAILED",
            ),
            (
                "?from=2030-01-01&to=2030-01-02&patient=x",
                "400 UNKNOWN_PARAMETER",
            ),
        ] {
            let answer = scene.get(&format!("{path}{query}")).await;
            assert_eq!(answer.verdict(), verdict, "{query}");
        }
        let calls = scene.portal.sandbox.calls("scheduling");
        assert_eq!(calls.len(), 2, "what is wrong or over is not asked for");
    })
    .await;
}

#[tokio::test]
async fn availability_is_open_by_the_appointments_right_and_while_calendars_answer() {
    scene(async {
        let scene = Scene::new().await;
        fill(&scene);
        let (path, portal) = (window(&scene, 0, 5), &scene.portal);
        let narrow = portal
            .get_with_scope(&scene.ada, "patient/Patient.read", &path)
            .await;
        assert_eq!(narrow.verdict(), "403 INSUFFICIENT_SCOPE");
        let eve = portal.person("eve").await;
        for (rights, verdict) in [
            (json!(["appointments.view"]), "200"),
            (json!(["labs"]), "403 PROXY_SCOPE_DENIED"),
        ] {
            let delegation = portal
                .delegate(&scene.ada, &eve, &json!({"scope": rights}))
                .await;
            let acting = [("X-Acting-For", delegation.as_str())];
            assert_eq!(
                portal.get_with(&eve, &path, &acting).await.verdict(),
                verdict
            );
        }
        for mode in [Mode::Garbage, Mode::WrongContentType, Mode::Deep] {
            portal.sandbox.set_fault("scheduling", Fault::mode(mode));
            let path = window(&scene, 1, mode as i64);
            assert_eq!(
                scene.get(&path).await.verdict(),
                "502 UPSTREAM_INVALID_RESPONSE"
            );
        }
        portal.sandbox.clear_faults();
        portal
            .sandbox
            .set_fault("provider-directory", Fault::status(503));
        let answer = scene.get(&path).await;
        assert_eq!(slots(&answer).len(), 3);
        assert_eq!(status_of(&answer, "provider-directory"), "unavailable");
        assert_eq!(answer.json()["data"][0]["locations"], json!([]));
    })
    .await;
}
