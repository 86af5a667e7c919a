//! What a revocation does, where, and until when.

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
