//! Whose a record is, and what rides along with it.

use super::*;

#[tokio::test]
async fn k1_includes_show_nobody_else() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let path = "/fhir/R4/Condition?_include=Condition:subject&_revinclude=Observation:focus";
        let answer = portal.get_as(&ada, path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(ids(&answer), ["cht.condition-ada"]);
        assert!(
            !String::from_utf8_lossy(&answer.body).contains("_include"),
            "not applied"
        );
        let strict = portal
            .get_with(&ada, path, &[("Prefer", "handling=strict")])
            .await;
        assert_eq!(strict.status, 400);
    })
    .await;
}

#[tokio::test]
async fn k13_what_is_contained_or_referenced_passes_the_same_filter() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let of = Fixture::of(&ada.patient);
        let mut holder = of.condition("holder", "holds another's");
        let inner = Fixture::of(&ben.patient).lab("inner", "2024-01-01", "2345-7");
        holder["contained"] = json!([inner]);
        portal.put(&ada.tenant, &holder);
        let mut preliminary = of.report("preliminary", &[]);
        let mut early = of.lab("early", "2024-01-01", "2345-7");
        early["status"] = json!("preliminary");
        preliminary["contained"] = json!([early]);
        portal.put(&ada.tenant, &preliminary);
        portal.put(
            &ada.tenant,
            &of.unreleased_lab("unreleased", "2024-01-01", "2345-7"),
        );
        portal.put(
            &ada.tenant,
            &of.report("repeats", &["unreleased", "lab-ada"]),
        );
        portal.put(&ada.tenant, &of.report("honest", &["lab-ada"]));
        assert_eq!(
            ids(&portal.get_as(&ada, "/fhir/R4/Condition").await),
            ["cht.condition-ada"]
        );
        assert_eq!(
            ids(&portal.get_as(&ada, "/fhir/R4/DiagnosticReport").await),
            ["lab.honest"]
        );
        let visible = portal
            .get_as(&ada, "/fhir/R4/Observation?category=laboratory")
            .await;
        assert_eq!(
            ids(&visible),
            ["lab.lab-ada"],
            "visible results stay readable"
        );
    })
    .await;
}

#[tokio::test]
async fn k13_a_report_whose_results_cannot_be_looked_up_waits() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let of = Fixture::of(&ada.patient);
        let with = |id: &str, result: Value| {
            let mut report = of.report(id, &[]);
            report["conclusion"] = json!("tells-a-value");
            report["result"] = json!([result]);
            report
        };
        let inner = of.lab("inner", "2024-01-01", "2345-7");
        let mut contained = with("contained", json!({"reference": "#inner"}));
        contained["contained"] = json!([inner]);
        let long = "l".repeat(62);
        portal.put(
            &ada.tenant,
            &of.unreleased_lab(&long, "2024-01-01", "2345-7"),
        );
        for report in [
            with("unnamed", json!({"identifier": {"value": "7"}})),
            with(
                "elsewhere",
                json!({"reference": "https://elsewhere.test/Observation/1"}),
            ),
            with(
                "unsayable",
                json!({"reference": format!("Observation/{long}")}),
            ),
            with("honest", json!({"reference": "Observation/lab-ada"})),
            contained,
        ] {
            portal.put(&ada.tenant, &report);
        }
        let mut shown = ids(&portal.get_as(&ada, "/fhir/R4/DiagnosticReport").await);
        shown.sort();
        assert_eq!(shown, ["lab.contained", "lab.honest"]);
    })
    .await;
}

#[tokio::test]
async fn k13_a_reference_to_what_is_withheld_is_masked() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let of = Fixture::of(&ada.patient);
        let mut wrong = of.condition("wrong", "never was");
        wrong["verificationStatus"] = json!({"coding": [{"code": "entered-in-error"}]});
        portal.put(&ada.tenant, &wrong);
        let mut medication = of.medication("because", "of it");
        medication["reasonReference"] = json!([
            {"reference": "Condition/wrong", "display": "tells-what-is-withheld"},
            {"reference": "Condition/condition-ada", "display": "honest"},
        ]);
        portal.put(&ada.tenant, &medication);
        let answer = portal
            .get_as(&ada, "/fhir/R4/MedicationRequest/med.because")
            .await;
        let body = answer.json();
        let reasons = &body["reasonReference"];
        assert_eq!(reasons[0]["extension"][0]["valueCode"], "masked");
        assert_eq!(reasons[1]["reference"], "Condition/cht.condition-ada");
        assert!(!String::from_utf8_lossy(&answer.body).contains("tells-what"));
    })
    .await;
}

