//! Keys that change, and tokens that choose among them.

use std::time::Duration;

use futures::future::join_all;
use portal_application::ports::{Clock as _, TokenRefusal};
use serde_json::{Value, json};

use super::test_issuer::{Scene, Signers, changed, serve};

const WITHOUT_ID: &str = r#"{"alg":"ES256"}"#;

/// The same keys under ids with this ending.
fn renamed(mut jwks: Value, ending: &str) -> Value {
    for key in jwks["keys"].as_array_mut().expect("keys") {
        let id = key["kid"].as_str().expect("an id").to_owned();
        key["kid"] = json!(format!("{id}{ending}"));
    }
    jwks
}

async fn publish(scene: &Scene, jwks: &Value) {
    scene.server.reset().await;
    serve(&scene.server, &scene.issuer(), jwks).await;
}

#[tokio::test]
async fn a_rotated_key_is_found_by_its_id_and_the_old_one_ends() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    let next = Signers::generate();
    publish(&scene, &renamed(next.jwks(), "2")).await;
    let payload = scene.payload().to_string();
    let new = next.token(r#"{"alg":"ES256","kid":"ec2"}"#, &payload, "ES256");
    assert!(scene.verify(&new).await.is_ok());
    let old = scene.verify(&scene.token(&scene.payload())).await;
    assert_eq!(old.err(), Some(TokenRefusal::Invalid("key")));
}

#[tokio::test]
async fn a_rotated_key_is_found_without_an_id() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    let next = Signers::generate();
    publish(&scene, &next.jwks()).await;
    scene.clock.advance(1);
    let payload = scene.payload().to_string();
    let new = next.token(WITHOUT_ID, &payload, "ES256");
    assert!(scene.verify(&new).await.is_ok());
    let old = scene.signers.token(WITHOUT_ID, &payload, "ES256");
    let refused = scene.verify(&old).await;
    assert_eq!(refused.err(), Some(TokenRefusal::Invalid("signature")));
    assert_eq!(scene.fetches().await, 1, "one for both");
}

#[tokio::test]
async fn an_id_may_stand_for_a_key_of_each_algorithm() {
    let scene = Scene::without_provider().await;
    let mut jwks = scene.signers.jwks();
    for key in jwks["keys"].as_array_mut().expect("keys") {
        key["kid"] = json!("one");
    }
    serve(&scene.server, &scene.issuer(), &jwks).await;
    let payload = scene.payload().to_string();
    let signed_as = |stated: &str, signed: &str| {
        let header = format!(r#"{{"alg":"{stated}","kid":"one"}}"#);
        scene.signers.token(&header, &payload, signed)
    };
    for stated in ["RS256", "PS256", "ES256", "EdDSA"] {
        for signed in ["RS256", "PS256", "ES256", "EdDSA"] {
            let verified = scene.verify(&signed_as(stated, signed)).await;
            assert_eq!(verified.is_ok(), stated == signed, "{stated} by {signed}");
        }
    }
}

#[tokio::test]
async fn two_keys_of_one_id_and_algorithm_are_no_key() {
    let scene = Scene::without_provider().await;
    let mut jwks = scene.signers.jwks();
    let other = Signers::generate().jwks()["keys"][2].clone();
    jwks["keys"].as_array_mut().expect("keys").push(other);
    serve(&scene.server, &scene.issuer(), &jwks).await;
    let refused = scene.refusal(&scene.payload()).await;
    assert_eq!(refused, Some(TokenRefusal::Invalid("key")));
}

#[tokio::test]
async fn a_storm_of_unknown_keys_is_one_fetch_in_thirty_seconds() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    let payload = scene.payload().to_string();
    let stranger = Signers::generate();
    let storm = async || {
        let tokens: Vec<_> = (0..100)
            .map(|number| match number % 2 {
                0 => format!(r#"{{"alg":"ES256","kid":"unknown-{number}"}}"#),
                _ => format!(r#"{{"alg":"ES256","x":{number}}}"#),
            })
            .map(|header| stranger.token(&header, &payload, "ES256"))
            .collect();
        let verified = join_all(tokens.iter().map(|token| scene.verify(token))).await;
        assert!(verified.iter().all(Result::is_err));
    };
    storm().await;
    assert_eq!(scene.fetches().await, 2);
    scene.clock.advance(29);
    storm().await;
    assert_eq!(scene.fetches().await, 2);
    scene.clock.advance(1);
    storm().await;
    assert_eq!(scene.fetches().await, 3);
}

#[tokio::test]
async fn a_provider_that_is_down_leaves_an_unknown_key_undecided() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    scene.server.reset().await;
    let payload = scene.payload().to_string();
    let unknown = scene
        .signers
        .token(r#"{"alg":"ES256","kid":"new"}"#, &payload, "ES256");
    let refused = scene.verify(&unknown).await;
    assert_eq!(refused.err(), Some(TokenRefusal::KeysUnavailable));
    let stranger = Signers::generate();
    let forged = stranger.token(WITHOUT_ID, &payload, "ES256");
    let refused = scene.verify(&forged).await;
    assert_eq!(refused.err(), Some(TokenRefusal::Invalid("signature")));
    assert!(
        scene.refusal(&scene.payload()).await.is_none(),
        "known keys work"
    );
}

#[tokio::test]
async fn a_remembered_token_outlives_its_key_by_a_minute_at_most() {
    let scene = Scene::new().await;
    let ends = scene.clock.now().as_second() + 900;
    let token = scene.token(&changed(&scene.payload(), "exp", json!(ends)));
    assert!(scene.verify(&token).await.is_ok());
    publish(&scene, &Signers::generate().jwks()).await;
    scene.clock.advance(299);
    assert!(scene.verify(&token).await.is_ok(), "the keys are fresh");
    scene.clock.advance(2);
    assert!(scene.verify(&scene.token(&scene.payload())).await.is_ok());
    while scene.fetches().await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(scene.verify(&token).await.is_ok(), "it is remembered");
    scene.clock.advance(58);
    let refused = scene.verify(&token).await;
    assert_eq!(refused.err(), Some(TokenRefusal::Invalid("signature")));
}
