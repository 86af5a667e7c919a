//! The record through both faces: sections, results, summary, freshness.

use std::time::Duration;

use jiff::SignedDuration;
use portal_sandbox::{Fault, Mode};
use portal_tests::{Fixture, Person, TestPortal, long_scene, scene};
use serde_json::json;

async fn ada() -> (TestPortal, Person, Fixture) {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let of = Fixture::of(&ada.patient);
    (portal, ada, of)
}

#[tokio::test]
async fn a_section_is_a_searchset_of_the_sources_bytes() {
    scene(async {
        let (portal, ada, of) = ada().await;
        let mut allergy = of.allergy("eggs_1", "Eggs");
        allergy["extension"] =
            json!([{"url": "https://example.test/unknown", "valueDecimal": 1.5}]);
        let text = serde_json::to_string(&allergy)
            .expect("JSON")
            .replace("1.5", "1.50");
        portal.put_text(&ada.tenant, "patient-chart", &text);
        let answer = portal.get_as(&ada, "/v1/portal/chart/allergies").await;
        assert_eq!(answer.status, 200);
        assert!(
            answer
                .header("content-type")
                .starts_with("application/fhir+json")
        );
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let body = answer.json();
        assert_eq!(
            (&body["type"], &body["total"]),
            (&json!("searchset"), &json!(1))
        );
        let entry = &body["entry"][0];
        assert_eq!(entry["search"]["mode"], "match");
        assert_eq!(
            entry["fullUrl"],
            format!(
                "{}/fhir/R4/AllergyIntolerance/cht.eggs.u1",
                portal.public_url
            )
        );
        let expected = text.replace("\"eggs_1\"", "\"cht.eggs.u1\"");
        assert!(String::from_utf8_lossy(&answer.body).contains(&expected));
    })
    .await;
}

