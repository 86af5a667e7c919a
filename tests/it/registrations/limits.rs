//! Limits, times and faults.

use jiff::SignedDuration;
use portal_tests::{Person, scene};
use serde_json::json;

use super::{Newcomer, PATH, portal, post, register, verify};

#[tokio::test]
async fn the_sixth_attempt_of_an_hour_is_refused() {
    scene(async {
        let portal = portal().await;
        let eve = Person::new(&portal.tenant, "eve");
        let claim = |n: usize| json!({"mrn": format!("MRN-{n}"), "birthDate": "1984-03-21", "channel": "email"});
        for n in 0..5 {
            assert_eq!(register(&portal, &eve, &claim(n)).await.status, 202);
        }
        let sixth = register(&portal, &eve, &claim(6)).await;
        assert_eq!(sixth.verdict(), "429 RATE_LIMITED");
        assert!(!sixth.header("retry-after").is_empty());
        let resend = post(&portal, &eve, &format!("{PATH}/resend"), &json!({})).await;
        assert_eq!(resend.verdict(), "429 RATE_LIMITED");
        portal.clock.advance(SignedDuration::from_hours(1));
        assert_eq!(register(&portal, &eve, &claim(7)).await.status, 202);
    })
    .await;
}

#[tokio::test]
async fn a_link_lives_a_day() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        register(&portal, &ada.person, &ada.claim()).await;
        let link = portal.delivered_to(&ada.email).await;
        portal.clock.advance(SignedDuration::from_hours(24));
        let late = verify(&portal, &ada.person, &link).await;
        assert_eq!(late.verdict(), "400 LINK_EXPIRED");
    })
    .await;
}

#[tokio::test]
async fn a_password_alone_registers_nobody() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        let weak = json!({"acr": "1", "amr": ["pwd"], "patient": null});
        let token = portal.token_with(&ada.person, &weak);
        for path in [
            PATH.to_owned(),
            format!("{PATH}/verify"),
            format!("{PATH}/resend"),
        ] {
            let answer = portal
                .send_json(("POST", &path), &token, &[], &ada.claim())
                .await;
            assert_eq!(answer.verdict(), "403 MFA_REQUIRED", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_no_claim_is_refused_by_place() {
    scene(async {
        let portal = portal().await;
        let eve = Person::new(&portal.tenant, "eve");
        for (body, verdict, place) in [
            (json!({"birthDate": "1984-03-21", "channel": "email"}), "422 VALIDATION_FAILED", "/mrn"),
            (json!({"mrn": "1", "birthDate": "21.3.1984", "channel": "email"}), "422 VALIDATION_FAILED", "/birthDate"),
            (json!({"mrn": "1", "birthDate": "1984-03-21", "channel": "fax"}), "422 VALIDATION_FAILED", "/channel"),
            (json!({"mrn": "1", "birthDate": "1984-03-21", "channel": "email", "email": "eve@example.org"}), "422 UNKNOWN_FIELD", "/email"),
        ] {
            let answer = register(&portal, &eve, &body).await;
            assert_eq!(answer.verdict(), verdict, "{body}");
            assert_eq!(answer.json()["errors"][0]["pointer"], place);
        }
    })
    .await;
}
