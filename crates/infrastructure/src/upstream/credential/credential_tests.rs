use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
use aws_lc_rs::signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, decode, decode_header};
use portal_application::ports::{SourceError, Sources as _};
use portal_domain::id::TenantId;
use portal_domain::source::{RecordSet, Source};
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{body_string_contains, header, header_exists, method, path};
use wiremock::{Mock, MockServer, Request as Seen, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::test_support::HandClock;
use crate::upstream::sources::tests::request;
use crate::upstream::{FhirSources, SourceSettings};

const SET: RecordSet = RecordSet::LaboratoryObservations;
const EMPTY: &str = r#"{"resourceType":"Bundle","type":"searchset"}"#;

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> Vec<u8> {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    der.as_ref().to_vec()
}

/// A key on P-384: its PEM, and what verifies it.
fn es384() -> (String, DecodingKey) {
    let der = ec(&ECDSA_P384_SHA384_FIXED_SIGNING);
    let jwk = Jwk::from_encoding_key(&EncodingKey::from_ec_der(&der), Algorithm::ES384);
    let verifying = DecodingKey::from_jwk(&jwk.expect("a key")).expect("a key");
    (pem(&der), verifying)
}

fn rs384() -> (String, DecodingKey) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key");
    let pkcs1 = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
    let jwk = Jwk::from_encoding_key(&pkcs1, Algorithm::RS384).expect("a key");
    let verifying = DecodingKey::from_jwk(&jwk).expect("a key");
    (pem(der.as_ref()), verifying)
}

fn client(pem: &str, token_url: Option<String>) -> CredentialSettings {
    CredentialSettings::Client(Arc::new(ClientSettings {
        id: "portal".to_owned(),
        key: pem.parse().expect("a key"),
        key_id: "key-1".to_owned(),
        token_url,
        scope: "system/*.rs".to_owned(),
    }))
}

/// A source and its token endpoint on one server.
struct Scene {
    server: MockServer,
    sources: FhirSources,
}

impl Scene {
    async fn new(settings: impl Fn(&MockServer) -> CredentialSettings) -> Self {
        let server = MockServer::start().await;
        let http = http_client().expect("a client");
        let clock: Arc<dyn Clock> = HandClock::at_noon();
        let credential = Credential::new(&settings(&server), &http, &clock);
        let base = format!("{}/fhir", server.uri());
        let settings = Source::ALL.map(|source| {
            let mut settings = SourceSettings::new(source, &base);
            settings.timeout = Duration::from_secs(20);
            settings.credential = credential.clone();
            settings
        });
        let sources = FhirSources::new(settings, &http, clock).expect("valid");
        Self { server, sources }
    }

    async fn of_client() -> Self {
        let (pem, _) = es384();
        Self::new(|server| client(&pem, Some(format!("{}/token", server.uri())))).await
    }

    /// Has the endpoint issue these tokens, one after the other, and then the last one.
    async fn issue(&self, tokens: &[&str], lasts: u64) {
        for (index, token) in tokens.iter().enumerate() {
            let body = json!({"access_token": token, "token_type": "bearer", "expires_in": lasts});
            let mock = Mock::given(path("/token"))
                .respond_with(ResponseTemplate::new(200).set_body_json(body));
            let mock = if index + 1 < tokens.len() {
                mock.up_to_n_times(1)
            } else {
                mock
            };
            mock.mount(&self.server).await;
        }
    }

    /// Has the source take this token and no other.
    async fn take(&self, token: &str) {
        Mock::given(path("/fhir/Observation"))
            .and(header("authorization", format!("Bearer {token}").as_str()))
            .respond_with(ResponseTemplate::new(200).set_body_raw(EMPTY, "application/fhir+json"))
            .mount(&self.server)
            .await;
        Mock::given(path("/fhir/Observation"))
            .respond_with(ResponseTemplate::new(401))
            .with_priority(9)
            .mount(&self.server)
            .await;
    }

    async fn fetched(&self) -> Result<(), SourceError> {
        let fetched = self.sources.fetch(&request("pat-1", SET)).await;
        fetched.map(|_| ())
    }

    async fn calls(&self, at: &str) -> Vec<Seen> {
        let all = self.server.received_requests().await.expect("recorded");
        all.into_iter()
            .filter(|call| call.url.path() == at)
            .collect()
    }
}

fn form(call: &Seen) -> HashMap<String, String> {
    url::form_urlencoded::parse(&call.body)
        .into_owned()
        .collect()
}