#[tokio::test]
async fn k15_swapped_ids_open_nothing() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        for path in [
            format!("/fhir/R4/Patient/{}", ben.patient),
            "/fhir/R4/Condition/cht.condition-ben".to_owned(),
            "/fhir/R4/Condition/lab.condition-ada".to_owned(),
            "/fhir/R4/Observation/med.lab-ada".to_owned(),
            "/v1/portal/results/labs/lab.lab-ben".to_owned(),
            "/v1/portal/results/labs/cht.vital-ada".to_owned(),
        ] {
            assert_eq!(
                portal.get_as(&ada, &path).await.verdict(),
                "404 NOT_FOUND",
                "{path}"
            );
        }
        let mixed = format!("/fhir/R4/Condition?patient={},{}", ada.patient, ben.patient);
        assert_eq!(portal.get_as(&ada, &mixed).await.status, 403);
        let own = format!("/fhir/R4/Condition?patient=Patient/{}", ada.patient);
        assert_eq!(ids(&portal.get_as(&ada, &own).await), ["cht.condition-ada"]);
    })
    .await;
}

#[tokio::test]
async fn k19_k20_k37_what_is_not_this_patients_is_dropped() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let of_ben = Fixture::of(&ben.patient);
        let own = json!({"reference": format!("Patient/{}", ada.patient)});
        let base = portal.sandbox.source_url("patient-chart");
        let with_subject = |id: &str, subject: Value| {
            let mut condition = of_ben.condition(id, "not ada's");
            condition["subject"] = subject;
            condition
        };
        let mut asserted = of_ben.condition("asserted", "ada only asserts it");
        asserted["asserter"] = own.clone();
        let mut contained = with_subject("contained", json!({"reference": "#p"}));
        contained["contained"] = json!([{"resourceType": "Patient", "id": "p"}]);
        let prefix = format!("Patient/{}x", ada.patient);
        let elsewhere = format!("https://elsewhere.test/fhir/Patient/{}", ada.patient);
        for foreign in [
            asserted,
            contained,
            with_subject(
                "bens",
                json!({"reference": format!("Patient/{}", ben.patient)}),
            ),
            with_subject("none", json!({"display": "nobody"})),
            with_subject(
                "urn",
                json!({"reference": "urn:uuid:1b7e6ea6-3b0f-4b7e-9a52-000000000001"}),
            ),
            with_subject("prefix", json!({"reference": prefix})),
            with_subject("elsewhere", json!({"reference": elsewhere})),
            with_subject("identifier", json!({"identifier": {"value": ada.patient}})),
        ] {
            portal.list_for(&ada, "patient-chart", &foreign);
        }
        for (id, reference) in [
            ("versioned", format!("Patient/{}/_history/3", ada.patient)),
            ("absolute", format!("{base}/Patient/{}", ada.patient)),
        ] {
            portal.list_for(
                &ada,
                "patient-chart",
                &with_subject(id, json!({"reference": reference})),
            );
        }
        let mut found = ids(&portal.get_as(&ada, "/fhir/R4/Condition").await);
        found.sort();
        assert_eq!(
            found,
            ["cht.absolute", "cht.condition-ada", "cht.versioned"]
        );
        let metrics = portal.metrics();
        let violations = r#"portal_compartment_violations_total{upstream="patient-chart"}"#;
        assert!(metrics.contains(violations), "{metrics}");
    })
    .await;
}

#[tokio::test]
async fn k36_ids_are_compared_whole() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let longer = Person {
            patient: format!("{}0", ada.patient),
            ..portal.person("longer").await
        };
        let of = Fixture::of(&longer.patient);
        portal.list_for(&ada, "patient-chart", &of.condition("longer", "another's"));
        portal.put(
            &ada.tenant,
            &Fixture::of(&ada.patient).condition("own", "own"),
        );
        assert_eq!(
            ids(&portal.get_as(&ada, "/fhir/R4/Condition").await),
            ["cht.own"]
        );
        let named = format!("/fhir/R4/Condition?patient={}", longer.patient);
        assert_eq!(portal.get_as(&ada, &named).await.status, 403);
        let shorter = &ada.patient[..ada.patient.len() - 1];
        let named = format!("/fhir/R4/Condition?patient={shorter}");
        assert_eq!(portal.get_as(&ada, &named).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn k47_odd_ids_reach_no_source() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        assert_eq!(
            portal
                .get_as(&ada, "/fhir/R4/Condition/cht.condition-ada")
                .await
                .status,
            200
        );
        portal.sandbox.reset_calls();
        for id in [
            "..",
            "cht...",
            "cht.%2e%2e",
            "cht.%2E%2E%2Fadmin",
            "cht.a%2Fb",
            "cht.a%3Fb=c",
            "cht.a%23",
            "cht.%00",
            "xyz.condition-ada",
            "condition-ada",
            "cht.",
            ".condition-ada",
            "cht.a.b",
            "cht.a_b",
            "%63ht%2Econdition-ada%20",
        ] {
            let answer = portal
                .get_raw(&ada, &format!("/fhir/R4/Condition/{id}"))
                .await;
            assert!(
                matches!(answer.status, 400 | 404),
                "{id}: {}",
                answer.verdict()
            );
        }
        let long = format!("/fhir/R4/Condition/cht.{}", "a".repeat(70));
        assert_eq!(portal.get_as(&ada, &long).await.status, 404);
        assert!(
            portal.sandbox.calls("patient-chart").is_empty(),
            "nothing odd was asked for"
        );
    })
    .await;
}
