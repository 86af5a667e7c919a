//! Events of the clinical services: what is cached of whom they name is read anew, and nothing else
//! comes of them, however often, late, early or wrong they are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use portal_tests::{
    Fixture, Person, Platform, Servers, TestOptions, TestPortal, long_scene, scene, scene_alone,
};
use serde_json::{Value, json};

use super::portal;

const RESULT: &str = "diag.laboratory.result.released";
const CHART: &str = "patient_chart.condition.recorded.v1";

/// An event, the source whose records it is about, and a read of these.
const EVENTS: [(&str, &str, &str); 5] = [
    (RESULT, "laboratory", "/fhir/R4/DiagnosticReport"),
    (
        "medication.prescription.created.v1",
        "medication",
        "/fhir/R4/MedicationRequest",
    ),
    (
        "medication.refill.completed",
        "medication",
        "/fhir/R4/MedicationRequest",
    ),
    (CHART, "patient-chart", "/fhir/R4/Condition"),
    (
        "IMMUNIZATIONS.immunization.recorded.v1",
        "immunizations",
        "/fhir/R4/Immunization",
    ),
];
/// Reads that have every source's records cached.
const READS: [&str; 4] = [
    "/fhir/R4/DiagnosticReport",
    "/fhir/R4/MedicationRequest",
    "/fhir/R4/Condition",
    "/fhir/R4/Immunization",
];
const CONDITIONS: &str = "/fhir/R4/Condition";

fn record(source: &str, of: &Fixture, id: &str) -> Value {
    match source {
        "laboratory" => of.report(id, &[]),
        "medication" => of.medication(id, id),
        "patient-chart" => of.condition(id, id),
        _ => of.immunization(id, "2021-01-01"),
    }
}

/// How many records a read shows.
async fn shown(portal: &TestPortal, person: &Person, path: &str) -> usize {
    let answer = portal.get_as(person, path).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.resources().len()
}

/// Has everything of a person cached.
async fn cache_all(portal: &TestPortal, person: &Person) {
    for path in READS {
        shown(portal, person, path).await;
    }
    portal.sandbox.reset_calls();
    for path in READS {
        shown(portal, person, path).await;
    }
    for (_, source, _) in EVENTS {
        assert_eq!(portal.sandbox.calls(source).len(), 0, "{source} is cached");
    }
}

fn about(person: &Person) -> Value {
    json!({"patientId": person.patient})
}

