//! Statements of account: claims-service's own, under the rules of explanations of benefit.

use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Fixture, Person, TestPortal, scene};
use serde_json::{Value, json};

const STATEMENTS: &str = "/v1/portal/billing/statements";

async fn two() -> (TestPortal, Person, Person) {
    let portal = TestPortal::start().await;
    let (ada, eve) = (portal.person("ada").await, portal.person("eve").await);
    portal.put(
        &ada.tenant,
        &Fixture::of(&ada.patient).statement("st-1", "120.50"),
    );
    portal.put(
        &eve.tenant,
        &Fixture::of(&eve.patient).statement("st-eve", "9.00"),
    );
    (portal, ada, eve)
}

fn claims(answer: &Answer) -> Value {
    answer.json()["meta"]["sources"][0]["status"].clone()
}

#[tokio::test]
async fn a_statement_is_told_with_its_decimals_totals_and_payments() {
    scene(async {
        let (portal, ada, _) = two().await;
        let mut large = Fixture::of(&ada.patient).statement("st-2", "AMOUNT");
        large["issuedOn"] = json!("2026-03-31");
        let large = large
            .to_string()
            .replace("\"AMOUNT\"", "100000000000000000.10");
        portal.put_text(&ada.tenant, "claims", &large);
        let answer = portal.get_as(&ada, STATEMENTS).await;
        assert_eq!(answer.status, 200, "{}", answer.verdict());
        let body = answer.json();
        let data = body["data"].as_array().cloned().expect("data");
        let ids: Vec<_> = data.iter().map(|it| it["id"].clone()).collect();
        assert_eq!(ids, [json!("clm.st-2"), json!("clm.st-1")]);
        let total = json!({"value": "100000000000000000.10", "currency": "AFN"});
        assert_eq!(data[0]["totals"]["total"], total);
        let paid = json!({"value": "0.50", "currency": "AFN"});
        assert_eq!(data[1]["totals"]["patientPaid"], paid);
        assert_eq!(data[1]["payments"][0]["amount"], paid);
        assert_eq!(
            data[1]["issuedOn"],
            json!({"value": "2026-01-31", "precision": "day"})
        );
        assert!(data[1].get("lines").is_none());
        assert_eq!(claims(&answer), "fresh");

        let one = portal.get_as(&ada, &format!("{STATEMENTS}/clm.st-1")).await;
        assert_eq!(one.json()["lines"][0]["description"], "Visit");
        assert_eq!(claims(&one), "cached");
        let log = portal
            .get_as(&ada, "/v1/portal/me/access-log?eventType=billing.viewed")
            .await;
        assert_eq!(log.json()["data"][0]["resourceIds"], json!(["clm.st-1"]));
        // They are no FHIR resources, and nobody's explanation of benefit.
        for path in [
            "/v1/portal/eob",
            "/fhir/R4/ExplanationOfBenefit",
            "/v1/portal/chart/timeline",
        ] {
            assert!(!portal.get_as(&ada, path).await.says("st-1"), "{path}");
        }
        let read = portal
            .get_as(&ada, "/fhir/R4/ExplanationOfBenefit/clm.st-1")
            .await;
        assert_eq!(read.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_does_not_name_this_patient_is_dropped_and_counted() {
    scene(async {
        let (portal, ada, eve) = two().await;
        portal
            .sandbox
            .set_fault("claims", Fault::mode(Mode::ForeignEntries));
        let mut unnamed = Fixture::of(&ada.patient).statement("st-unnamed", "1.00");
        unnamed
            .as_object_mut()
            .expect("an object")
            .remove("patientId");
        portal.put(&ada.tenant, &unnamed);
        let listed = Fixture::of(&eve.patient).statement("st-listed", "2.00");
        portal.list_for(&ada, "claims", &listed);
        let answer = portal.get_as(&ada, STATEMENTS).await;
        assert_eq!(answer.ids(), ["clm.st-1"]);
        assert_eq!(answer.json()["meta"]["incomplete"], true);
        let metrics = portal.metrics();
        let line = metrics.lines().find(|line| {
            line.starts_with("portal_compartment_violations_total") && line.contains("claims")
        });
        assert!(line.is_some_and(|line| !line.ends_with(" 0")), "{line:?}");
        for id in [
            "clm.st-eve",
            "clm.st-listed",
            "clm.st-unnamed",
            "clm.foreign-1",
            "st-1",
            "clm.st",
        ] {
            let one = portal.get_as(&ada, &format!("{STATEMENTS}/{id}")).await;
            assert_eq!(one.verdict(), "404 NOT_FOUND", "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_cannot_be_read_costs_itself_alone() {
    scene(async {
        let (portal, ada, _) = two().await;
        let of = Fixture::of(&ada.patient);
        for (id, member, value) in [
            (
                "bad-1",
                "total",
                json!({"value": "12,50", "currency": "AFN"}),
            ),
            (
                "bad-2",
                "total",
                json!({"value": 12.5, "currency": "Afghani"}),
            ),
            ("bad-3", "balance", json!("12.50 AFN")),
            ("bad-4", "payments", json!([{"paidOn": "2026-01-01"}])),
        ] {
            let mut statement = of.statement(id, "1.00");
            statement[member] = value;
            portal.put(&ada.tenant, &statement);
        }
        let mut erroneous = of.statement("gone", "1.00");
        erroneous["status"] = json!("entered-in-error");
        portal.put(&ada.tenant, &erroneous);
        let answer = portal.get_as(&ada, STATEMENTS).await;
        assert_eq!(answer.ids(), ["clm.st-1"]);
        assert_eq!(answer.json()["meta"]["incomplete"], true);
    })
    .await;
}

#[tokio::test]
async fn statements_are_open_by_the_right_to_bills_and_hidden_where_they_may_be_sensitive() {
    scene(async {
        let (portal, ada, eve) = two().await;
        let of = Fixture::of(&ada.patient);
        let mut uncoded = of.statement("uncoded", "1.00");
        uncoded["lines"][0]
            .as_object_mut()
            .expect("an object")
            .remove("codes");
        let mut secret = of.statement("secret", "2.00");
        secret["lines"][0]["codes"] =
            json!([{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1"}]);
        let mut labelled = of.statement("labelled", "3.00");
        labelled["securityLabels"] = json!([{
            "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R",
        }]);
        for statement in [&uncoded, &secret, &labelled] {
            portal.put(&ada.tenant, statement);
        }
        assert_eq!(portal.get_as(&ada, STATEMENTS).await.ids().len(), 4);
        let delegation = portal
            .delegate(&ada, &eve, &json!({"scope": ["billing"]}))
            .await;
        let acting = [("X-Acting-For", delegation.as_str())];
        let answer = portal.get_with(&eve, STATEMENTS, &acting).await;
        assert_eq!(answer.ids(), ["clm.st-1"]);
        assert_eq!(answer.json()["meta"]["mayBeIncomplete"], true);
        let path = format!("{STATEMENTS}/clm.secret");
        assert_eq!(portal.get_with(&eve, &path, &acting).await.status, 404);
        let delegation = portal
            .delegate(&ada, &eve, &json!({"scope": ["labs"]}))
            .await;
        let acting = [("X-Acting-For", delegation.as_str())];
        let answer = portal.get_with(&eve, STATEMENTS, &acting).await;
        assert_eq!(answer.verdict(), "403 PROXY_SCOPE_DENIED");
        let scope = "patient/Coverage.read";
        let narrow = portal.get_with_scope(&ada, scope, STATEMENTS).await;
        assert_eq!(narrow.verdict(), "403 INSUFFICIENT_SCOPE");
    })
    .await;
}

#[tokio::test]
async fn a_source_without_statements_is_unavailable_and_others_parts_do_not_suffer() {
    scene(async {
        let (portal, ada, _) = two().await;
        portal.put(
            &ada.tenant,
            &Fixture::of(&ada.patient).record("Coverage", "cover"),
        );
        // A plain FHIR server has no such route.
        portal.sandbox.set_fault("claims", Fault::status(404));
        for _ in 0..30 {
            let answer = portal.get_as(&ada, STATEMENTS).await;
            assert_eq!(answer.verdict(), "503 UPSTREAM_UNAVAILABLE");
            assert!(!answer.header("retry-after").is_empty());
        }
        portal.sandbox.clear_faults();
        assert_eq!(portal.get_as(&ada, "/v1/portal/coverage").await.status, 200);
        for (mode, verdict) in [
            (Mode::Garbage, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::Truncated, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::WrongContentType, "502 UPSTREAM_INVALID_RESPONSE"),
            (Mode::Redirect, "502 UPSTREAM_INVALID_RESPONSE"),
        ] {
            portal.sandbox.set_fault("claims", Fault::mode(mode));
            let answer = portal.get_as(&ada, STATEMENTS).await;
            assert_eq!(answer.verdict(), verdict, "{mode:?}");
        }
    })
    .await;
}
