//! A pod whose clock is two minutes off (F-15). Tokens carry the provider's right time.

use jiff::SignedDuration;
use portal_application::ports::Clock as _;
use portal_infrastructure::system::SystemClock;
use portal_tests::{TestPortal, scene};
use serde_json::json;

use super::PROBLEMS;

const OFF: SignedDuration = SignedDuration::from_mins(2);

/// What a token is answered that was issued just now and lives for some seconds.
async fn verdict(portal: &TestPortal, lives: i64) -> String {
    let ada = portal.person("ada").await;
    let now = SystemClock.now().as_second();
    let times = json!({"iat": now, "nbf": now, "auth_time": now, "exp": now + lives});
    let token = portal.token_with(&ada, &times);
    let answer = portal.get(Some(&token), PROBLEMS).await;
    if answer.status == 401 {
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    answer.verdict()
}

#[tokio::test]
async fn ahead_of_its_provider_it_takes_tokens_for_expired_too_soon_and_no_others() {
    scene(async {
        let portal = TestPortal::start().await;
        assert_eq!(verdict(&portal, 60).await, "200");
        portal.clock.advance(OFF);
        assert_eq!(verdict(&portal, 30).await, "401 TOKEN_EXPIRED");
        assert_eq!(verdict(&portal, 300).await, "200");
    })
    .await;
}

#[tokio::test]
async fn behind_its_provider_it_believes_no_token_from_the_future() {
    scene(async {
        let portal = TestPortal::start().await;
        portal.clock.advance(-OFF);
        assert_eq!(verdict(&portal, 300).await, "401 UNAUTHENTICATED");
        portal.clock.advance(OFF);
        assert_eq!(verdict(&portal, 300).await, "200");
    })
    .await;
}
