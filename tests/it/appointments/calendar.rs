//! One appointment for a calendar.

use portal_sandbox::Fault;
use portal_tests::{Answer, scene};
use serde_json::{Value, json};

use super::{Scene, place};

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// The content lines of a calendar, unfolded.
fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    assert_eq!(
        answer.header("content-type"),
        "text/calendar; charset=utf-8"
    );
    let text = String::from_utf8(answer.body.to_vec()).expect("UTF-8");
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    assert!(
        text.split("\r\n")
            .all(|line| line.len() <= 75 && !line.contains('\n'))
    );
    let unfolded = text.replace("\r\n ", "");
    unfolded
        .trim_end()
        .split("\r\n")
        .map(str::to_owned)
        .collect()
}

fn path(id: &str) -> String {
    format!("/v1/portal/appointments/sch.{id}/calendar")
}

/// An appointment that says all that must not be told.
fn telling(scene: &Scene, id: &str) -> Value {
    let mut appointment = scene.appointment(id, Some("clinic"));
    let more = json!({
        "start": "2026-12-01T09:00:00+04:30", "minutesDuration": 30,
        "meta": {
            "versionId": "7", "lastUpdated": "2026-11-01T10:00:00Z",
            "security": [{"system": CONFIDENTIALITY, "code": "N"}],
        },
        "description": "Chemotherapy", "reasonCode": [{"text": "Cancer"}],
        "specialty": [{"text": "Oncology"}], "comment": "Fasting",
        "patientInstruction": "Bring the tumour samples",
    });
    let members = appointment.as_object_mut().expect("an object");
    members.extend(more.as_object().cloned().expect("an object"));
    appointment
}

#[tokio::test]
async fn a_calendar_says_when_and_nothing_else() {
    scene(async {
        let scene = Scene::new().await;
        scene.put(&place("clinic", "Asia/Kabul"));
        scene.put(&telling(&scene, "a"));
        let answer = scene.get(&path("a")).await;
        let told = lines(&answer);
        let host = scene.portal.public_url.trim_start_matches("http://");
        let uid = format!("UID:sch.a.{}@{host}", scene.ada.tenant);
        for line in [
            "VERSION:2.0",
            uid.as_str(),
            "DTSTAMP:20261101T100000Z",
            "DTSTART:20261201T043000Z",
            "DTEND:20261201T050000Z",
            "SEQUENCE:7",
            "STATUS:CONFIRMED",
            "SUMMARY:Appointment",
            "CLASS:PRIVATE",
        ] {
            assert!(told.iter().any(|it| it == line), "{line}: {told:?}");
        }
        for word in [
            "Chemo", "Cancer", "Oncology", "Fasting", "tumour", "HIV", "clinic",
        ] {
            assert!(!answer.says(word), "{word}");
        }
        assert_eq!(
            answer.header("content-disposition"),
            "attachment; filename=\"appointment.ics\""
        );
        assert_eq!(answer.header("cache-control"), "private, no-store");

        let tag = answer.header("etag").to_owned();
        let again = [("If-None-Match", tag.as_str())];
        let known = scene.portal.get_with(&scene.ada, &path("a"), &again).await;
        assert_eq!((known.status, known.body.len()), (304, 0));
        let dari = [("Accept-Language", "fa-AF")];
        let dari = scene.portal.get_with(&scene.ada, &path("a"), &dari).await;
        assert!(lines(&dari).contains(&"SUMMARY:وقت ملاقات".to_owned()));
        assert_eq!(dari.header("content-language"), "fa-AF");

        let log = scene
            .get("/v1/portal/me/access-log?eventType=chart.viewed")
            .await;
        let entry = log.json()["data"][0].clone();
        assert_eq!(entry["resourceIds"], json!(["sch.a"]));
    })
    .await;
}

