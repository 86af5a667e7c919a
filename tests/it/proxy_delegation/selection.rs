//! Which delegation a request is about.

use std::time::Duration;

use portal_tests::{EVERY_RIGHT, Person, TestPortal, long_scene, scene};
use serde_json::json;

use super::{DENIED, INVALID, LABS, PROBLEMS, scope, two};

#[tokio::test]
async fn me_names_whom_one_acts_for_and_whom_one_may_act_for() {
    scene(async {
        let two = two(json!({"scope": ["vitals", "labs"], "validTo": "2999-12-31"})).await;
        let cem = two.portal.person("cem").await;
        let other = two.portal.delegate(&cem, &two.ben, &json!({})).await;
        let dan = two.portal.person("dan").await;
        let past = json!({"validTo": "2020-12-31"});
        two.portal.delegate(&dan, &two.ben, &past).await;
        let eva = two.portal.person("eva").await;
        two.portal.delegate(&eva, &two.ben, &json!({})).await;
        two.portal.end_delegation(&eva, &two.ben).await;

        let me = two.portal.get_as(&two.ben, "/v1/portal/me").await.json();
        assert!(me["actingFor"].is_null(), "{me}");
        assert_eq!(
            (&me["displayName"], &me["kind"]),
            (&json!("Ada ben"), &json!("patient"))
        );
        let ada = json!({
            "delegationId": two.delegation, "patientId": two.ada.patient, "displayName": "Ada ada",
            "relationshipType": "spouse", "scope": ["vitals", "labs"], "validTo": "2999-12-31",
        });
        let cem = json!({
            "delegationId": other, "patientId": cem.patient, "displayName": "Ada cem",
            "relationshipType": "spouse", "scope": EVERY_RIGHT,
        });
        let may = me["mayActFor"].as_array().expect("a list");
        assert_eq!(may.len(), 2, "only those in force: {me}");
        assert!(may.contains(&ada) && may.contains(&cem), "{me}");

        let acting = two.ask("/v1/portal/me").await.json();
        assert_eq!(acting["actingFor"], ada);
        assert_eq!(acting["mayActFor"], me["mayActFor"]);
        for member in ["accountId", "patientId", "displayName", "kind"] {
            assert_eq!(acting[member], me[member], "one's own {member}");
        }
        let own = two.portal.get_as(&two.ada, "/v1/portal/me").await.json();
        assert_eq!(own["mayActFor"], json!([]), "a grantor acts for nobody");
    })
    .await;
}

