//! Who is believed, and as whom.

use super::*;

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
