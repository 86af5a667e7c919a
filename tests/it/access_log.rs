//! Every look is written down before its answer leaves, and the patient can read it.

use portal_tests::{Answer, Fixture, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

fn entries(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    answer.json()["data"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

#[tokio::test]
async fn a_look_is_in_the_log_with_what_was_shown() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        portal.put(
            &ada.tenant,
            &Fixture::of(&ada.patient).condition("asthma", "Asthma"),
        );
        let seen = portal.get_as(&ada, "/v1/portal/chart/problems").await;
        let app = portal.token_with(&ada, &json!({"azp": "smart-app"}));
        portal
            .get(Some(&app), "/fhir/R4/Condition/cht.asthma")
            .await;
        let log = entries(&portal.get_as(&ada, "/v1/portal/me/access-log").await);
        assert_eq!(log.len(), 2);
        assert_eq!(log[0]["eventType"], "fhir.read");
        assert_eq!(
            (&log[0]["actor"]["kind"], &log[0]["actor"]["clientId"]),
            (&json!("app"), &json!("smart-app"))
        );
        assert_eq!(log[1]["eventType"], "chart.viewed");
        assert_eq!(log[1]["actor"]["kind"], "self");
        assert_eq!(log[1]["resourceIds"], json!(["cht.asthma"]));
        assert_eq!(log[1]["requestId"], seen.header("x-request-id"));
        assert_eq!(log[1]["outcome"], "success");
        let again = entries(&portal.get_as(&ada, "/v1/portal/me/access-log").await);
        assert_eq!(
            again[0]["eventType"], "accesslog.viewed",
            "reading the log is logged"
        );
    })
    .await;
}

#[tokio::test]
async fn refusals_and_looks_that_showed_nothing_are_in_the_log() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let narrow = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        assert_eq!(
            portal.get(Some(&narrow), "/fhir/R4/Condition").await.status,
            403
        );
        assert_eq!(
            portal
                .get_as(&ada, "/fhir/R4/Condition/cht.nothing")
                .await
                .status,
            404
        );
        assert_eq!(
            portal
                .get_as(&ada, "/fhir/R4/Condition?patient=another")
                .await
                .status,
            403
        );
        let log = entries(&portal.get_as(&ada, "/v1/portal/me/access-log").await);
        let told: Vec<_> = log
            .iter()
            .map(|entry| {
                (
                    entry["eventType"].as_str(),
                    entry["outcome"].as_str(),
                    entry["reasonCode"].as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (Some("access.denied"), Some("denied"), Some("other-patient")),
                (Some("fhir.read"), Some("failed"), Some("not-found")),
                (
                    Some("access.denied"),
                    Some("denied"),
                    Some("insufficient-scope")
                ),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let narrow = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        for _ in 0..30 {
            assert_eq!(
                portal.get(Some(&narrow), "/fhir/R4/Condition").await.status,
                403
            );
        }
        let log = portal
            .get_as(
                &ada,
                "/v1/portal/me/access-log?eventType=access.denied&limit=100",
            )
            .await;
        assert_eq!(log.json()["total"], 10);
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        for _ in 0..5 {
            portal.get_as(&ada, "/v1/portal/chart/problems").await;
            portal.get_as(&ada, "/fhir/R4/Condition").await;
        }
        let path = "/v1/portal/me/access-log?eventType=chart.viewed&limit=2&offset=4";
        let page = portal.get_as(&ada, path).await.json();
        assert_eq!(
            (&page["total"], &page["limit"], &page["offset"]),
            (&json!(5), &json!(2), &json!(4))
        );
        assert_eq!(page["data"].as_array().map(Vec::len), Some(1));
        let later = portal
            .get_as(&ada, "/v1/portal/me/access-log?from=2999-01-01")
            .await
            .json();
        assert_eq!(later["total"], 0);
        let app = portal
            .get_as(&ada, "/v1/portal/me/access-log?actor=app")
            .await
            .json();
        assert_eq!(app["total"], 0);
    })
    .await;
}

#[tokio::test]
async fn one_persons_log_is_nobody_elses() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        portal.get_as(&ada, "/v1/portal/chart/problems").await;
        let log = portal.get_as(&ben, "/v1/portal/me/access-log").await;
        assert_eq!(log.json()["total"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_suspension_acts_on_the_next_answer() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let path = "/v1/portal/chart/problems";
        for _ in 0..10 {
            portal.set_status(&ada, "active").await;
            assert_eq!(portal.get_as(&ada, path).await.status, 200);
            portal.set_status(&ada, "suspended").await;
            assert_eq!(
                portal.get_as(&ada, path).await.verdict(),
                "403 ACCOUNT_NOT_ACTIVE"
            );
            let me = portal.get_as(&ada, "/v1/portal/me").await;
            assert_eq!(
                (me.status, &me.json()["status"]),
                (200, &json!("suspended"))
            );
            assert!(me.json()["displayName"].is_null());
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_in_the_journal_is_on_the_bus_a_moment_later() {
    scene(async {
        // One relay a database.
        let options = TestOptions {
            own_database: true,
            relay: true,
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let ada = portal.person("ada").await;
        let mut events = portal.access_events().await;
        let seen = portal.get_as(&ada, "/v1/portal/chart/problems").await;
        let event = events.next_of(&ada.tenant).await;
        assert_eq!(event["eventType"], "chart.viewed");
        assert_eq!(event["requestId"], seen.header("x-request-id"));
        assert_eq!(event["patientId"], ada.patient);
    })
    .await;
}
