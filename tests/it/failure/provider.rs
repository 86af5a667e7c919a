//! The identity provider down (F-02): whom it vouched for goes on by its known keys, for an hour;
//! nobody else comes in, and everybody does again by itself.

use jiff::SignedDuration;
use portal_sandbox::IssuerFault;
use portal_tests::{Person, TestPortal, scene};
use serde_json::json;

use super::PROBLEMS;

const APART: SignedDuration = SignedDuration::from_secs(31);
const NO_KEYS: &str = "503 UPSTREAM_UNAVAILABLE";

/// What a token that was issued just now is answered.
async fn verdict(portal: &TestPortal, person: &Person) -> String {
    portal.get_as(person, PROBLEMS).await.verdict()
}

/// What an app with such a token is answered: the provider has to confirm it.
async fn verdict_of_app(portal: &TestPortal, person: &Person) -> String {
    let token = portal.token_with(person, &json!({"azp": "smart-app"}));
    let answer = portal.get(Some(&token), "/fhir/R4/Condition").await;
    answer.verdict()
}

#[tokio::test]
async fn without_its_provider_known_keys_hold_for_an_hour_and_new_ones_come_later() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        assert_eq!(verdict(&portal, &ada).await, "200");
        assert_eq!(verdict_of_app(&portal, &ada).await, "200");
        portal.sandbox.set_issuer_fault(IssuerFault::Down);
        for minutes in [4, 30, 24] {
            portal.clock.advance(SignedDuration::from_mins(minutes));
            assert_eq!(verdict(&portal, &ada).await, "200", "{minutes} min later");
            let answer = portal.get_as(&ada, "/v1/portal/me").await;
            assert_eq!(answer.status, 200, "{}", answer.verdict());
        }
        assert_eq!(verdict_of_app(&portal, &ada).await, NO_KEYS);
        // A key that nobody has seen may be anybody's while the provider says nothing.
        portal.sandbox.rotate_keys("demo", true);
        portal.clock.advance(APART);
        let unknown = portal.get_as(&ada, PROBLEMS).await;
        assert_eq!(unknown.verdict(), NO_KEYS);
        assert!(!unknown.header("retry-after").is_empty());
        portal.sandbox.set_issuer_fault(IssuerFault::None);
        portal.clock.advance(APART);
        assert_eq!(
            verdict(&portal, &ada).await,
            "200",
            "it came back by itself"
        );
        assert_eq!(verdict_of_app(&portal, &ada).await, "200");
    })
    .await;
}

#[tokio::test]
async fn keys_that_nobody_confirmed_for_an_hour_are_believed_no_more() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        assert_eq!(verdict(&portal, &ada).await, "200");
        portal.sandbox.set_issuer_fault(IssuerFault::Down);
        portal.clock.advance(SignedDuration::from_mins(59));
        assert_eq!(verdict(&portal, &ada).await, "200");
        portal.clock.advance(SignedDuration::from_mins(2));
        let answer = portal.get_as(&ada, PROBLEMS).await;
        assert_eq!(answer.verdict(), NO_KEYS);
        assert!(!answer.header("retry-after").is_empty());
        portal.sandbox.set_issuer_fault(IssuerFault::None);
        portal.clock.advance(APART);
        assert_eq!(verdict(&portal, &ada).await, "200");
    })
    .await;
}
