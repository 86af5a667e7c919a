//! Leaks that others have had, by number, each with the honest request that passes.

use portal_tests::{Fixture, Person, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

struct Two {
    portal: TestPortal,
    ada: Person,
    ben: Person,
}

/// Two patients of one tenant, each with one of everything.
async fn two() -> Two {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    for (person, name) in [(&ada, "ada"), (&ben, "ben")] {
        let of = Fixture::of(&person.patient);
        let id = |kind: &str| format!("{kind}-{name}");
        portal.put(
            &person.tenant,
            &of.condition(&id("condition"), &format!("marker-{name}")),
        );
        portal.put(
            &person.tenant,
            &of.allergy(&id("allergy"), &format!("marker-{name}")),
        );
        portal.put(&person.tenant, &of.lab(&id("lab"), "2024-01-01", "2345-7"));
        portal.put(&person.tenant, &of.vital(&id("vital"), "2024-01-01", "70"));
        portal.put(
            &person.tenant,
            &of.medication(&id("medication"), &format!("marker-{name}")),
        );
    }
    Two { portal, ada, ben }
}

fn ids(answer: &portal_tests::Answer) -> Vec<String> {
    answer
        .resources()
        .iter()
        .filter_map(|resource| resource["id"].as_str().map(str::to_owned))
        .collect()
}

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
async fn k3_counts_and_chains_tell_nothing_of_others() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let own = portal
            .get_as(&ada, "/fhir/R4/Condition?_summary=count")
            .await;
        assert_eq!(own.json()["total"], 1);
        let path = format!(
            "/fhir/R4/Condition?_summary=count&_id=cht.condition-{}",
            "ben"
        );
        assert_eq!(portal.get_as(&ada, &path).await.json()["total"], 0);
        let other = format!("/fhir/R4/Condition?_summary=count&patient={}", ben.patient);
        let absent = "/fhir/R4/Condition?_summary=count&patient=nobody-at-all";
        let (other, absent) = (
            portal.get_as(&ada, &other).await,
            portal.get_as(&ada, absent).await,
        );
        assert_eq!((other.status, other.code()), (absent.status, absent.code()));
        assert_eq!(other.status, 403);
        for chained in [
            "/fhir/R4/Condition?subject.name=x",
            "/fhir/R4/Condition?patient.name=x",
            "/fhir/R4/Patient?_has:Condition:patient:code=x",
            "/fhir/R4/Condition?_filter=code%20eq%20x",
            "/fhir/R4/Condition?_query=x",
        ] {
            assert_eq!(portal.get_as(&ada, chained).await.status, 400, "{chained}");
        }
    })
    .await;
}

#[tokio::test]
async fn k4_a_scope_opens_its_own_type_only() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let token = portal.token_with(&ada, &json!({"scope": "patient/Observation.read"}));
        let allowed = portal.get(Some(&token), "/fhir/R4/Observation").await;
        assert_eq!(ids(&allowed).len(), 2);
        for name in [
            "Condition",
            "AllergyIntolerance",
            "MedicationRequest",
            "Patient",
            "Immunization",
            "DiagnosticReport",
        ] {
            let answer = portal.get(Some(&token), &format!("/fhir/R4/{name}")).await;
            assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE", "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn k6_what_is_cached_reaches_no_other_caller_or_scope() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        assert_eq!(
            ids(&portal.get_as(&ada, "/fhir/R4/Condition").await),
            ["cht.condition-ada"]
        );
        let cached = portal.get_as(&ada, "/v1/portal/chart/problems").await;
        assert!(cached.header("x-portal-degraded").is_empty());
        assert_eq!(
            ids(&portal.get_as(&ben, "/fhir/R4/Condition").await),
            ["cht.condition-ben"]
        );
        let narrow = portal.token_with(&ada, &json!({"scope": "patient/Patient.read"}));
        let refused = portal.get(Some(&narrow), "/fhir/R4/Condition").await;
        assert_eq!(refused.verdict(), "403 INSUFFICIENT_SCOPE");
    })
    .await;
}

