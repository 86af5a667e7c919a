//! The identity provider does in the end what it was to do, whatever happens meanwhile.

use jiff::SignedDuration;
use portal_sandbox::IssuerFault;
use portal_tests::{Person, TestPortal, scene};
use serde_json::json;

use super::super::registrations::{Newcomer, register, verify};
use super::{is_active, portal, until};

async fn suspend(portal: &TestPortal, person: &Person) {
    let account = portal.account_of(person).await;
    let path = format!("accounts/{account}/suspend");
    let reason = json!({"reason": "staff-decision"});
    let staff = portal.staff("portal-admin");
    let answer = portal.staff_post(&staff, &path, &reason).await;
    assert_eq!(answer.verdict(), "200");
}

async fn until_nothing_waits(portal: &TestPortal) {
    until(async || {
        // Waits are counted by the portal's clock.
        portal.clock.advance(SignedDuration::from_secs(5));
        portal.rows_as_text("provider_tasks").await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn who_is_suspended_is_out_at_the_provider_too() {
    scene(async {
        let portal = portal(true).await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        assert!(is_active(&portal.sandbox, &token).await);
        suspend(&portal, &ada).await;
        until(async || !is_active(&portal.sandbox, &token).await).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_pod_left_behind_is_done_by_another() {
    scene(async {
        let portal = portal(false).await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        suspend(&portal, &ada).await;
        let waits = portal.rows_as_text("provider_tasks").await;
        assert!(waits.contains("end_sessions"), "{waits}");
        assert!(is_active(&portal.sandbox, &token).await);
        let _other = portal.another_relay().await;
        until(async || !is_active(&portal.sandbox, &token).await).await;
        until_nothing_waits(&portal).await;
    })
    .await;
}

#[tokio::test]
async fn two_pods_share_what_waits() {
    scene(async {
        let portal = portal(true).await;
        let _other = portal.another_relay().await;
        let mut tokens = Vec::new();
        for name in 0..12 {
            let person = portal.person(&format!("person-{name}")).await;
            tokens.push(portal.token(&person));
            suspend(&portal, &person).await;
        }
        until_nothing_waits(&portal).await;
        for token in &tokens {
            assert!(!is_active(&portal.sandbox, token).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_was_away_learns_whose_record_it_is_when_it_is_back() {
    scene(async {
        let portal = portal(true).await;
        let ada = Newcomer::of(&portal, "ada");
        register(&portal, &ada.person, &ada.claim()).await;
        let link = portal.delivered_to(&ada.email).await;
        portal.sandbox.set_issuer_fault(IssuerFault::Down);
        assert_eq!(verify(&portal, &ada.person, &link).await.status, 200);
        until(async || {
            let waits = portal.rows_as_text("provider_tasks").await;
            portal.clock.advance(SignedDuration::from_secs(5));
            // Tried at least once, as the seventh column says.
            waits.split(',').nth(6).is_some_and(|tries| tries != "0")
        })
        .await;
        portal.sandbox.set_issuer_fault(IssuerFault::None);
        until_nothing_waits(&portal).await;
        let mut claims = portal.claims(&ada.person);
        claims.as_object_mut().expect("an object").remove("patient");
        let token = portal.mint(claims);
        let path = format!("/fhir/R4/Patient?_id={}", ada.person.patient);
        assert_eq!(portal.get(Some(&token), &path).await.verdict(), "200");
    })
    .await;
}
