//! What is of no use any more does not stay.

use jiff::SignedDuration;
use portal_tests::{TestPortal, scene};
use serde_json::json;

use super::super::registrations::{Newcomer, register};
use super::{portal, until};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn until_empty(portal: &TestPortal, table: &str) {
    until(async || portal.rows_as_text(table).await.is_empty()).await;
}

#[tokio::test]
async fn links_attempts_and_answers_go_each_at_its_time() {
    scene(async {
        let portal = portal(true).await;
        let ada = portal.person("ada").await;
        let ben = Newcomer::of(&portal, "ben");
        register(&portal, &ben.person, &ben.claim()).await;
        portal.delivered_to(&ben.email).await;
        let token = portal.writing_token(&ada);
        let key = [("Idempotency-Key", "key-1")];
        let body = json!({"preferredLanguage": "en"});
        let me = ("PATCH", "/v1/portal/me");
        let changed = portal.send_json(me, &token, &key, &body).await;
        assert_eq!(changed.verdict(), "200");
        portal.clock.advance(HOUR * 25);
        until_empty(&portal, "idempotency_records").await;
        assert_ne!(portal.rows_as_text("registration_attempts").await, "");
        portal.clock.advance(HOUR * 25);
        until_empty(&portal, "registration_attempts").await;
        assert_ne!(portal.rows_as_text("verification_tokens").await, "");
        portal.clock.advance(HOUR * 24 * 30);
        until_empty(&portal, "verification_tokens").await;
    })
    .await;
}
