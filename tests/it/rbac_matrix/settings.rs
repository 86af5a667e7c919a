//! What a tenant decides for itself, replaced whole.

use futures::join;
use portal_tests::{Answer, Fixture, Staff, TestPortal, scene};
use reqwest::Method;
use serde_json::{Value, json};

async fn put(portal: &TestPortal, admin: &Staff, document: &Value) -> Answer {
    let token = portal.staff_token(admin);
    let path = format!("tenants/{}/config", portal.tenant);
    let body = Some(("application/json", document.to_string()));
    portal.internal(&token, (Method::PUT, &path), body).await
}

fn held() -> Value {
    json!({"releasePolicy": {"rules": [
        {"match": {"codes": ["http://loinc.org|718-7"]}, "effect": "withhold", "reasonKey": "tenant.held"}
    ]}})
}

#[tokio::test]
async fn a_document_is_in_force_on_the_next_answer_of_every_pod() {
    scene(async {
        let portal = TestPortal::start().await;
        let pod = portal.another_pod().await;
        let ada = portal.person("ada").await;
        let lab = Fixture::of(&ada.patient).lab("lab-1", "2024-02-01", "718-7");
        portal.put(&portal.tenant, &lab);
        let token = portal.token(&ada);
        let labs = "/v1/portal/results/labs";
        let shown = portal.get_at(&pod, &token, labs, &[]).await;
        assert_eq!(shown.ids().len(), 1);
        let admin = portal.staff("portal-admin");
        let path = format!("tenants/{}/config", portal.tenant);
        let before = portal.staff_get(&admin, &path).await;
        assert_eq!(
            (before.header("etag"), before.json()),
            ("\"v0\"", json!({}))
        );
        let changed = put(&portal, &admin, &held()).await;
        assert_eq!(
            changed.status,
            200,
            "{}",
            String::from_utf8_lossy(&changed.body)
        );
        assert_eq!(changed.header("etag"), "\"v1\"");
        let hidden = portal.get_at(&pod, &token, labs, &[]).await;
        assert!(hidden.ids().is_empty());
        let after = portal.staff_get(&admin, &path).await;
        assert_eq!((after.header("etag"), after.json()), ("\"v1\"", held()));
    })
    .await;
}

#[tokio::test]
async fn a_document_with_a_fault_is_refused_whole_and_says_where() {
    scene(async {
        let portal = TestPortal::start().await;
        let admin = portal.staff("portal-admin");
        let wrong = json!({"introspectTokens": 1, "ageBands": "x"});
        let answer = put(&portal, &admin, &wrong).await;
        assert_eq!(answer.verdict(), "422 VALIDATION_FAILED");
        let body = answer.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let mut pointers: Vec<_> = errors.iter().map(|it| it["pointer"].clone()).collect();
        pointers.sort_by_key(ToString::to_string);
        assert_eq!(pointers, [json!("/ageBands"), json!("/introspectTokens")]);
        let unknown = put(&portal, &admin, &json!({"theme": "dark"})).await;
        assert_eq!(unknown.verdict(), "422 UNKNOWN_FIELD");
        let path = format!("tenants/{}/config", portal.tenant);
        let kept = portal.staff_get(&admin, &path).await;
        assert_eq!(kept.header("etag"), "\"v0\"");
    })
    .await;
}

#[tokio::test]
async fn who_changes_another_version_than_they_saw_is_refused() {
    scene(async {
        let portal = TestPortal::start().await;
        let admin = portal.staff("portal-admin");
        let (one, other) = (held(), json!({"introspectTokens": false}));
        let (first, second) = join!(put(&portal, &admin, &one), put(&portal, &admin, &other));
        let mut tags = [first.header("etag"), second.header("etag")];
        tags.sort_unstable();
        assert_eq!(tags, ["\"v1\"", "\"v2\""]);
        for (tag, expected) in [("\"v1\"", 412), ("\"v2\"", 200)] {
            let answer = portal.put_config_if(&admin, tag, &json!({})).await;
            assert_eq!(answer.status, expected, "{tag}");
        }
    })
    .await;
}
