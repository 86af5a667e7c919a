//! What a verified token says of its revocation, its delegation and its second factor.

use jiff::Timestamp;
use portal_application::ports::{Clock as _, TokenRefusal};
use portal_domain::access::VerifiedToken;
use portal_domain::id::{ClientId, Issuer, Subject};
use serde_json::{Value, json};

use super::test_issuer::{Scene, changed, hashes};

const DELEGATION: &str = "pdel_01JZZZZZZZZZZZZZZZZZZZZZZZ";

async fn verified(scene: &Scene, claim: &str, value: Value) -> VerifiedToken {
    let payload = changed(&scene.payload(), claim, value);
    let token = scene.verify(&scene.token(&payload)).await.expect("good");
    VerifiedToken::clone(&token)
}

#[tokio::test]
async fn a_token_carries_the_keys_that_it_can_be_revoked_by() {
    let scene = Scene::new().await;
    let payload = changed(&scene.payload(), "sid", json!("session"));
    let payload = changed(&payload, "jti", json!("token"));
    let token = scene.verify(&scene.token(&payload)).await.expect("good");
    let (hashes, keys) = (hashes(), token.revocation_keys);
    let issuer = Issuer::parse(&scene.issuer()).expect("valid");
    let subject = Subject::parse("subject").expect("valid");
    let client = ClientId::parse("web").expect("valid");
    assert_eq!(
        keys.session,
        Some(hashes.of_session(&issuer, "session").hash)
    );
    assert_eq!(keys.token, Some(hashes.of_token(&issuer, "token").hash));
    assert_eq!(
        keys.subject,
        Some(hashes.of_subject(&issuer, &subject).hash)
    );
    let both = hashes
        .of_subject_and_client(&issuer, &subject, &client)
        .hash;
    assert_eq!(keys.subject_and_client, Some(both));
    assert_eq!(token.issued_at.as_second(), scene.clock.now().as_second());
}

#[tokio::test]
async fn what_a_token_lacks_is_no_key_and_what_cannot_be_read_is_refused() {
    let scene = Scene::new().await;
    let token = verified(&scene, "sid", Value::Null).await;
    assert_eq!(token.revocation_keys.session, None);
    assert_eq!(token.revocation_keys.token, None);
    for (claim, reason) in [("sid", "session"), ("jti", "token id")] {
        for value in ["7", "null", r#"["x"]"#, "{}", "true"] {
            let good = scene.payload().to_string();
            let payload = good.replacen('{', &format!(r#"{{"{claim}":{value},"#), 1);
            let header = r#"{"alg":"ES256","kid":"ec"}"#;
            let token = scene.signers.token(header, &payload, "ES256");
            let refused = scene.verify(&token).await.err();
            assert_eq!(refused, Some(TokenRefusal::Invalid(reason)), "{value}");
        }
    }
}

#[tokio::test]
async fn a_token_may_name_its_delegation_in_either_form() {
    let scene = Scene::new().await;
    let own = DELEGATION.parse().expect("an id");
    let on_fhir = DELEGATION.replace('_', "-");
    for (value, expected) in [
        (Value::Null, None),
        (json!(DELEGATION), Some(Ok(own))),
        (json!(on_fhir), Some(Ok(own))),
        (json!(""), Some(Err(()))),
        (json!("pdel"), Some(Err(()))),
        (json!(DELEGATION.to_lowercase()), Some(Err(()))),
        (json!(format!("{DELEGATION} ")), Some(Err(()))),
        (json!(DELEGATION.replace("pdel", "pact")), Some(Err(()))),
        (json!([DELEGATION]), Some(Err(()))),
        (json!(7), Some(Err(()))),
        (json!({}), Some(Err(()))),
    ] {
        let token = verified(&scene, "delegation_id", value.clone()).await;
        assert_eq!(token.delegation_claim, expected, "{value}");
    }
}

#[tokio::test]
async fn a_second_factor_is_fresh_for_ten_minutes() {
    let scene = Scene::new().await;
    let now = scene.clock.now();
    let second = now.as_second();
    for (value, expected) in [
        (json!(second), true),
        (json!(second - 600), true),
        (json!(second - 601), false),
        (json!(second + 60), false),
        (json!(second.to_string()), false),
        (json!(f64::MAX), false),
        (json!(i64::MAX), false),
        (json!([second]), false),
        (Value::Null, false),
    ] {
        let token = verified(&scene, "auth_time", value.clone()).await;
        assert_eq!(token.has_fresh_second_factor(now), expected, "{value}");
    }
    let payload = changed(&scene.payload(), "auth_time", json!(second));
    for acr in [json!("1"), json!(2), Value::Null] {
        let payload = changed(&payload, "acr", acr);
        let token = scene.verify(&scene.token(&payload)).await.expect("good");
        assert_eq!(token.authenticated_at, Timestamp::from_second(second).ok());
        assert!(!token.has_fresh_second_factor(now));
    }
}

#[tokio::test]
async fn levels_are_exact_texts() {
    let scene = Scene::new().await;
    for acr in [" 2", "2 ", "02", "2.0", "２", "LOA2", "2\u{0}", ""] {
        let token = verified(&scene, "acr", json!(acr)).await;
        assert_eq!(token.strength.level, 0, "{acr:?}");
    }
    assert_eq!(verified(&scene, "acr", json!("1")).await.strength.level, 1);
    for amr in [
        json!(["OTP"]),
        json!([" otp"]),
        json!(["otp "]),
        json!("pwd otp"),
    ] {
        let token = verified(&scene, "amr", amr.clone()).await;
        assert!(!token.strength.second_factor, "{amr}");
    }
}

#[tokio::test]
async fn the_issuer_is_matched_whole() {
    let scene = Scene::new().await;
    let issuer = scene.issuer();
    for foreign in [
        issuer.trim_end_matches("/realm").to_owned(),
        issuer[..issuer.len() - 1].to_owned(),
        format!("{issuer}/"),
        format!("{issuer}/x"),
        format!("{issuer}?x"),
        format!(" {issuer}"),
        issuer.replace("http://", "HTTP://"),
        issuer.replace("/realm", "/Realm"),
        issuer.replace("/realm", "/x/../realm"),
        issuer.replace("/realm", "//realm"),
    ] {
        let refused = scene
            .refusal(&changed(&scene.payload(), "iss", json!(foreign)))
            .await;
        assert_eq!(refused, Some(TokenRefusal::Invalid("issuer")), "{foreign}");
    }
    assert_eq!(scene.fetches().await, 0);
}

#[tokio::test]
async fn an_issuer_of_one_tenant_vouches_for_no_other() {
    let scene = Scene::new().await;
    for (tid, good) in [
        (Value::Null, true),
        (json!("kabul"), true),
        (json!("herat"), false),
        (json!("Kabul"), false),
        (json!("kabul "), false),
        (json!(["kabul"]), false),
    ] {
        let token = verified(&scene, "tid", tid.clone()).await;
        assert_eq!(token.tenant().is_ok(), good, "{tid}");
    }
}
