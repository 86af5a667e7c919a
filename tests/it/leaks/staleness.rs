//! What is remembered, and what was not written down.

use portal_tests::TestOptions;

use super::*;

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
async fn k6_what_is_cached_reaches_no_other_delegation() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let (all, labs) = (
            portal.caregiver("all").await,
            portal.caregiver("labs").await,
        );
        let all_of_ada = portal.delegate(&ada, &all, &json!({})).await;
        let labs_of_ada = portal
            .delegate(&ada, &labs, &json!({"scope": ["labs"]}))
            .await;
        let problems_of_ben = portal
            .delegate(&ben, &labs, &json!({"scope": ["problems"]}))
            .await;
        let path = "/v1/portal/chart/problems";
        let first = portal.get_for(&all, &all_of_ada, path).await;
        assert_eq!(ids(&first), ["cht.condition-ada"]);
        let cached = portal.get_for(&all, &all_of_ada, path).await;
        assert!(cached.header("x-portal-degraded").is_empty());
        let narrow = portal.get_for(&labs, &labs_of_ada, path).await;
        assert_eq!(narrow.verdict(), "403 PROXY_SCOPE_DENIED");
        let other = portal.get_for(&labs, &problems_of_ben, path).await;
        assert_eq!(ids(&other), ["cht.condition-ben"]);
        let matching = [("If-None-Match", first.header("etag"))];
        let acting = ("X-Acting-For", labs_of_ada.as_str());
        let probing = portal.get_with(&labs, path, &[matching[0], acting]).await;
        assert_eq!(
            probing.verdict(),
            "403 PROXY_SCOPE_DENIED",
            "checks stand before 304"
        );
    })
    .await;
}

#[tokio::test]
async fn k6_what_is_cached_is_judged_by_the_policy_in_force() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let path = "/fhir/R4/Observation?category=laboratory";
        let withhold = json!({"rules": [{"match": {"types": ["Observation"],
            "categories": ["laboratory"]}, "effect": "withhold"}]});
        for _ in 0..3 {
            assert_eq!(ids(&portal.get_as(&ada, path).await), ["lab.lab-ada"]);
            portal
                .configure(&ada.tenant, &json!({"releasePolicy": withhold}))
                .await;
            let answer = portal.get_as(&ada, path).await;
            assert!(ids(&answer).is_empty(), "the next answer");
            assert_eq!(answer.json()["total"], 0);
            portal
                .configure(&ada.tenant, &json!({"releasePolicy": null}))
                .await;
        }
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