#[tokio::test]
async fn a_caregiver_reaches_nothing_but_me_unless_acting() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        portal.put_everything(&ada, "ada");
        let carer = portal.caregiver("carer").await;
        let delegation = portal.delegate(&ada, &carer, &json!({})).await;
        let me = portal.get_as(&carer, "/v1/portal/me").await;
        assert_eq!(me.status, 200, "{}", me.verdict());
        let me = me.json();
        assert_eq!(
            (&me["kind"], &me["status"]),
            (&json!("caregiver"), &json!("active"))
        );
        assert!(
            me["patientId"].is_null() && me["displayName"].is_null(),
            "{me}"
        );
        assert_eq!(me["mayActFor"][0]["delegationId"], delegation);
        assert_eq!(me["mayActFor"][0]["displayName"], "Ada ada");
        for path in [
            "/v1/portal/me/access-log",
            "/v1/portal/chart/summary",
            "/v1/portal/chart/allergies",
            "/v1/portal/chart/medications",
            "/v1/portal/chart/vitals",
            "/v1/portal/chart/immunizations",
            PROBLEMS,
            LABS,
            "/v1/portal/results/labs/lab.lab-ada",
        ] {
            let alone = portal.get_as(&carer, path).await;
            assert_eq!(alone.verdict(), "403 ACCOUNT_NOT_LINKED", "{path}");
            let acting = portal.get_for(&carer, &delegation, path).await;
            let verdict = if path.ends_with("access-log") {
                DENIED
            } else {
                "200"
            };
            assert_eq!(acting.verdict(), verdict, "{path}");
        }
        for path in [
            "/fhir/R4/Patient",
            "/fhir/R4/Condition",
            "/fhir/R4/Condition/cht.condition-ada",
        ] {
            let alone = portal.get_as(&carer, path).await;
            assert_eq!(alone.verdict(), "403 PATIENT_CLAIM_REQUIRED", "{path}");
            let token = portal.launched(&carer, &ada);
            assert_eq!(portal.get(Some(&token), path).await.status, 200, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_names_no_delegation_of_the_callers_opens_nothing() {
    let many = async {
        let two = two(json!({})).await;
        let (portal, ben) = (&two.portal, &two.ben);
        let cem = portal.person("cem").await;
        let to_cem = portal.delegate(&two.ada, &cem, &json!({})).await;
        let elsewhere = portal.tenant("elsewhere", true).await;
        let dan = portal.person_of(&elsewhere, "dan").await;
        let twin = Person {
            tenant: elsewhere.clone(),
            ..ben.clone()
        };
        portal.admit(&twin).await;
        let foreign = portal.delegate(&dan, &twin, &json!({})).await;
        let eva = portal.person("eva").await;
        let ended = portal.delegate(&eva, ben, &json!({})).await;
        portal.end_delegation(&eva, ben).await;

        assert_eq!(two.ask(PROBLEMS).await.ids(), ["cht.condition-ada"]);
        assert_eq!(portal.get_for(&twin, &foreign, PROBLEMS).await.status, 200);
        let fhir = two.delegation.replace('_', "-");
        let lower = two.delegation.to_lowercase();
        let longer = format!("{}0", two.delegation);
        let unknown = format!(
            "pdel_{}",
            two.delegation[5..].chars().rev().collect::<String>()
        );
        for name in [
            "",
            "pdel_",
            "pdel_00000000000000000000000000",
            "self",
            "null",
            fhir.as_str(),
            lower.as_str(),
            longer.as_str(),
            unknown.as_str(),
            two.ada.patient.as_str(),
            two.ada.subject.as_str(),
            to_cem.as_str(),
            foreign.as_str(),
            ended.as_str(),
        ] {
            for path in [PROBLEMS, LABS, "/v1/portal/chart/summary", "/v1/portal/me"] {
                let answer = portal.get_for(ben, name, path).await;
                assert_eq!(answer.verdict(), INVALID, "{name:?} {path}");
            }
            let log = portal.get_for(ben, name, "/v1/portal/me/access-log").await;
            assert_eq!(log.verdict(), DENIED, "{name:?}: never for a proxy");
        }
        let log = two.ask("/v1/portal/me/access-log").await;
        assert_eq!(log.verdict(), DENIED, "not with a good one either");
    };
    long_scene(Duration::from_mins(1), many).await;
}

#[tokio::test]
async fn two_delegations_in_one_request_are_none() {
    scene(async {
        let two = two(json!({})).await;
        let cem = two.portal.person("cem").await;
        let other = two.portal.delegate(&cem, &two.ben, &json!({})).await;
        let name = "X-Acting-For";
        for (first, second) in [
            (two.delegation.as_str(), other.as_str()),
            (other.as_str(), two.delegation.as_str()),
            (two.delegation.as_str(), "nonsense"),
            ("nonsense", two.delegation.as_str()),
        ] {
            let headers = [(name, first), (name, second)];
            let answer = two.portal.get_with(&two.ben, PROBLEMS, &headers).await;
            assert_eq!(answer.verdict(), INVALID, "{first} {second}");
        }
        let joined = format!("{},{other}", two.delegation);
        let answer = two.portal.get_for(&two.ben, &joined, PROBLEMS).await;
        assert_eq!(answer.verdict(), INVALID);
    })
    .await;
}

#[tokio::test]
async fn delegations_are_never_merged() {
    scene(async {
        let two = two(scope(&["labs"])).await;
        let cem = two.portal.person("cem").await;
        two.portal.put_everything(&cem, "cem");
        let other = two
            .portal
            .delegate(&cem, &two.ben, &scope(&["problems"]))
            .await;
        assert_eq!(two.ask(PROBLEMS).await.verdict(), DENIED);
        let problems = two.portal.get_for(&two.ben, &other, PROBLEMS).await;
        assert_eq!(problems.ids(), ["cht.condition-cem"]);
        let labs = two.portal.get_for(&two.ben, &other, LABS).await;
        assert_eq!(labs.verdict(), DENIED);
        for path in [format!("{LABS}/lab.lab-cem"), format!("{LABS}/lab.lab-ben")] {
            assert_eq!(two.ask(&path).await.verdict(), "404 NOT_FOUND", "{path}");
        }
        assert_eq!(two.ask(LABS).await.ids(), ["lab.lab-ada"]);
    })
    .await;
}

#[tokio::test]
async fn apps_act_in_the_launch_context_alone() {
    scene(async {
        let two = two(json!({})).await;
        let (portal, ben) = (&two.portal, &two.ben);
        let header = [("X-Acting-For", two.delegation.as_str())];
        for token in [portal.token(ben), portal.launched(ben, &two.ada)] {
            for path in ["/fhir/R4/Condition", "/fhir/R4/Condition/cht.condition-ada"] {
                let answer = portal.get_token_with(&token, path, &header).await;
                assert_eq!(answer.verdict(), "400 UNKNOWN_PARAMETER", "{path}");
            }
        }
        assert_eq!(
            two.app("/fhir/R4/Condition").await.ids(),
            ["cht.condition-ada"]
        );
        let own = portal.get_as(ben, "/fhir/R4/Condition").await;
        assert_eq!(own.ids(), ["cht.condition-ben"]);
        let token = portal.launched(ben, &two.ada);
        for headers in [&header[..], &[]] {
            let rest = portal.get_token_with(&token, PROBLEMS, headers).await;
            assert_eq!(
                rest.verdict(),
                "403 ACCOUNT_NOT_LINKED",
                "the claim must agree"
            );
        }
        let cem = portal.person("cem").await;
        let token = portal.launched(ben, &cem);
        let stranger = portal.get(Some(&token), "/fhir/R4/Condition").await;
        assert_eq!(stranger.verdict(), INVALID);
        let named = format!("/fhir/R4/Condition?patient={}", ben.patient);
        let named = two.app(&named).await;
        assert_eq!(named.status, 403, "not even one's own record");
        let named = format!("/fhir/R4/Condition?patient={}", two.ada.patient);
        assert_eq!(two.app(&named).await.ids(), ["cht.condition-ada"]);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_names_its_delegation_must_name_the_right_one() {
    scene(async {
        let two = two(json!({})).await;
        let (portal, ben) = (&two.portal, &two.ben);
        let cem = portal.person("cem").await;
        let other = portal.delegate(&cem, ben, &json!({})).await;
        let ask = async |patient: &Person, delegation: serde_json::Value| {
            let claims = json!({"patient": patient.patient, "delegation_id": delegation});
            let token = portal.token_with(ben, &claims);
            portal
                .get(Some(&token), "/fhir/R4/Condition")
                .await
                .verdict()
        };
        assert_eq!(ask(&two.ada, json!(two.delegation)).await, "200");
        assert_eq!(
            ask(&two.ada, json!(two.delegation.replace('_', "-"))).await,
            "200"
        );
        assert_eq!(ask(&cem, json!(other)).await, "200");
        for wrong in [
            json!(other),
            json!("nonsense"),
            json!(""),
            json!(7),
            json!([two.delegation]),
        ] {
            assert_eq!(ask(&two.ada, wrong.clone()).await, INVALID, "{wrong}");
        }
        assert_eq!(
            ask(ben, json!(two.delegation)).await,
            INVALID,
            "it is not one's own"
        );
    })
    .await;
}

#[tokio::test]
async fn a_third_partys_app_needs_the_grantors_tick() {
    scene(async {
        let two = two(scope(&["problems"])).await;
        let claims = json!({"patient": two.ada.patient, "azp": "smart-app"});
        let app = two.portal.token_with(&two.ben, &claims);
        let path = "/fhir/R4/Condition";
        assert_eq!(two.portal.get(Some(&app), path).await.verdict(), DENIED);
        assert_eq!(
            two.app(path).await.status,
            200,
            "the portal's own need none"
        );
        let own = json!({"azp": "smart-app"});
        let own = two.portal.token_with(&two.ben, &own);
        let own = two.portal.get(Some(&own), path).await;
        assert_eq!(
            own.ids(),
            ["cht.condition-ben"],
            "one's own record needs none"
        );
        two.change(scope(&["problems", "apps"])).await;
        let seen = two.portal.get(Some(&app), path).await;
        assert_eq!(seen.ids(), ["cht.condition-ada"]);
        let other = two
            .portal
            .get(Some(&app), "/fhir/R4/AllergyIntolerance")
            .await;
        assert_eq!(other.verdict(), DENIED);
        two.change(scope(&["problems"])).await;
        assert_eq!(two.portal.get(Some(&app), path).await.verdict(), DENIED);
    })
    .await;
}