#[tokio::test]
async fn a_client_proves_itself_with_a_signed_assertion() {
    for (algorithm, (pem, verifying)) in [(Algorithm::ES384, es384()), (Algorithm::RS384, rs384())]
    {
        let scene = Scene::new(|server| client(&pem, Some(format!("{}/token", server.uri()))));
        let scene = scene.await;
        scene.issue(&["t"], 300).await;
        scene.take("t").await;
        scene.fetched().await.unwrap();
        let form = form(&scene.calls("/token").await[0]);
        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!(form["scope"], "system/*.rs");
        assert_eq!(
            form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let assertion = &form["client_assertion"];
        let head = decode_header(assertion).unwrap();
        assert_eq!((head.alg, head.kid.as_deref()), (algorithm, Some("key-1")));
        let mut validation = Validation::new(algorithm);
        validation.validate_exp = false;
        validation.set_audience(&[format!("{}/token", scene.server.uri())]);
        let claims = decode::<Value>(assertion, &verifying, &validation)
            .unwrap()
            .claims;
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&json!("portal"), &json!("portal"))
        );
        let (issued, ends) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        assert!(ends.unwrap() - issued.unwrap() <= 300);
        assert!(claims["jti"].as_str().unwrap().len() >= 20);
    }
}

#[tokio::test]
async fn no_assertion_is_sent_twice_and_a_token_serves_until_it_ends() {
    let scene = Scene::of_client().await;
    scene.issue(&["a", "b"], 300).await;
    scene.take("a").await;
    for _ in 0..3 {
        scene.fetched().await.unwrap();
    }
    assert_eq!(scene.calls("/token").await.len(), 1);
    let other = Scene::of_client().await;
    other.issue(&["a", "a"], 1).await;
    other.take("a").await;
    other.fetched().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    other.fetched().await.unwrap();
    let calls = other.calls("/token").await;
    let assertions: Vec<String> = calls
        .iter()
        .map(|call| form(call)["client_assertion"].clone())
        .collect();
    assert_eq!(assertions.len(), 2);
    assert_ne!(assertions[0], assertions[1]);
}

#[tokio::test]
async fn those_who_ask_together_share_one_call_for_a_token() {
    let scene = Scene::of_client().await;
    let body = json!({"access_token": "t", "token_type": "bearer", "expires_in": 300});
    let late = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(path("/token"))
        .respond_with(late.set_delay(Duration::from_millis(100)))
        .expect(1)
        .mount(&scene.server)
        .await;
    scene.take("t").await;
    let both = tokio::join!(scene.fetched(), scene.fetched(), scene.fetched());
    assert_eq!(both, (Ok(()), Ok(()), Ok(())));
}

