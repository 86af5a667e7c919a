//! Tokens that ended before their time.

use std::time::Duration;

use jiff::SignedDuration;

use super::*;

const PATH: &str = "/fhir/R4/Condition";

/// Asks until a token is refused, within the five seconds that it may still be believed for.
async fn refused_in_time(portal: &TestPortal, token: &str, path: &str) -> String {
    let asked = async {
        loop {
            let answer = portal.get(Some(token), path).await;
            if answer.status != 200 {
                return answer.verdict();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // One more for a busy machine.
    let refused = tokio::time::timeout(Duration::from_secs(6), asked).await;
    refused.expect("refused in time")
}

#[tokio::test]
async fn k2_k5_a_revoked_app_gets_neither_a_page_nor_a_next_one() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let second = Fixture::of(&ada.patient).condition("second", "second");
        portal.put(&ada.tenant, &second);
        let app = portal.token_with(&ada, &json!({"azp": "smart-app"}));
        let first = portal.get(Some(&app), "/fhir/R4/Condition?_count=1").await;
        let next = portal.path_of(&first.next().expect("a second page"));
        assert_eq!(ids(&portal.get(Some(&app), &next).await).len(), 1);
        portal.sandbox.revoke_token(&app);
        assert_eq!(
            refused_in_time(&portal, &app, &next).await,
            "401 TOKEN_REVOKED"
        );
        let answer = portal.get(Some(&app), PATH).await;
        assert_eq!(answer.verdict(), "401 TOKEN_REVOKED");
        assert!(answer.header("www-authenticate").contains("invalid_token"));
        let other = portal.token_with(&ada, &json!({"azp": "another-app"}));
        assert_eq!(
            portal.get(Some(&other), PATH).await.status,
            200,
            "another app"
        );
        let again = portal.token_with(&ada, &json!({"azp": "smart-app"}));
        assert_eq!(
            portal.get(Some(&again), PATH).await.status,
            200,
            "a newer consent"
        );
        assert_eq!(portal.get_as(&ada, PATH).await.status, 200, "the patient");
    })
    .await;
}

#[tokio::test]
async fn k5_without_the_providers_word_no_app_passes() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let app = || portal.token_with(&ada, &json!({"azp": "smart-app"}));
        portal
            .sandbox
            .set_introspection_fault(portal_sandbox::IssuerFault::Down);
        let answer = portal.get(Some(&app()), PATH).await;
        assert_eq!(answer.verdict(), "503 UPSTREAM_UNAVAILABLE");
        assert_eq!(
            portal.get_as(&ada, PATH).await.status,
            200,
            "the portal's own clients"
        );
        portal.sandbox.clear_faults();
        assert_eq!(portal.get(Some(&app()), PATH).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn k5_who_is_on_the_list_is_refused_by_every_pod_until_a_later_login() {
    scene(async {
        let Two { portal, ada, ben } = two().await;
        let pod = portal.another_pod().await;
        let token = portal.token(&ada);
        let problems = "/v1/portal/chart/problems";
        assert_eq!(portal.get_at(&pod, &token, problems, &[]).await.status, 200);
        assert_eq!(
            portal.get(Some(&token), problems).await.status,
            200,
            "and is remembered"
        );
        portal.revoke_subject(&ada).await;
        assert_eq!(
            refused_in_time(&portal, &token, problems).await,
            "401 TOKEN_REVOKED"
        );
        let there = tokio::time::timeout(Duration::from_secs(6), async {
            while portal.get_at(&pod, &token, problems, &[]).await.status == 200 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        there.await.expect("refused there in time");
        assert_eq!(
            portal.get_as(&ben, problems).await.status,
            200,
            "nobody else"
        );
        portal.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(
            portal.get_as(&ada, problems).await.status,
            200,
            "a later login"
        );
        assert_eq!(
            portal.get(Some(&token), problems).await.status,
            401,
            "not the old one"
        );
    })
    .await;
}
