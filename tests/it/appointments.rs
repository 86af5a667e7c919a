//! Appointments: where their clocks stand, calendars, and with whom and when there can be one.

mod availability;
mod calendar;
mod providers;

use portal_sandbox::Fault;
use portal_tests::{Fixture, Person, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

const TIME_ZONE: &str = "http://hl7.org/fhir/StructureDefinition/timezone";

struct Scene {
    portal: TestPortal,
    ada: Person,
}

impl Scene {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With settings that differ.
    async fn with(settings: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let portal = TestPortal::with(TestOptions {
            settings: settings.iter().map(owned).collect(),
            ..TestOptions::default()
        })
        .await;
        let ada = portal.person("ada").await;
        Self { portal, ada }
    }

    fn put(&self, resource: &Value) {
        self.portal.put(&self.ada.tenant, resource);
    }

    /// An appointment at a place.
    fn appointment(&self, id: &str, place: Option<&str>) -> Value {
        let mut appointment = Fixture::of(&self.ada.patient).record("Appointment", id);
        if let Some(place) = place {
            let place = json!({"actor": {"reference": format!("Location/{place}")}});
            let participants = appointment["participant"].as_array_mut();
            participants.expect("participants").push(place);
        }
        appointment
    }

    async fn get(&self, path: &str) -> portal_tests::Answer {
        self.portal.get_as(&self.ada, path).await
    }
}

/// A place that says something of its clock.
fn place(id: &str, zone: &str) -> Value {
    json!({
        "resourceType": "Location", "id": id, "status": "active", "name": "HIV clinic",
        "extension": [{"url": TIME_ZONE, "valueCode": zone}],
    })
}

fn status_of(answer: &portal_tests::Answer, source: &str) -> Value {
    let body = answer.json();
    let lines = body["meta"]["sources"].as_array().cloned();
    let lines = lines.unwrap_or_default();
    let line = lines.into_iter().find(|line| line["source"] == source);
    line.map_or(Value::Null, |line| line["status"].clone())
}

#[tokio::test]
async fn an_appointments_clock_is_that_of_its_place_where_that_says_one() {
    scene(async {
        let scene = Scene::new().await;
        scene.put(&place("dubai", "Asia/Dubai"));
        scene.put(&place("mars", "Mars/Olympus"));
        for (id, at) in [
            ("a", Some("dubai")),
            ("b", Some("mars")),
            ("c", None),
            ("d", Some("none")),
        ] {
            scene.put(&scene.appointment(id, at));
        }
        let list = scene.get("/v1/portal/appointments").await;
        let zones: Vec<(Value, Value)> = list.json()["data"]
            .as_array()
            .expect("data")
            .iter()
            .map(|one| (one["id"].clone(), one["timeZone"].clone()))
            .collect();
        let expected = [
            ("sch.a", "Asia/Dubai"),
            ("sch.b", "Asia/Kabul"),
            ("sch.c", "Asia/Kabul"),
            ("sch.d", "Asia/Kabul"),
        ];
        assert_eq!(zones, expected.map(|(id, zone)| (json!(id), json!(zone))));
        assert_eq!(status_of(&list, "provider-directory"), "fresh");
        let narrow = scene
            .portal
            .get_with_scope(
                &scene.ada,
                "patient/Appointment.read",
                "/v1/portal/appointments/sch.a",
            )
            .await;
        assert_eq!(narrow.json()["timeZone"], "Asia/Dubai");

        scene
            .portal
            .sandbox
            .set_fault("provider-directory", Fault::status(503));
        let one = scene.get("/v1/portal/appointments/sch.a").await;
        assert_eq!(
            (one.status, &one.json()["timeZone"]),
            (200, &json!("Asia/Kabul"))
        );
        assert_eq!(status_of(&one, "provider-directory"), "unavailable");
        // Who is nowhere needs nobody's word.
        let one = scene.get("/v1/portal/appointments/sch.c").await;
        assert_eq!(status_of(&one, "provider-directory"), Value::Null);
    })
    .await;
}

#[tokio::test]
async fn appointments_stand_in_for_a_source_that_is_down_longer_than_a_chart() {
    scene(async {
        let scene = Scene::new().await;
        scene.put(&scene.appointment("a", None));
        scene.put(&Fixture::of(&scene.ada.patient).condition("c", "Asthma"));
        let paths = ["/v1/portal/appointments", "/v1/portal/chart/problems"];
        for path in paths {
            assert_eq!(scene.get(path).await.status, 200);
        }
        for source in ["scheduling", "patient-chart"] {
            scene.portal.sandbox.set_fault(source, Fault::status(500));
        }
        for (seconds, expected) in [(50, ["cached", "stale"]), (240, ["stale", "stale"])] {
            scene
                .portal
                .clock
                .advance(jiff::SignedDuration::from_secs(seconds));
            let list = scene.get(paths[0]).await;
            assert_eq!(status_of(&list, "scheduling"), expected[0]);
            let chart = scene.get(paths[1]).await;
            assert_eq!(chart.status, 200);
            assert!(chart.header("x-portal-degraded").contains(expected[1]));
        }
        scene
            .portal
            .clock
            .advance(jiff::SignedDuration::from_mins(9));
        assert_eq!(scene.get(paths[0]).await.status, 200);
        assert_eq!(scene.get(paths[1]).await.status, 503);
        scene
            .portal
            .clock
            .advance(jiff::SignedDuration::from_mins(2));
        assert_eq!(scene.get(paths[0]).await.status, 503);
    })
    .await;
}