#[tokio::test]
async fn both_faces_show_the_same_records() {
    scene(async {
        let (portal, ada, of) = ada().await;
        for n in 0..30 {
            portal.put(
                &ada.tenant,
                &of.vital(&format!("v{n}"), &format!("2024-01-{:02}", n + 1), "70"),
            );
        }
        let rest = portal
            .get_as(&ada, "/v1/portal/chart/vitals?limit=30")
            .await
            .resources();
        let fhir = portal
            .get_as(&ada, "/fhir/R4/Observation?category=vital-signs&_count=30")
            .await
            .resources();
        assert_eq!(rest.len(), 30);
        assert_eq!(rest, fhir);
        let from = portal
            .get_as(
                &ada,
                "/v1/portal/chart/vitals?from=2024-01-11&to=2024-01-20&limit=100",
            )
            .await;
        assert_eq!(from.resources().len(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_summary_holds_what_matters_now() {
    scene(async {
        let (portal, ada, of) = ada().await;
        let mut resolved = of.condition("old", "gone");
        resolved["clinicalStatus"]["coding"][0]["code"] = json!("resolved");
        let mut stopped = of.medication("stopped", "no more");
        stopped["status"] = json!("stopped");
        for resource in [
            resolved,
            stopped,
            of.condition("now", "Asthma"),
            of.allergy("eggs", "Eggs"),
            of.medication("daily", "Salbutamol"),
            of.vital("older", "2024-01-01", "70"),
            of.vital("newest", "2024-02-01", "72"),
        ] {
            portal.put(&ada.tenant, &resource);
        }
        for n in 0..12 {
            portal.put(
                &ada.tenant,
                &of.immunization(&format!("i{n}"), &format!("20{:02}-10-01", 10 + n)),
            );
        }
        let answer = portal.get_as(&ada, "/v1/portal/chart/summary").await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!(
            (&body["resourceType"], &body["type"]),
            (&json!("Bundle"), &json!("document"))
        );
        assert_eq!(body["entry"][0]["resource"]["resourceType"], "Composition");
        let shown: Vec<String> = answer
            .resources()
            .iter()
            .filter_map(|resource| resource["id"].as_str().map(str::to_owned))
            .collect();
        let has = |id: &str| shown.iter().any(|shown| shown == id);
        assert!(
            has("cht.now") && has("cht.eggs") && has("med.daily") && has("cht.newest"),
            "{shown:?}"
        );
        assert!(
            !has("cht.old") && !has("med.stopped") && !has("cht.older"),
            "{shown:?}"
        );
        assert_eq!(shown.iter().filter(|id| id.starts_with("imm.")).count(), 10);
        let narrow = portal.token_with(
            &ada,
            &json!({"scope": "patient/Patient.read patient/Condition.read"}),
        );
        let part = portal.get(Some(&narrow), "/v1/portal/chart/summary").await;
        assert!(String::from_utf8_lossy(&part.body).contains("Asthma"));
        assert!(!String::from_utf8_lossy(&part.body).contains("Salbutamol"));
    })
    .await;
}

#[tokio::test]
async fn results_stand_by_report_and_tell_their_trend() {
    scene(async {
        let (portal, ada, of) = ada().await;
        let mut precise = of.lab("glucose-2", "2024-02-01", "2345-7");
        precise["valueQuantity"]["value"] = json!(0);
        let text = serde_json::to_string(&precise)
            .expect("JSON")
            .replace("\"value\":0", "\"value\":1.50");
        portal.put_text(&ada.tenant, "laboratory", &text);
        portal.put(&ada.tenant, &of.lab("glucose-1", "2024-01-01", "2345-7"));
        portal.put(&ada.tenant, &of.lab("sodium", "2024-02-01", "2951-2"));
        portal.put(&ada.tenant, &of.report("panel", &["glucose-2", "sodium"]));
        let list = portal.get_as(&ada, "/v1/portal/results/labs").await;
        assert_eq!(list.status, 200, "{}", list.verdict());
        let body = list.json();
        let data = body["data"].as_array().expect("data");
        assert_eq!(data.len(), 3);
        let panel = |id: &str| {
            data.iter()
                .find(|item| item["id"] == id)
                .map(|item| item["panel"]["id"].clone())
        };
        assert_eq!(panel("lab.glucose-1"), Some(json!(null)));
        assert_eq!(panel("lab.sodium"), panel("lab.glucose-2"));
        assert!(body["meta"]["sources"].as_array().is_some_and(|sources| {
            sources
                .iter()
                .any(|source| source["source"] == "laboratory" && source["status"] == "fresh")
        }));
        let one = portal
            .get_as(&ada, "/v1/portal/results/labs/lab.glucose-2")
            .await
            .json();
        assert_eq!(one["value"]["quantity"]["value"], "1.50", "{one}");
        assert_eq!(
            one["trend"][0]["points"].as_array().map(Vec::len),
            Some(2),
            "{one}"
        );
        let coded = portal
            .get_as(&ada, "/v1/portal/results/labs?code=2345-7")
            .await
            .json();
        assert_eq!(coded["data"].as_array().map(Vec::len), Some(2));
    })
    .await;
}

#[tokio::test]
async fn a_cached_set_answers_until_it_is_old_and_stands_in_when_its_source_is_down() {
    scene(async {
        let (portal, ada, of) = ada().await;
        portal.put(&ada.tenant, &of.condition("one", "Asthma"));
        let path = "/v1/portal/chart/problems";
        assert_eq!(portal.get_as(&ada, path).await.resources().len(), 1);
        portal.sandbox.reset_calls();
        portal.put(&ada.tenant, &of.condition("two", "Gout"));
        assert_eq!(portal.get_as(&ada, path).await.resources().len(), 1);
        assert!(
            portal.sandbox.calls("patient-chart").is_empty(),
            "from the cache"
        );
        portal.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(portal.get_as(&ada, path).await.resources().len(), 2);

        portal.clock.advance(SignedDuration::from_secs(31));
        portal
            .sandbox
            .set_fault("patient-chart", Fault::status(503));
        let stale = portal.get_as(&ada, path).await;
        assert_eq!((stale.status, stale.resources().len()), (200, 2));
        assert!(
            stale
                .header("x-portal-degraded")
                .contains("patient-chart;status=stale")
        );
        let outcome = String::from_utf8_lossy(&stale.body).contains("OperationOutcome");
        assert!(outcome, "the searchset says it too");

        portal.clock.advance(SignedDuration::from_mins(6));
        let gone = portal.get_as(&ada, path).await;
        assert_eq!(gone.verdict(), "503 UPSTREAM_UNAVAILABLE");
        assert!(!gone.header("retry-after").is_empty());
        portal.sandbox.clear_faults();
        assert_eq!(portal.get_as(&ada, path).await.resources().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_source_that_fails_costs_its_own_part() {
    long_scene(Duration::from_secs(90), async {
        let (portal, ada, of) = ada().await;
        portal.put(&ada.tenant, &of.condition("one", "Asthma"));
        portal.put(&ada.tenant, &of.medication("daily", "Salbutamol"));
        for (mode, section) in [
            (Mode::Garbage, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::Oversize, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::GzipBomb, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::Redirect, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::NextElsewhere, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::Truncated, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::WrongContentType, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::SlowDrip, "504 UPSTREAM_TIMEOUT"),
            (Mode::Hang, "504 UPSTREAM_TIMEOUT"),
        ] {
            portal.clock.advance(SignedDuration::from_mins(6));
            portal.sandbox.set_fault("medication", Fault::mode(mode));
            let refused = portal.get_as(&ada, "/v1/portal/chart/medications").await;
            assert_eq!(refused.verdict(), section, "{mode:?}");
            let summary = portal.get_as(&ada, "/v1/portal/chart/summary").await;
            assert_eq!(summary.status, 200, "{mode:?}");
            assert!(
                summary
                    .header("x-portal-degraded")
                    .contains("medication;status=unavailable")
            );
            assert!(String::from_utf8_lossy(&summary.body).contains("Asthma"));
            portal.sandbox.clear_faults();
        }
        assert_eq!(
            portal
                .get_as(&ada, "/v1/portal/chart/medications")
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn bad_entries_are_dropped_and_said() {
    scene(async {
        let (portal, ada, of) = ada().await;
        portal.put(&ada.tenant, &of.medication("daily", "Salbutamol"));
        for mode in [Mode::ForeignEntries, Mode::Deep, Mode::DuplicateMembers] {
            portal.clock.advance(SignedDuration::from_mins(6));
            portal.sandbox.set_fault("medication", Fault::mode(mode));
            let answer = portal.get_as(&ada, "/v1/portal/chart/medications").await;
            match mode {
                Mode::ForeignEntries => {
                    assert_eq!(answer.resources().len(), 1, "{mode:?}");
                    assert!(String::from_utf8_lossy(&answer.body).contains("incomplete"));
                }
                _ => assert!(
                    answer.status == 502 || answer.resources().is_empty(),
                    "{mode:?}: {}",
                    answer.verdict()
                ),
            }
        }
    })
    .await;
}
