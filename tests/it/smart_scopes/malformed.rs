//! What is no scope of the grammar gives nothing, and takes nothing from its neighbours.

use portal_tests::scene;

use super::{DENIED, one};

#[tokio::test]
async fn k29_what_is_malformed_gives_nothing() {
    scene(async {
        let one = one().await;
        for scope in [
            "patient/Condition",
            "patient/Condition.",
            "patient/Condition.sr",
            "patient/Condition.rss",
            "patient/Condition.rsx",
            "patient/Condition.Read",
            "patient/Condition.READ",
            "patient/Condition.read,write",
            "patient/Condition.rs.rs",
            "patient/Condition.read.rs",
            "patient/Condition.reads",
            "patient/condition.read",
            "patient/CONDITION.read",
            "patient/Condition*.read",
            "patient/Cond*.read",
            "patient/**.read",
            "patient//Condition.read",
            "patient/Condition/cht.condition-ada.read",
            "Patient/Condition.read",
            "PATIENT/*.read",
            "patients/Condition.read",
            "patient:Condition.read",
            "patient.Condition.read",
            "/Condition.read",
            "Condition.read",
            "*/Condition.read",
            "*.read",
            "*",
            "user/Condition.read",
            "user/*.cruds",
            "system/Condition.read",
            "system/*.cruds",
            "patient/Condition.rs?",
            "patient/Condition.rs?category",
            "patient/Condition.rs?category=",
            "patient/Condition.rs?category=problem-list-item&",
            "patient/Condition.rs?category=problem-list-item,",
            "patient/Condition.rs?category:not=x",
            "patient/Condition.rs?category=problem-list-item&unknown=x",
            "patient/Condition.rs?Category=problem-list-item",
            "patient/Condition.rs?patient.name=x",
            "patient/Condition.rs?_id=cht.condition-ada",
            "patient/Condition.rs?category=problem%2Dlist%2Ditem",
            "patient/Condition.read?category=problem-list-item",
            "patient/*.rs?category=problem-list-item",
            "patient/Condition.rs#category=x",
            "patient/Condition.rs;patient/Condition.read",
            "patient/Condition.rs,patient/Condition.read",
            "patient/Condition.rs\u{a0}patient/Condition.read",
        ] {
            for path in ["/fhir/R4/Condition", "/v1/portal/chart/problems"] {
                let alone = one.with(scope, path).await;
                assert_eq!(alone.verdict(), DENIED, "{scope:?} {path}");
                let beside = format!("openid {scope} patient/Observation.read");
                assert_eq!(
                    one.with(&beside, path).await.verdict(),
                    DENIED,
                    "{beside:?} {path}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn k29_what_is_malformed_takes_nothing_from_its_neighbours() {
    scene(async {
        let one = one().await;
        for scope in [
            "patient/Condition.sr patient/Condition.read",
            "patient/Condition.read patient/Condition.rs?category=",
            "patient/Condition.rs?category:not=x patient/Condition.rs",
            "user/*.read launch/patient patient/Condition.s",
            "  patient/Condition.read  ",
            "openid fhirUser offline_access patient/*.rs",
        ] {
            let found = one.with(scope, "/fhir/R4/Condition").await;
            assert_eq!(found.ids(), ["cht.condition-ada"], "{scope:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn scopes_are_text_or_a_list_of_texts() {
    scene(async {
        let one = one().await;
        let list = serde_json::json!({"scope": ["openid", "patient/Condition.read"]});
        let token = one.portal.token_with(&one.ada, &list);
        assert_eq!(
            one.portal
                .get(Some(&token), "/fhir/R4/Condition")
                .await
                .status,
            200
        );
        for scope in [
            serde_json::json!(null),
            serde_json::json!(["patient/Condition.read patient/Observation.read"]),
            serde_json::json!([["patient/Condition.read"]]),
            serde_json::json!({"patient/Condition.read": true}),
            serde_json::json!(7),
        ] {
            let token = one
                .portal
                .token_with(&one.ada, &serde_json::json!({ "scope": scope }));
            let answer = one.portal.get(Some(&token), "/fhir/R4/Condition").await;
            assert!(
                matches!(answer.status, 401 | 403),
                "{scope}: {}",
                answer.verdict()
            );
        }
    })
    .await;
}
