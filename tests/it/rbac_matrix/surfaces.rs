//! Each surface believes its own issuer, audience and roles only.

use portal_tests::{TestPortal, scene};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_patient_s_token_is_nothing_on_the_internal_port() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let roles = json!({"roles": ["portal-admin"]});
        let audience = json!(["patient-portal-internal", "patient-portal"]);
        for change in [
            json!({}),
            json!({"realm_access": roles}),
            json!({"realm_access": roles, "aud": audience}),
        ] {
            let token = portal.token_with(&ada, &change);
            let asked = (Method::GET, "accounts");
            let answer = portal.internal(&token, asked, None).await;
            assert_eq!(answer.verdict(), "401 UNAUTHENTICATED");
        }
    })
    .await;
}

#[tokio::test]
async fn a_staff_token_is_nothing_elsewhere() {
    scene(async {
        let portal = TestPortal::start().await;
        let admin = portal.staff("portal-admin");
        let fhir = format!("{}/fhir/R4", portal.public_url);
        for audience in [
            json!(["patient-portal-internal"]),
            json!(["patient-portal-internal", "patient-portal", fhir]),
        ] {
            let mut claims = portal.staff_claims(&admin);
            claims["aud"] = audience;
            claims["scope"] = json!("openid profile patient/*.read user/*.read system/*.read");
            let token = portal.mint(claims);
            for path in ["/v1/portal/me", "/fhir/R4/Patient"] {
                let answer = portal.get(Some(&token), path).await;
                assert_eq!(answer.status, 401, "{path} {}", answer.verdict());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_staff_issuer_s_token_for_another_audience_is_refused() {
    scene(async {
        let portal = TestPortal::start().await;
        let mut claims = portal.staff_claims(&portal.staff("portal-admin"));
        for audience in [json!(["patient-portal"]), json!(["account"]), Value::Null] {
            claims["aud"] = audience;
            let token = portal.mint(claims.clone());
            let asked = (Method::GET, "accounts");
            let answer = portal.internal(&token, asked, None).await;
            assert_eq!(answer.verdict(), "401 UNAUTHENTICATED");
        }
    })
    .await;
}

#[tokio::test]
async fn the_header_carries_one_token_and_cookies_are_not_read() {
    scene(async {
        let portal = TestPortal::start().await;
        let token = portal.staff_token(&portal.staff("portal-admin"));
        let bearer = format!("Bearer {token}");
        let cookie = format!("__Host-portal_session={token}");
        let alone = portal
            .internal_with("accounts", &[("Cookie", &cookie)])
            .await;
        assert_eq!(alone.verdict(), "401 UNAUTHENTICATED");
        let headers = [("Authorization", bearer.as_str()), ("Cookie", &cookie)];
        let beside = portal.internal_with("accounts", &headers).await;
        assert_eq!(beside.status, 200, "{}", beside.verdict());
        let twice = [("Authorization", bearer.as_str()); 2];
        let twice = portal.internal_with("accounts", &twice).await;
        assert_eq!(twice.verdict(), "400 AMBIGUOUS_CREDENTIALS");
        let anonymous = portal.internal_with("accounts", &[]).await;
        assert_eq!(anonymous.verdict(), "401 UNAUTHENTICATED");
        assert_eq!(anonymous.header("www-authenticate"), "Bearer");
    })
    .await;
}

#[tokio::test]
async fn without_an_issuer_of_staff_nobody_is_believed() {
    scene(async {
        let portal = TestPortal::start().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let none = [("STAFF_ISSUER_URL", String::new())];
        let pod = portal.another_pod_with(listener, &none).await;
        let token = portal.staff_token(&portal.staff("portal-admin"));
        for path in ["accounts", "usage", "access-log"] {
            let answer = portal.internal_at(&pod, &token, (Method::GET, path), None);
            assert_eq!(answer.await.verdict(), "401 UNAUTHENTICATED", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn staff_act_for_nobody() {
    scene(async {
        let portal = TestPortal::start().await;
        let bearer = format!(
            "Bearer {}",
            portal.staff_token(&portal.staff("portal-admin"))
        );
        let pdel = format!("pdel_{}", ulid::Ulid::new());
        let headers = [("Authorization", bearer.as_str()), ("X-Acting-For", &pdel)];
        let answer = portal.internal_with("accounts", &headers).await;
        assert_eq!(answer.verdict(), "400 UNKNOWN_PARAMETER");
    })
    .await;
}