#[tokio::test]
async fn the_records_of_the_event_s_source_are_read_anew_and_no_others() {
    scene(async {
        let portal = portal().await;
        let other = portal.another_pod().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let of = Fixture::of(&ada.patient);
        for (number, (event, source, path)) in EVENTS.into_iter().enumerate() {
            cache_all(&portal, &ada).await;
            cache_all(&portal, &ben).await;
            let before = shown(&portal, &ada, path).await;
            let id = format!("new-{number}");
            portal.put(&ada.tenant, &record(source, &of, &id));
            assert_eq!(shown(&portal, &ada, path).await, before, "{event}: cached");
            portal.hear(event, &about(&ada)).await;
            assert_eq!(shown(&portal, &ada, path).await, before + 1, "{event}");
            let there = portal.get_at(&other, &portal.token(&ada), path, &[]).await;
            assert_eq!(there.resources().len(), before + 1, "{event}, there");
            portal.sandbox.reset_calls();
            for path in READS {
                shown(&portal, &ben, path).await;
                shown(&portal, &ada, path).await;
            }
            for (_, other, _) in EVENTS {
                assert!(portal.sandbox.calls(other).is_empty(), "{event}: {other}");
            }
        }
        assert!(portal.inbox_dead_letters().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_event_of_another_tenant_about_the_same_number_moves_nothing() {
    scene(async {
        let portal = portal().await;
        let foreign = portal.tenant("foreign", true).await;
        let ada = portal.person("ada").await;
        cache_all(&portal, &ada).await;
        for tenant in [foreign.as_str(), "nowhere"] {
            let event = Platform::event(tenant, CHART, &about(&ada), portal.now());
            portal.hear_event(&event).await;
        }
        shown(&portal, &ada, CONDITIONS).await;
        assert!(portal.sandbox.calls("patient-chart").is_empty());
        assert!(portal.inbox_dead_letters().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn twice_late_early_and_about_nobody_it_does_no_harm() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        portal.put(
            &ada.tenant,
            &Fixture::of(&ada.patient).condition("one", "One"),
        );
        cache_all(&portal, &ada).await;
        let at = |hours: i64| portal.now() + SignedDuration::from_hours(hours);
        for hours in [0, 1, -1, -24 * 400] {
            let event = Platform::event(&portal.tenant, CHART, &about(&ada), at(hours));
            portal.platform().tell(&event).await;
            portal.platform().tell(&event).await;
            let older = Platform::older(&event).to_string().into_bytes();
            portal.platform().send(CHART, older).await;
        }
        for data in [
            json!({"patientId": "nobody"}),
            json!({"chartId": "c"}),
            json!({}),
        ] {
            portal.hear(CHART, &data).await;
        }
        for unread in ["claims.claim.paid", "SCHEDULING.appointment.created"] {
            portal.hear(unread, &about(&ada)).await;
        }
        assert_eq!(shown(&portal, &ada, CONDITIONS).await, 1);
        assert!(portal.inbox_dead_letters().await.is_empty());
        assert!(portal.inbox().await.is_empty(), "nothing is kept of them");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_or_is_of_another_service_is_written_down() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        cache_all(&portal, &ada).await;
        let honest = |kind| Platform::event(&portal.tenant, kind, &about(&ada), portal.now());
        let with = |kind: &'static str, name: &str, value: Value| {
            let mut event = honest(kind);
            event[name] = value;
            (kind, event.to_string().into_bytes())
        };
        let elsewhere = json!("ghasi/elsewhere");
        for (kind, payload) in [
            with(CHART, "source", elsewhere),
            with(CHART, "type", json!("patient_chart")),
            with(CHART, "type", json!("claims.claim.paid.v1")),
            with(RESULT, "type", json!("diag.laboratory.result.released.v1")),
            with(RESULT, "data", json!({})),
            with(CHART, "data", json!({"patientId": "../ada"})),
            with(CHART, "tenantid", json!("../kabul")),
            (CHART, b"{".to_vec()),
        ] {
            portal.platform().send(kind, payload).await;
            portal.platform().settled().await;
        }
        assert_eq!(
            portal.inbox_dead_letters().await,
            [
                "foreign-source",
                "unexpected-type",
                "unexpected-type",
                "unexpected-type",
                "missing patientId",
                "malformed patientId",
                "malformed tenantid",
                "not-json"
            ]
        );
        for path in READS {
            shown(&portal, &ada, path).await;
        }
        for (_, source, _) in EVENTS {
            assert!(portal.sandbox.calls(source).is_empty(), "{source}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_about_one_patient_is_no_storm_at_the_source() {
    let burst = async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let of = Fixture::of(&ada.patient);
        cache_all(&portal, &ada).await;
        let begin = Instant::now();
        let telling = async {
            for number in 0..400 {
                portal.put(
                    &ada.tenant,
                    &of.condition("one", &format!("Text {number}.")),
                );
                let event = Platform::event(&portal.tenant, CHART, &about(&ada), portal.now());
                portal.platform().tell(&event).await;
            }
            portal.platform().settled().await;
        };
        let reads = AtomicUsize::new(0);
        let reading = async {
            loop {
                shown(&portal, &ada, CONDITIONS).await;
                reads.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::select! {
            () = telling => {}
            () = reading => {}
        }
        let reads = reads.into_inner();
        assert!(reads > 50, "{reads} reads");
        let calls = portal.sandbox.calls("patient-chart").len();
        let seconds = usize::try_from(begin.elapsed().as_secs()).expect("not so long");
        // At most one a second, and those that this moment's answers came too late for.
        assert!(calls <= 2 * (seconds + 2), "{calls} calls in {seconds} s");
        let last = portal.get_as(&ada, CONDITIONS).await;
        assert!(String::from_utf8_lossy(&last.body).contains("Text 399."));
        assert!(portal.inbox_dead_letters().await.is_empty());
    };
    scene_alone(Duration::from_mins(1), burst).await;
}

#[tokio::test]
async fn what_was_heard_while_redis_hangs_is_not_lost() {
    long_scene(Duration::from_mins(1), async {
        let servers = Servers::start("records").await;
        let portal = TestPortal::with(TestOptions {
            inbox: true,
            settings: vec![("REDIS_URL".to_owned(), servers.url("REDIS_URL").to_owned())],
            ..TestOptions::default()
        })
        .await;
        let ada = portal.person("ada").await;
        cache_all(&portal, &ada).await;
        portal.put(
            &ada.tenant,
            &Fixture::of(&ada.patient).condition("one", "One"),
        );
        servers.pause("redis");
        let event = Platform::event(&portal.tenant, CHART, &about(&ada), portal.now());
        portal.platform().tell(&event).await;
        while !portal
            .metrics()
            .contains(r#"portal_inbox_messages_total{kind="patient_chart.*",outcome="postponed"}"#)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        servers.resume("redis");
        portal.platform().settled().await;
        assert_eq!(shown(&portal, &ada, CONDITIONS).await, 1);
        assert!(portal.inbox_dead_letters().await.is_empty());
    })
    .await;
}