#[tokio::test]
async fn a_token_is_renewed_aside_before_it_ends() {
    let scene = Scene::of_client().await;
    // Due after four seconds, used for two more.
    scene.issue(&["old", "new"], 8).await;
    scene.take("old").await;
    scene.fetched().await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    // Nobody waits for the new one: this call still shows the old.
    scene.fetched().await.unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while scene.calls("/token").await.len() < 2 {
        assert!(Instant::now() < until, "nothing was renewed");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_token_that_the_source_refuses_is_replaced_once() {
    let scene = Scene::of_client().await;
    scene.issue(&["old", "new"], 300).await;
    scene.take("new").await;
    scene.fetched().await.unwrap();
    assert_eq!(scene.calls("/token").await.len(), 2);
    assert_eq!(scene.calls("/fhir/Observation").await.len(), 2);
    // One that takes no token at all costs no call for a token every time.
    let scene = Scene::of_client().await;
    scene.issue(&["old", "new"], 300).await;
    scene.take("another").await;
    for _ in 0..5 {
        assert_eq!(scene.fetched().await, Err(SourceError::Unavailable));
    }
    assert_eq!(scene.calls("/token").await.len(), 2);
    assert_eq!(scene.sources.retry_after(Source::Laboratory), None);
}

#[tokio::test]
async fn without_a_token_the_source_is_unavailable_and_not_asked() {
    for status in [400, 401, 500, 302] {
        let scene = Scene::of_client().await;
        Mock::given(path("/token"))
            .respond_with(ResponseTemplate::new(status).insert_header("location", "/fhir/token"))
            .expect(1)
            .mount(&scene.server)
            .await;
        for _ in 0..20 {
            assert_eq!(scene.fetched().await, Err(SourceError::Unavailable));
        }
        assert!(scene.calls("/fhir/Observation").await.is_empty());
        assert!(scene.sources.retry_after(Source::Laboratory).is_some());
    }
}

#[tokio::test]
async fn what_is_no_bearer_token_is_none() {
    for body in [
        json!({"access_token": "t", "token_type": "mac", "expires_in": 300}),
        json!({"access_token": "", "token_type": "bearer", "expires_in": 300}),
        json!({"token_type": "bearer", "expires_in": 300}),
        json!({"access_token": "t\r\nx: y", "token_type": "bearer", "expires_in": 300}),
    ] {
        let scene = Scene::of_client().await;
        Mock::given(path("/token"))
            .respond_with(ResponseTemplate::new(200).set_body_json(&body))
            .mount(&scene.server)
            .await;
        assert_eq!(
            scene.fetched().await,
            Err(SourceError::Unavailable),
            "{body}"
        );
    }
}

#[tokio::test]
async fn the_endpoint_is_found_at_the_base() {
    let (pem, _) = es384();
    let scene = Scene::new(|_| client(&pem, None)).await;
    let found = json!({"token_endpoint": format!("{}/token", scene.server.uri())});
    Mock::given(method("GET"))
        .and(path("/fhir/.well-known/smart-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(found))
        .expect(1)
        .mount(&scene.server)
        .await;
    Mock::given(path("/token"))
        .and(body_string_contains("client_assertion="))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(
                json!({"access_token": "t", "token_type": "Bearer", "expires_in": 300}),
            ),
        )
        .mount(&scene.server)
        .await;
    scene.take("t").await;
    scene.fetched().await.unwrap();
}

#[tokio::test]
async fn a_fixed_token_goes_along_and_to_no_other_place() {
    let scene = Scene::new(|_| CredentialSettings::Bearer("fixed-token".into())).await;
    scene.take("fixed-token").await;
    scene.fetched().await.unwrap();
    let elsewhere = MockServer::start().await;
    Mock::given(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&elsewhere)
        .await;
    let moved = Scene::new(|_| CredentialSettings::Bearer("fixed-token".into())).await;
    let to = format!("{}/fhir/Observation", elsewhere.uri());
    Mock::given(path("/fhir/Observation"))
        .respond_with(ResponseTemplate::new(307).insert_header("location", to))
        .mount(&moved.server)
        .await;
    assert_eq!(moved.fetched().await, Err(SourceError::Invalid));
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_is_put_on_requests_to_its_base_alone() {
    let settings = CredentialSettings::Bearer("canary-token".into());
    let clock: Arc<dyn Clock> = HandClock::at_noon();
    let http = http_client().expect("a client");
    let credential = Credential::new(&settings, &http, &clock);
    let tenant = TenantId::parse("kabul").expect("valid");
    let base = TenantBase::new("https://ehr.example/r4", &tenant).expect("usable");
    for (url, expected) in [
        ("https://ehr.example/r4/Observation?patient=1", true),
        ("https://ehr.example/r4", true),
        ("https://ehr.example/r4x", false),
        ("https://ehr.example/other", false),
        ("http://ehr.example/r4/Observation", false),
        ("https://ehr.example:8443/r4/Observation", false),
        ("https://evil.example/r4/Observation", false),
    ] {
        let url = Url::parse(url).expect("a URL");
        let mut request = Request::new(reqwest::Method::GET, url);
        let soon = Instant::now() + Duration::from_secs(1);
        credential
            .authorize(&mut request, &base, soon)
            .await
            .expect("a token");
        let shown = request.headers().contains_key("authorization");
        assert_eq!(shown, expected, "{}", request.url());
        assert!(!format!("{request:?}").contains("canary-token"));
    }
    assert!(!format!("{credential:?}{settings:?}").contains("canary-token"));
}

#[test]
fn only_keys_that_servers_must_take_are_keys() {
    let (good, _) = es384();
    assert!(good.parse::<ClientKey>().is_ok());
    assert!(rs384().0.parse::<ClientKey>().is_ok());
    let p256 = pem(&ec(&ECDSA_P256_SHA256_FIXED_SIGNING));
    let certificate = good.replace("PRIVATE KEY", "CERTIFICATE");
    for text in [
        p256.as_str(),
        &certificate,
        &pem(b"nonsense"),
        "nonsense",
        "",
    ] {
        assert_eq!(text.parse::<ClientKey>().err(), Some(InvalidClientKey));
    }
    let key: ClientKey = good.parse().expect("a key");
    assert_eq!(format!("{key:?}"), "ClientKey(****)");
}
