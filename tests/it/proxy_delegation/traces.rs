//! What is done for somebody is told to them.

use portal_tests::scene;
use serde_json::{Value, json};

use super::{DENIED, INVALID, LABS, PROBLEMS, scope, two};

/// What an entry of the log says of an act for somebody else.
fn told(entry: &Value) -> [&Value; 6] {
    let actor = &entry["actor"];
    [
        &entry["eventType"],
        &entry["outcome"],
        &entry["reasonCode"],
        &actor["kind"],
        &actor["actingAsProxy"],
        &actor["proxyDelegationId"],
    ]
}

#[tokio::test]
async fn a_proxys_acts_are_in_the_grantors_log() {
    scene(async {
        let two = two(scope(&["problems", "apps"])).await;
        let seen = two.ask(PROBLEMS).await;
        two.app("/fhir/R4/Condition/cht.condition-ada").await;
        let claims = json!({"patient": two.ada.patient, "azp": "smart-app"});
        let app = two.portal.token_with(&two.ben, &claims);
        two.portal.get(Some(&app), "/fhir/R4/Condition").await;
        let log = two.portal.log_of(&two.ada).await;
        assert_eq!(log.len(), 3, "{log:?}");
        let (yes, none, delegation) = (json!(true), json!(null), json!(two.delegation));
        let success = json!("success");
        for (entry, event, kind) in [
            (&log[0], json!("fhir.searched"), json!("app")),
            (&log[1], json!("fhir.read"), json!("proxy")),
            (&log[2], json!("chart.viewed"), json!("proxy")),
        ] {
            assert_eq!(
                told(entry),
                [&event, &success, &none, &kind, &yes, &delegation]
            );
            assert_eq!(entry["resourceIds"], json!(["cht.condition-ada"]));
        }
        assert_eq!(log[2]["requestId"], seen.header("x-request-id"));
        assert_eq!(log[0]["actor"]["clientId"], "smart-app");
        let ben = two.portal.get_as(&two.ben, "/v1/portal/me").await.json();
        assert_eq!(log[2]["actor"]["accountId"], ben["accountId"]);
        let own = two.portal.log_of(&two.ben).await;
        assert!(
            own.iter()
                .all(|entry| entry["eventType"] == "account.viewed"),
            "{own:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_proxys_refusals_are_in_the_grantors_log() {
    scene(async {
        let two = two(scope(&["problems"])).await;
        assert_eq!(two.ask(LABS).await.verdict(), DENIED);
        assert_eq!(two.app("/fhir/R4/Immunization").await.verdict(), DENIED);
        assert_eq!(two.ask("/v1/portal/me/access-log").await.verdict(), DENIED);
        let missing = two.app("/fhir/R4/Condition/cht.nothing").await;
        assert_eq!(missing.status, 404);
        two.change(json!({"validTo": "2020-12-31"})).await;
        assert_eq!(two.ask(PROBLEMS).await.verdict(), INVALID);
        let log = two.portal.log_of(&two.ada).await;
        let reasons: Vec<&str> = log
            .iter()
            .filter_map(|entry| entry["reasonCode"].as_str())
            .collect();
        assert_eq!(
            reasons,
            [
                "proxy-delegation-past-its-end",
                "not-found",
                "never-for-proxy",
                "proxy-scope-denied",
                "proxy-scope-denied",
            ]
        );
        for entry in &log {
            assert_eq!(entry["actor"]["kind"], "proxy", "{entry}");
            assert_eq!(entry["actor"]["actingAsProxy"], true, "{entry}");
            assert_eq!(
                entry["actor"]["proxyDelegationId"], two.delegation,
                "{entry}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_names_nobody_is_told_to_nobody_else() {
    scene(async {
        let two = two(json!({})).await;
        let cem = two.portal.person("cem").await;
        for name in ["nonsense", two.delegation.as_str()] {
            let refused = two.portal.get_for(&cem, name, PROBLEMS).await;
            assert_eq!(refused.verdict(), INVALID);
        }
        assert!(
            two.portal.log_of(&two.ada).await.is_empty(),
            "a guess is no act for Ada"
        );
        let own = two.portal.log_of(&cem).await;
        let reasons: Vec<&Value> = own.iter().map(|entry| &entry["reasonCode"]).collect();
        assert_eq!(
            reasons,
            ["proxy-delegation-unknown", "proxy-delegation-unknown"]
        );
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_by_proxy() {
    scene(async {
        let two = two(json!({})).await;
        two.ask(PROBLEMS).await;
        two.portal.get_as(&two.ada, PROBLEMS).await;
        let path = "/v1/portal/me/access-log?actor=proxy";
        let page = two.portal.get_as(&two.ada, path).await.json();
        assert_eq!(
            (&page["total"], &page["data"][0]["actor"]["kind"]),
            (&json!(1), &json!("proxy"))
        );
    })
    .await;
}
