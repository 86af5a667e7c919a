//! Accounts that staff see, lock and close.

use portal_tests::{Person, TestPortal, scene};
use serde_json::{Value, json};

const ME: &str = "/v1/portal/me";

async fn change(portal: &TestPortal, person: &Person, verb: &str) -> (u16, Value) {
    let id = portal.account_of(person).await;
    let path = format!("accounts/{id}/{verb}");
    let why = json!({"reason": "misuse-suspected"});
    let answer = portal
        .staff_post(&portal.staff("portal-admin"), &path, &why)
        .await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_suspension_acts_on_the_next_answer_of_another_pod() {
    scene(async {
        let portal = TestPortal::start().await;
        let pod = portal.another_pod().await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        assert_eq!(portal.get_at(&pod, &token, ME, &[]).await.status, 200);
        let (status, body) = change(&portal, &ada, "suspend").await;
        assert_eq!((status, &body["status"]), (200, &json!("suspended")));
        assert_eq!(body["statusReason"], "misuse-suspected");
        let labs = "/v1/portal/results/labs";
        let verdict = portal.get_at(&pod, &token, labs, &[]).await.verdict();
        // By the fence, or by the list where the pod has it already.
        let refused = ["403 ACCOUNT_NOT_ACTIVE", "401 TOKEN_REVOKED"];
        assert!(refused.contains(&verdict.as_str()), "{verdict}");
    })
    .await;
}

#[tokio::test]
async fn who_is_reinstated_logs_in_anew() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let before = portal.token(&ada);
        assert_eq!(change(&portal, &ada, "suspend").await.0, 200);
        assert_eq!(change(&portal, &ada, "suspend").await.0, 409);
        portal.clock.advance(jiff::SignedDuration::from_secs(2));
        assert_eq!(change(&portal, &ada, "reinstate").await.0, 200);
        let mut old = portal.get(Some(&before), ME).await;
        for _ in 0..100 {
            if old.status == 401 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            old = portal.get(Some(&before), ME).await;
        }
        assert_eq!(old.verdict(), "401 TOKEN_REVOKED");
        assert_eq!(portal.get_as(&ada, ME).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_closed_account_forgets_who_logged_in() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let id = portal.account_of(&ada).await;
        let admin = portal.staff("portal-admin");
        let seen = portal.staff_get(&admin, &format!("accounts/{id}")).await;
        assert_eq!(seen.header("etag"), "\"v1\"");
        assert_eq!(seen.json()["linked"], true);
        assert!(!seen.says(&ada.subject));
        let (status, body) = change(&portal, &ada, "close").await;
        assert_eq!((status, &body["status"]), (200, &json!("closed")));
        let closed = portal.staff_get(&admin, &format!("accounts/{id}")).await;
        assert_eq!(closed.json()["linked"], false);
        let path = format!("accounts/{id}/reinstate");
        let again = portal.staff_post(&admin, &path, &json!({})).await;
        assert_eq!(again.verdict(), "409 STATE_CONFLICT");
        let verdict = portal.get_as(&ada, ME).await.verdict();
        let refused = ["403 ACCOUNT_NOT_LINKED", "401 TOKEN_REVOKED"];
        assert!(refused.contains(&verdict.as_str()), "{verdict}");
    })
    .await;
}

#[tokio::test]
async fn a_reason_is_one_of_the_codes() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let id = portal.account_of(&ada).await;
        let admin = portal.staff("portal-admin");
        let path = format!("accounts/{id}/suspend");
        let cases = [
            (json!({}), "422 VALIDATION_FAILED"),
            (json!({"reason": "because"}), "422 VALIDATION_FAILED"),
            (
                json!({"reason": "staff-decision", "note": "x"}),
                "422 UNKNOWN_FIELD",
            ),
        ];
        for (body, expected) in cases {
            let answer = portal.staff_post(&admin, &path, &body).await;
            assert_eq!(answer.verdict(), expected);
        }
        assert_eq!(portal.get_as(&ada, ME).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn accounts_are_found_by_state_and_patient() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        assert_eq!(change(&portal, &ben, "suspend").await.0, 200);
        let support = portal.staff("portal-support");
        let found = |path: String| {
            let (portal, support) = (&portal, &support);
            async move {
                let body = portal.staff_get(support, &path).await.json();
                let data = body["data"].as_array().cloned().unwrap_or_default();
                let ids = data.iter().map(|one| one["patientId"].clone());
                ids.collect::<Vec<_>>()
            }
        };
        let suspended = found("accounts?status=suspended".to_owned()).await;
        assert_eq!(suspended, [json!(ben.patient)]);
        let of_ada = found(format!("accounts?patientId={}", ada.patient)).await;
        assert_eq!(of_ada, [json!(ada.patient)]);
        let neither = format!("accounts?patientId={}&status=closed", ada.patient);
        assert!(found(neither).await.is_empty());
        let answer = portal.staff_get(&support, "accounts?status=gone").await;
        assert_eq!(answer.verdict(), "422 VALIDATION_FAILED");
    })
    .await;
}

#[tokio::test]
async fn patients_see_in_their_log_what_staff_did() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let id = portal.account_of(&ada).await;
        let support = portal.staff("portal-support");
        portal.staff_get(&support, &format!("accounts/{id}")).await;
        let log = portal
            .get_as(&ada, "/v1/portal/me/access-log?actor=staff")
            .await;
        let entry = &log.json()["data"][0];
        assert_eq!(entry["eventType"], "admin.viewed");
        assert_eq!(entry["actor"]["kind"], "staff");
        assert!(!log.says(&support.subject));
    })
    .await;
}