#[tokio::test]
async fn an_appointment_without_a_time_is_no_entry_of_a_calendar() {
    scene(async {
        let scene = Scene::new().await;
        scene.put(&place("clinic", "Asia/Dubai"));
        scene.put(&place("mars", "Mars/Olympus"));
        let with = |id: &str, at: Option<&str>, start: Value| {
            let mut appointment = scene.appointment(id, at);
            appointment["start"] = start;
            scene.put(&appointment);
        };
        with("none", None, Value::Null);
        with("day", None, json!("2026-12-01"));
        with("nowhere", Some("mars"), json!("2026-12-01T09:00:00"));
        with("there", Some("clinic"), json!("2026-12-01T09:00:00"));
        with("here", None, json!("2026-12-01T09:00:00"));
        with("clear", Some("mars"), json!("2026-12-01T09:00:00+04:30"));
        for id in ["none", "day", "nowhere"] {
            assert_eq!(
                scene.get(&path(id)).await.verdict(),
                "409 STATE_CONFLICT",
                "{id}"
            );
        }
        for (id, start) in [
            ("there", "DTSTART:20261201T050000Z"),
            ("here", "DTSTART:20261201T043000Z"),
            ("clear", "DTSTART:20261201T043000Z"),
        ] {
            let told = lines(&scene.get(&path(id)).await);
            assert!(told.iter().any(|line| line == start), "{id}: {told:?}");
            assert!(!told.iter().any(|line| line.starts_with("DTEND")));
        }
        let log = scene.get("/v1/portal/me/access-log").await;
        assert!(log.says("state-conflict"));
    })
    .await;
}

#[tokio::test]
async fn a_calendar_is_open_to_whom_the_appointment_is() {
    scene(async {
        // An Appointment has no code, so that nothing but a label says that it is not sensitive.
        let scene = Scene::with(&[("SCHEDULING_LABELS", "complete")]).await;
        scene.put(&place("clinic", "Asia/Kabul"));
        scene.put(&telling(&scene, "a"));
        let mut cancelled = telling(&scene, "b");
        cancelled["status"] = json!("cancelled");
        scene.put(&cancelled);
        let told = lines(&scene.get(&path("b")).await);
        assert!(told.contains(&"STATUS:CANCELLED".to_owned()));

        let portal = &scene.portal;
        let eve = portal.person("eve").await;
        assert_eq!(
            portal.get_as(&eve, &path("a")).await.verdict(),
            "404 NOT_FOUND"
        );
        let narrow = portal
            .get_with_scope(&scene.ada, "patient/Patient.read", &path("a"))
            .await;
        assert_eq!(narrow.verdict(), "403 INSUFFICIENT_SCOPE");
        for (rights, verdict) in [
            (json!(["appointments.view"]), "200"),
            (json!(["appointments.manage"]), "200"),
            (json!(["problems"]), "403 PROXY_SCOPE_DENIED"),
        ] {
            let change = json!({"scope": rights});
            let delegation = portal.delegate(&scene.ada, &eve, &change).await;
            let acting = [("X-Acting-For", delegation.as_str())];
            let answer = portal.get_with(&eve, &path("a"), &acting).await;
            assert_eq!(answer.verdict(), verdict, "{rights}");
        }
        assert_eq!(scene.get(&path("nothing")).await.verdict(), "404 NOT_FOUND");
        let asked = format!("{}?x=1", path("a"));
        assert_eq!(scene.get(&asked).await.verdict(), "400 UNKNOWN_PARAMETER");

        portal
            .sandbox
            .set_fault("provider-directory", Fault::status(503));
        let answer = scene.get(&path("a")).await;
        assert!(lines(&answer).contains(&"DTSTART:20261201T043000Z".to_owned()));
        assert!(
            answer
                .header("x-portal-degraded")
                .starts_with("provider-directory")
        );
        let other = portal.person("other").await;
        portal.sandbox.set_fault("scheduling", Fault::status(503));
        let answer = portal.get_as(&other, &path("a")).await;
        assert_eq!(answer.verdict(), "503 UPSTREAM_UNAVAILABLE");
    })
    .await;
}
