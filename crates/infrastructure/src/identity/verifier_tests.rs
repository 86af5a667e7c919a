use std::time::Duration;

use portal_domain::scope::Interaction;
use portal_fhir::ResourceType;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::identity::test_issuer::{KEYS, Scene, Signers, changed, hashes, serve, settings};
use crate::test_support::HandClock;

#[tokio::test]
async fn a_good_token_says_who_asks() {
    let scene = Scene::new().await;
    let verified = scene
        .verify(&scene.token(&scene.payload()))
        .await
        .expect("good");
    assert_eq!(verified.issuer.as_str(), scene.issuer());
    assert_eq!(verified.subject.as_str(), "subject");
    assert!(verified.first_party);
    assert_eq!(verified.tenant().expect("bound").as_str(), "kabul");
    assert!(
        verified
            .scopes
            .allows(ResourceType::Observation, Interaction::Read)
    );
    assert!(
        !verified
            .scopes
            .allows(ResourceType::Condition, Interaction::Read)
    );
    assert_eq!(verified.strength.level, 2);
    assert!(!verified.strength.second_factor);
    assert_eq!(
        verified.expires_at.as_second(),
        scene.clock.now().as_second() + 300
    );
}

#[tokio::test]
async fn each_algorithm_passes_with_its_own_key_only() {
    let scene = Scene::new().await;
    let payload = scene.payload().to_string();
    for (key, own) in [
        ("rs", "RS256"),
        ("ps", "PS256"),
        ("ec", "ES256"),
        ("ed", "EdDSA"),
    ] {
        for algorithm in ["RS256", "PS256", "ES256", "EdDSA", "HS256", "none", "RS512"] {
            let header = format!(r#"{{"alg":"{algorithm}","kid":"{key}"}}"#);
            let token = scene.signers.token(&header, &payload, algorithm);
            let verified = scene.verify(&token).await;
            assert_eq!(verified.is_ok(), algorithm == own, "{algorithm} with {key}");
        }
    }
}

#[tokio::test]
async fn headers_that_bring_or_demand_something_are_refused() {
    let scene = Scene::new().await;
    let payload = scene.payload().to_string();
    for (header, good) in [
        (r#"{"alg":"ES256","kid":"ec"}"#, true),
        (r#"{"alg":"ES256","kid":"ec","typ":"at+JWT"}"#, true),
        (
            r#"{"alg":"ES256","kid":"ec","typ":"jwt","x5t":"any"}"#,
            true,
        ),
        (r#"{"alg":"ES256"}"#, true),
        (r#"{"alg":"ES256","kid":"ec","typ":"logout+jwt"}"#, false),
        (r#"{"alg":"ES256","kid":"ec","typ":7}"#, false),
        (r#"{"alg":"ES256","kid":"other"}"#, false),
        (r#"{"alg":"ES256","kid":7}"#, false),
        (r#"{"alg":"es256","kid":"ec"}"#, false),
        (r#"{"alg":["ES256"],"kid":"ec"}"#, false),
        (r#"{"kid":"ec"}"#, false),
        (r#"{"alg":"ES256","alg":"ES256","kid":"ec"}"#, false),
        (r#"{"alg":"ES256","kid":"ec","\u006bid":"ec"}"#, false),
        (
            r#"{"alg":"ES256","kid":"ec","jku":"https://evil.example"}"#,
            false,
        ),
        (
            r#"{"alg":"ES256","kid":"ec","x5u":"https://evil.example"}"#,
            false,
        ),
        (r#"{"alg":"ES256","kid":"ec","jwk":{}}"#, false),
        (r#"{"alg":"ES256","kid":"ec","crit":[]}"#, false),
        (r#"["ES256"]"#, false),
        ("", false),
    ] {
        let token = scene.signers.token(header, &payload, "ES256");
        assert_eq!(scene.verify(&token).await.is_ok(), good, "{header}");
    }
}

/// Every claim missing, mistyped, foreign and stale.
#[tokio::test]
async fn claims_that_are_not_as_they_must_be_are_refused() {
    let scene = Scene::new().await;
    let good = scene.payload();
    let now = scene.clock.now().as_second();
    let invalid = |reason| Some(TokenRefusal::Invalid(reason));
    for (claim, value, expected) in [
        ("iss", Value::Null, invalid("issuer")),
        ("iss", json!(7), invalid("issuer")),
        (
            "iss",
            json!("https://evil.example/realm"),
            invalid("issuer"),
        ),
        (
            "iss",
            json!(format!("{}/", scene.issuer())),
            invalid("issuer"),
        ),
        (
            "iss",
            json!(scene.issuer().to_uppercase()),
            invalid("issuer"),
        ),
        ("sub", Value::Null, invalid("subject")),
        ("sub", json!(""), invalid("subject")),
        ("sub", json!(["subject"]), invalid("subject")),
        ("aud", Value::Null, invalid("audience")),
        ("aud", json!("account"), invalid("audience")),
        ("aud", json!("portal2"), invalid("audience")),
        ("aud", json!(["portal", 7]), invalid("audience")),
        ("aud", json!({"portal": true}), invalid("audience")),
        ("aud", json!("portal"), None),
        ("azp", json!(7), invalid("client")),
        ("azp", Value::Null, invalid("client")),
        ("client_id", json!("other"), invalid("client")),
        ("client_id", json!("web"), None),
        ("typ", json!("ID"), invalid("type")),
        ("typ", json!("Refresh"), invalid("type")),
        ("typ", json!("Logout"), invalid("type")),
        ("typ", json!("bearer"), invalid("type")),
        ("typ", json!(["Bearer"]), invalid("type")),
        ("typ", Value::Null, None),
        ("events", json!({}), invalid("type")),
        ("exp", Value::Null, invalid("time")),
        ("exp", json!("soon"), invalid("time")),
        ("exp", json!(now - 30), invalid("lifetime")),
        ("exp", json!(now + 901), invalid("lifetime")),
        ("exp", json!(1e300), invalid("time")),
        ("exp", json!(i64::MAX), invalid("lifetime")),
        ("iat", Value::Null, invalid("time")),
        ("iat", json!(now + 31), invalid("not yet valid")),
        ("iat", json!(i64::MIN), invalid("lifetime")),
        ("nbf", json!(now + 31), invalid("not yet valid")),
        ("nbf", json!(true), invalid("time")),
        ("nbf", json!(now), None),
        ("patient", json!(["pat-1"]), invalid("patient")),
        ("patient", Value::Null, None),
    ] {
        let payload = changed(&good, claim, value);
        assert_eq!(
            scene.refusal(&payload).await,
            expected,
            "{claim} {}",
            payload[claim]
        );
    }
}

#[tokio::test]
async fn claims_that_only_give_rights_give_none_when_they_cannot_be_read() {
    let scene = Scene::new().await;
    let good = scene.payload();
    let verified = async |claim: &str, value: Value| {
        let payload = changed(&good, claim, value);
        scene.verify(&scene.token(&payload)).await.expect("good")
    };
    assert!(verified("tid", json!(7)).await.tenant().is_err());
    assert!(verified("tid", json!("")).await.tenant().is_err());
    assert!(
        verified("tid", json!("herat")).await.tenant().is_err(),
        "bound to another tenant"
    );
    assert!(
        verified("tid", Value::Null).await.tenant().is_ok(),
        "the issuer's binding suffices"
    );
    for acr in [json!("0"), json!("3"), json!(2), json!(["2"]), Value::Null] {
        assert!(!verified("acr", acr).await.strength.is_multi_factor());
    }
    for amr in [json!("otp"), json!(["otp", 7]), json!({"otp": true})] {
        assert!(!verified("amr", amr).await.strength.second_factor);
    }
    assert!(
        verified("amr", json!(["pwd", "otp"]))
            .await
            .strength
            .second_factor
    );
    let opens = |token: &VerifiedToken| {
        token
            .scopes
            .allows(ResourceType::Observation, Interaction::Read)
    };
    assert!(opens(
        &*verified("scope", json!(["openid", "patient/Observation.rs"])).await
    ));
    for scope in [
        json!(7),
        json!(["patient/*.read openid"]),
        json!([7]),
        Value::Null,
    ] {
        assert!(!opens(&*verified("scope", scope).await));
    }
    assert!(!verified("azp", json!("app")).await.first_party);
}

#[tokio::test]
async fn a_payload_that_says_something_twice_is_refused() {
    let scene = Scene::new().await;
    let good = scene.payload().to_string();
    let header = r#"{"alg":"ES256","kid":"ec"}"#;
    for (old, new) in [
        ("{", r#"{"sub":"other","#),
        ("{", r#"{"\u0073ub":"other","#),
        ("{", r#"{"nested":{"a":1,"a":2},"#),
        ("}", "}}"),
        ("}", ""),
    ] {
        let payload = good.replacen(old, new, 1);
        let refused = scene
            .verify(&scene.signers.token(header, &payload, "ES256"))
            .await;
        assert_eq!(
            refused.err(),
            Some(TokenRefusal::Invalid("payload")),
            "{new}"
        );
    }
}

#[tokio::test]
async fn texts_that_are_no_token_are_refused_before_anyone_is_asked() {
    let scene = Scene::new().await;
    let good = scene.token(&scene.payload());
    let long = format!("{}{}", good.expose(), "A".repeat(16 * 1_024));
    let more = format!("{}.", good.expose());
    let padded = good.expose().replacen('.', "=.", 1);
    for text in [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        &long,
        &more,
        &padded,
    ] {
        let refused = scene.verify(&BearerToken::new(text)).await;
        assert!(matches!(refused, Err(TokenRefusal::Invalid(_))), "{text}");
    }
    let foreign = changed(&scene.payload(), "iss", json!("https://evil.example"));
    assert!(scene.refusal(&foreign).await.is_some());
    assert_eq!(scene.fetches().await, 0);
}

#[tokio::test]
async fn a_signature_of_somebody_else_is_refused_and_never_called_expired() {
    let scene = Scene::new().await;
    let stranger = Signers::generate();
    let header = r#"{"alg":"ES256","kid":"ec"}"#;
    let now = scene.clock.now().as_second();
    let expired = changed(&scene.payload(), "exp", json!(now - 60));
    let expired = changed(&expired, "iat", json!(now - 300));
    for payload in [&scene.payload(), &expired] {
        let forged = stranger.token(header, &payload.to_string(), "ES256");
        let refused = scene.verify(&forged).await.err();
        assert_eq!(refused, Some(TokenRefusal::Invalid("signature")));
    }
    assert_eq!(scene.refusal(&expired).await, Some(TokenRefusal::Expired));
    let good = scene.token(&scene.payload());
    let (message, _) = good.expose().rsplit_once('.').expect("three parts");
    let unsigned = BearerToken::new(&format!("{message}."));
    assert_eq!(
        scene.verify(&unsigned).await.err(),
        Some(TokenRefusal::Invalid("signature"))
    );
}

#[tokio::test]
async fn each_surface_has_its_own_audience_also_for_a_remembered_token() {
    let scene = Scene::new().await;
    let fhir = "https://portal.example/fhir/R4";
    for (audience, portal, on_fhir) in [
        (json!("portal"), true, false),
        (json!([fhir]), false, true),
        (json!(["portal", fhir]), true, true),
    ] {
        let token = scene.token(&changed(&scene.payload(), "aud", audience));
        for _ in 0..2 {
            let verified = scene.verifier.verify(&token, Surface::Portal).await;
            assert_eq!(verified.is_ok(), portal);
            let verified = scene.verifier.verify(&token, Surface::Fhir).await;
            assert_eq!(verified.is_ok(), on_fhir);
        }
    }
}

#[tokio::test]
async fn a_token_ends_when_it_expires_though_it_was_remembered() {
    let scene = Scene::new().await;
    let now = scene.clock.now().as_second();
    let token = scene.token(&changed(&scene.payload(), "exp", json!(now + 40)));
    assert!(scene.verify(&token).await.is_ok());
    scene.clock.advance(69);
    assert!(scene.verify(&token).await.is_ok(), "within the leeway");
    scene.clock.advance(1);
    assert_eq!(
        scene.verify(&token).await.err(),
        Some(TokenRefusal::Expired)
    );
}

#[tokio::test]
async fn keys_are_fetched_once_for_all_who_wait() {
    let scene = Scene::new().await;
    assert!(!scene.verifier.usable());
    let tokens: Vec<BearerToken> = (0..20)
        .map(|number| scene.token(&changed(&scene.payload(), "jti", json!(number.to_string()))))
        .collect();
    let verified = join_all(tokens.iter().map(|token| scene.verify(token))).await;
    assert!(verified.iter().all(Result::is_ok));
    assert_eq!(scene.fetches().await, 1);
    assert!(scene.verifier.usable());
}

#[tokio::test]
async fn an_unknown_key_asks_the_provider_once_in_thirty_seconds() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    let header = r#"{"alg":"ES256","kid":"unknown"}"#;
    let token = scene
        .signers
        .token(header, &scene.payload().to_string(), "ES256");
    for _ in 0..10 {
        assert_eq!(
            scene.verify(&token).await.err(),
            Some(TokenRefusal::Invalid("key"))
        );
    }
    assert_eq!(scene.fetches().await, 2);
    scene.clock.advance(30);
    assert!(scene.verify(&token).await.is_err());
    assert_eq!(scene.fetches().await, 3);
}

#[tokio::test]
async fn a_new_key_is_found_when_a_token_names_it() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    let next = Signers::generate();
    let mut jwks = next.jwks();
    jwks["keys"][2]["kid"] = json!("next");
    scene.server.reset().await;
    serve(&scene.server, &scene.issuer(), &jwks).await;
    let header = r#"{"alg":"ES256","kid":"next"}"#;
    let token = next.token(header, &scene.payload().to_string(), "ES256");
    assert!(scene.verify(&token).await.is_ok());
}

#[tokio::test]
async fn known_keys_serve_for_an_hour_while_the_provider_is_down() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    scene.server.reset().await;
    let verify = async || scene.verify(&scene.token(&scene.payload())).await;
    scene.clock.advance(3_600);
    assert!(verify().await.is_ok());
    scene.clock.advance(1);
    assert_eq!(verify().await.err(), Some(TokenRefusal::KeysUnavailable));
    assert!(!scene.verifier.usable());
    serve(&scene.server, &scene.issuer(), &scene.signers.jwks()).await;
    scene.clock.advance(3);
    assert!(verify().await.is_ok(), "recovers by itself");
}

#[tokio::test]
async fn aged_keys_are_fetched_again_without_anyone_waiting() {
    let scene = Scene::new().await;
    scene.verifier.warm_up().await;
    scene.clock.advance(299);
    assert!(scene.verify(&scene.token(&scene.payload())).await.is_ok());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.fetches().await, 1);
    scene.clock.advance(2);
    assert!(scene.verify(&scene.token(&scene.payload())).await.is_ok());
    for _ in 0..100 {
        if scene.fetches().await == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the keys were not fetched again");
}

#[tokio::test]
async fn a_provider_that_misbehaves_gives_no_keys() {
    let good = Signers::generate().jwks();
    let configuration = |issuer: &str, keys: &str| {
        ResponseTemplate::new(200).set_body_json(json!({"issuer": issuer, "jwks_uri": keys}))
    };
    for case in [
        "other issuer",
        "redirect",
        "too large",
        "no url",
        "empty set",
        "not found",
    ] {
        let scene = Scene::without_provider().await;
        let keys = format!("{}{KEYS}", scene.server.uri());
        let answer = match case {
            "other issuer" => configuration("https://evil.example", &keys),
            "redirect" => ResponseTemplate::new(302).insert_header("location", "/elsewhere"),
            "too large" => {
                ResponseTemplate::new(200).set_body_raw(vec![b' '; 300_000], "application/json")
            }
            "no url" => configuration(&scene.issuer(), "file:///etc/passwd"),
            "not found" => ResponseTemplate::new(404),
            _ => configuration(&scene.issuer(), &keys),
        };
        let jwks = if case == "empty set" {
            json!({"keys": []})
        } else {
            good.clone()
        };
        for (at, answer) in [
            ("/realm/.well-known/openid-configuration", answer),
            ("/elsewhere", configuration(&scene.issuer(), &keys)),
            (KEYS, ResponseTemplate::new(200).set_body_json(jwks)),
        ] {
            Mock::given(path(at))
                .respond_with(answer)
                .mount(&scene.server)
                .await;
        }
        let refused = scene.verify(&scene.token(&scene.payload())).await;
        assert_eq!(refused.err(), Some(TokenRefusal::KeysUnavailable), "{case}");
    }
}

#[test]
fn faults_of_the_settings_stop_the_start() {
    let client = http_client().expect("a client");
    let mut wrong = settings("https://a.example");
    wrong.portal_audience = "account".to_owned();
    wrong.issuers.extend(wrong.issuers.clone());
    let faults = OidcVerifier::new(wrong, hashes(), &client, HandClock::at_noon()).unwrap_err();
    assert_eq!(faults.len(), 2);
}
