//! What a revocation does, where, and until when.

use jiff::SignedDuration;
use portal_sandbox::IssuerFault;
use portal_tests::{Pod, TestOptions};

use super::*;

#[tokio::test]
async fn a_revocation_is_in_the_access_log_and_answered_again_under_its_key() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        use_app(&portal, &ada, APP).await;
        listed(&portal, &ada, 1).await;
        let token = portal.writing_token(&ada);
        let key = [("Idempotency-Key", "k")];
        let first = revoke_with(&portal, &token, APP, &key).await;
        assert_eq!((first.verdict().as_str(), first.body.len()), ("204", 0));
        assert_eq!(list(&portal, &ada).await, json!([]));
        let again = revoke_with(&portal, &token, APP, &key).await;
        assert_eq!(again.status, 204);
        assert_eq!(again.header("idempotency-replayed"), "true");
        let other = revoke_with(&portal, &token, "another-app", &key).await;
        assert_eq!(other.verdict(), "409 IDEMPOTENCY_KEY_CONFLICT");
        let log = "/v1/portal/me/access-log?eventType=app.revoked";
        let log = portal.get_as(&ada, log).await.json();
        let told: Vec<_> = log["data"]
            .as_array()
            .expect("entries")
            .iter()
            .map(|entry| (entry["outcome"].clone(), entry["resourceIds"].clone()))
            .collect();
        assert_eq!(
            told,
            [
                (json!("failed"), json!([])),
                (json!("success"), json!([])),
                (json!("success"), json!([APP])),
            ]
        );
    })
    .await;
}

/// A portal whose relay asks the provider, with a list of revocations of its own.
async fn asking() -> TestPortal {
    TestPortal::with(TestOptions {
        own_database: true,
        relay: true,
        ..TestOptions::default()
    })
    .await
}

/// Asks a pod until it refuses a token, within the five seconds that it may still be believed for.
async fn refused_there(portal: &TestPortal, pod: &Pod, token: &str) {
    let asked = async {
        loop {
            let answer = portal.get_at(pod, token, READ, &[]).await;
            if answer.status != 200 {
                return answer.verdict();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // One more for a busy machine.
    let refused = tokio::time::timeout(Duration::from_secs(6), asked).await;
    assert_eq!(refused.expect("refused in time"), "401 TOKEN_REVOKED");
}

/// Waits until no task is left for the provider.
async fn withdrawn(portal: &TestPortal) {
    while !portal.rows_as_text("provider_tasks").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_revoked_app_is_refused_on_every_pod_until_a_newer_consent() {
    scene(async {
        let portal = asking().await;
        let pod = portal.another_pod().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let app = app_token(&portal, &ada, APP);
        let bens = app_token(&portal, &ben, APP);
        let other = app_token(&portal, &ada, "another-app");
        for token in [&app, &bens, &other] {
            assert_eq!(portal.get_at(&pod, token, READ, &[]).await.status, 200);
        }
        listed(&portal, &ada, 2).await;
        // The consent cannot be withdrawn yet, so that the app goes on to refresh its tokens.
        portal.sandbox.set_issuer_fault(IssuerFault::Down);
        assert_eq!(revoke(&portal, &ada, APP).await.verdict(), "204");
        refused_there(&portal, &pod, &app).await;
        portal.clock.advance(SignedDuration::from_secs(10));
        let refreshed = app_token(&portal, &ada, APP);
        refused_there(&portal, &pod, &refreshed).await;
        for (token, whose) in [
            (&bens, "another's token of the same app"),
            (&other, "another app"),
            (&portal.token(&ada), "the patient"),
        ] {
            let answer = portal.get_at(&pod, token, READ, &[]).await;
            assert_eq!(answer.verdict(), "200", "{whose}");
        }
        assert_eq!(list(&portal, &ada).await[0]["clientId"], "another-app");

        portal.sandbox.clear_faults();
        portal.clock.advance(SignedDuration::from_secs(60));
        withdrawn(&portal).await;
        portal.clock.advance(SignedDuration::from_secs(2));
        let consented = app_token(&portal, &ada, APP);
        until_let_in(&portal, &pod, &consented).await;
        for token in [&app, &refreshed] {
            let answer = portal.get_at(&pod, token, READ, &[]).await;
            assert_eq!(answer.code(), "TOKEN_REVOKED");
        }
        listed(&portal, &ada, 2).await;
    })
    .await;
}

async fn until_let_in(portal: &TestPortal, pod: &Pod, token: &str) {
    while portal.get_at(pod, token, READ, &[]).await.status != 200 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What is on its way when an app is revoked does not bring it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uses_and_a_revocation_at_once_leave_no_revoked_app_in_the_list() {
    portal_tests::long_scene(Duration::from_mins(2), async {
        let portal = TestPortal::start().await;
        for round in 0..50 {
            let ada = portal.person("ada").await;
            let app = app_token(&portal, &ada, APP);
            let path = READ;
            let (_, revoked) =
                tokio::join!(portal.get(Some(&app), path), revoke(&portal, &ada, APP));
            assert_eq!(revoked.verdict(), "204");
            // A use of another app goes the same way behind it.
            use_app(&portal, &ada, "another-app").await;
            let apps = listed(&portal, &ada, 1).await;
            assert_eq!(apps[0]["clientId"], "another-app", "round {round}");
        }
    })
    .await;
}