#[tokio::test]
async fn k9_absent_foreign_and_withheld_are_one_answer() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let of = Fixture::of(&ada.patient);
        portal.put(
            &ada.tenant,
            &of.unreleased_lab("lab-secret", "2024-01-02", "718-7"),
        );
        let mut bodies = Vec::new();
        for id in ["lab.lab-nothing", "lab.lab-ben", "lab.lab-secret"] {
            for path in [
                format!("/fhir/R4/Observation/{id}"),
                format!("/v1/portal/results/labs/{id}"),
            ] {
                let answer = portal.get_as(&ada, &path).await;
                assert_eq!(answer.verdict(), "404 NOT_FOUND", "{path}");
                bodies.push((
                    path.starts_with("/fhir"),
                    without_correlation(answer.json()),
                ));
            }
        }
        for fhir in [true, false] {
            let mut of_face = bodies
                .iter()
                .filter(|(face, _)| *face == fhir)
                .map(|(_, body)| body);
            let first = of_face.next().expect("three of each");
            assert!(of_face.all(|body| body == first));
        }
        let own = portal
            .get_as(&ada, "/fhir/R4/Observation/lab.lab-ada")
            .await;
        assert_eq!(own.status, 200);
    })
    .await;
}

fn without_correlation(mut body: Value) -> Value {
    for name in ["correlationId", "instance", "timestamp"] {
        if let Some(members) = body.as_object_mut() {
            members.remove(name);
        }
    }
    if let Some(issue) = body["issue"].get_mut(0).and_then(Value::as_object_mut) {
        issue.remove("diagnostics");
    }
    body
}

#[tokio::test]
async fn k12_k31_the_tenant_comes_from_the_token_alone() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let elsewhere = portal.tenant("elsewhere", true).await;
        let path = "/v1/portal/chart/problems";
        let other = portal
            .get_with(&ada, path, &[("X-Tenant-ID", &elsewhere)])
            .await;
        assert_eq!(other.verdict(), "403 TENANT_MISMATCH");
        let same = portal
            .get_with(&ada, path, &[("X-Tenant-ID", &ada.tenant)])
            .await;
        assert_eq!(same.status, 200);
        let token = portal.token_with(&ada, &json!({"tid": null}));
        let headers = [("X-Tenant-ID", ada.tenant.as_str())];
        let without = portal.get_token_with(&token, path, &headers).await;
        assert_eq!(without.verdict(), "403 TENANT_CLAIM_REQUIRED");
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
async fn k16_no_patient_context_is_no_patient() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let path = "/fhir/R4/Condition";
        let without = portal.token_with(&ada, &json!({"patient": null}));
        let answer = portal.get(Some(&without), path).await;
        assert_eq!(answer.verdict(), "403 PATIENT_CLAIM_REQUIRED");
        let other = portal.token_with(&ada, &json!({"patient": ben.patient}));
        let answer = portal.get(Some(&other), path).await;
        assert_eq!(answer.verdict(), "403 PROXY_DELEGATION_INVALID");
        let rest = portal.get(Some(&other), "/v1/portal/chart/problems").await;
        assert_eq!(rest.verdict(), "403 ACCOUNT_NOT_LINKED");
        let rest = portal
            .get(Some(&without), "/v1/portal/chart/problems")
            .await;
        assert_eq!(
            ids(&rest),
            ["cht.condition-ada"],
            "the account decides on the portal"
        );
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
async fn k26_without_a_journal_there_is_no_answer() {
    scene(async {
        // Blocking is felt by everybody in the database.
        let options = TestOptions {
            own_database: true,
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let ada = portal.person("ada").await;
        let path = "/v1/portal/chart/problems";
        assert_eq!(portal.get_as(&ada, path).await.status, 200);
        portal.block_journal().await;
        let refused = portal.get_as(&ada, path).await;
        assert_eq!(refused.verdict(), "503 STORE_UNAVAILABLE");
        assert!(!refused.header("retry-after").is_empty());
        portal.unblock_journal().await;
        assert_eq!(portal.get_eventually(&ada, path).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn k27_a_token_in_the_url_is_refused() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let token = portal.token(&ada);
        for path in ["/v1/portal/me", "/fhir/R4/Condition"] {
            let in_url = format!("{path}?access_token={token}");
            assert_eq!(
                portal.get(None, &in_url).await.verdict(),
                "400 TOKEN_IN_URL"
            );
            assert_eq!(
                portal.get(Some(&token), &in_url).await.verdict(),
                "400 TOKEN_IN_URL"
            );
        }
        assert_eq!(portal.get(Some(&token), "/v1/portal/me").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn k28_a_bearer_token_may_be_used_again() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let token = portal.token(&ada);
        for _ in 0..5 {
            assert_eq!(
                portal
                    .get(Some(&token), "/v1/portal/chart/problems")
                    .await
                    .status,
                200
            );
        }
    })
    .await;
}

#[tokio::test]
async fn k29_malformed_scopes_never_widen() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        for scope in [
            "patient/condition.read",
            "patient/Condition.sr",
            "patient/Condition.rsread",
            "patient/Condition.read?category=x",
            "Patient/Condition.read",
            "user/Condition.read",
            "system/*.*",
            "patient/Condition",
            "patient/.read",
            "patient/**.read",
            "patient/Observation.read patient/Condition.reads",
            "",
        ] {
            let token = portal.token_with(&ada, &json!({"scope": scope}));
            let answer = portal.get(Some(&token), "/fhir/R4/Condition").await;
            assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE", "{scope}");
        }
        for scope in [
            "patient/Condition.read",
            "patient/Condition.rs",
            "patient/*.read x patient/y",
        ] {
            let token = portal.token_with(&ada, &json!({"scope": scope}));
            assert_eq!(
                portal.get(Some(&token), "/fhir/R4/Condition").await.status,
                200,
                "{scope}"
            );
        }
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
async fn k38_third_party_apps_belong_on_fhir() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let app = portal.token_with(&ada, &json!({"azp": "smart-app"}));
        let refused = portal.get(Some(&app), "/v1/portal/chart/problems").await;
        assert_eq!(refused.verdict(), "403 CLIENT_NOT_ALLOWED");
        let found = portal.get(Some(&app), "/fhir/R4/Condition").await;
        assert_eq!(ids(&found), ["cht.condition-ada"]);
    })
    .await;
}

