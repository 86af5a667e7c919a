//! An app that was revoked is refused until the provider has withdrawn the consent, its refreshed
//! tokens included; with a later consent it is let in again.

use std::time::Duration;

use jiff::SignedDuration;
use portal_sandbox::IssuerFault;
use portal_tests::{Person, TestOptions, TestPortal, scene};
use serde_json::json;

use super::{portal, until};

const PATH: &str = "/fhir/R4/Condition";
/// One of the portal's own: it needs no word of the provider, which is away.
const APP: &str = "portal-mobile";

fn token(portal: &TestPortal, person: &Person) -> String {
    portal.token_with(person, &json!({"azp": APP}))
}

async fn verdict(portal: &TestPortal, token: &str) -> String {
    portal.get(Some(token), PATH).await.verdict()
}

async fn until_refused(portal: &TestPortal, token: &str) {
    until(async || verdict(portal, token).await == "401 TOKEN_REVOKED").await;
}

#[tokio::test]
async fn a_refreshed_token_is_refused_while_the_provider_is_away_and_a_later_consent_counts() {
    scene(async {
        let portal = portal(true).await;
        let ada = portal.person("ada").await;
        let before = token(&portal, &ada);
        assert_eq!(verdict(&portal, &before).await, "200");
        portal.sandbox.set_issuer_fault(IssuerFault::Down);
        portal.revoke_app(&ada, APP).await;
        until_refused(&portal, &before).await;
        portal.clock.advance(SignedDuration::from_secs(30));
        let refreshed = token(&portal, &ada);
        assert_eq!(verdict(&portal, &refreshed).await, "401 TOKEN_REVOKED");
        let other = portal.token(&ada);
        assert_eq!(verdict(&portal, &other).await, "200", "another client");

        portal.sandbox.set_issuer_fault(IssuerFault::None);
        until(async || {
            portal.clock.advance(SignedDuration::from_secs(2));
            let consented = token(&portal, &ada);
            verdict(&portal, &consented).await == "200"
        })
        .await;
        assert_eq!(verdict(&portal, &refreshed).await, "401 TOKEN_REVOKED");
        assert_eq!(portal.rows_as_text("provider_tasks").await, "");
    })
    .await;
}

#[tokio::test]
async fn without_an_administration_only_tokens_of_before_are_refused() {
    scene(async {
        let without = ["IDENTITY_ADMIN_CLIENT_ID", "IDENTITY_ADMIN_CLIENT_SECRET"];
        let portal = TestPortal::with(TestOptions {
            own_database: true,
            relay: true,
            settings: without.map(|name| (name.to_owned(), String::new())).into(),
            ..TestOptions::default()
        })
        .await;
        let ada = portal.person("ada").await;
        let before = token(&portal, &ada);
        portal.revoke_app(&ada, APP).await;
        until_refused(&portal, &before).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        portal.clock.advance(SignedDuration::from_secs(5));
        let later = token(&portal, &ada);
        until(async || verdict(&portal, &later).await == "200").await;
        assert_eq!(verdict(&portal, &before).await, "401 TOKEN_REVOKED");
    })
    .await;
}