#[tokio::test]
async fn k39_k40_only_a_full_access_token_passes() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        for change in [
            json!({"typ": "ID"}),
            json!({"typ": "Refresh"}),
            json!({"typ": "Logout"}),
            json!({"_header": {"typ": "logout+jwt"}}),
            json!({"aud": ["account"]}),
            json!({"aud": null}),
            json!({"iss": "https://elsewhere.test"}),
            json!({"_header": {"alg": "none"}}),
            json!({"_header": {"alg": "HS256"}}),
            json!({"_header": {"crit": ["exp"]}}),
            json!({"_header": {"jku": "https://elsewhere.test/keys"}}),
            json!({"_key": "unknown"}),
            json!({"sub": null}),
            json!({"iat": null}),
            json!({"exp": null}),
        ] {
            let token = portal.token_with(&ada, &change);
            let answer = portal.get(Some(&token), "/fhir/R4/Condition").await;
            assert_eq!(answer.verdict(), "401 UNAUTHENTICATED", "{change}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
        for change in [
            json!({"acr": "1", "amr": ["pwd"]}),
            json!({"acr": null, "amr": null}),
            json!({"acr": "gold", "amr": []}),
        ] {
            let token = portal.token_with(&ada, &change);
            for path in ["/fhir/R4/Condition", "/v1/portal/me"] {
                let answer = portal.get(Some(&token), path).await;
                assert_eq!(answer.verdict(), "403 MFA_REQUIRED", "{change}");
            }
        }
        for change in [
            json!({}),
            json!({"_key": "es1"}),
            json!({"acr": "1", "amr": ["otp"]}),
            json!({"_header": {"typ": "at+jwt"}}),
        ] {
            let token = portal.token_with(&ada, &change);
            assert_eq!(
                portal.get(Some(&token), "/fhir/R4/Condition").await.status,
                200,
                "{change}"
            );
        }
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
