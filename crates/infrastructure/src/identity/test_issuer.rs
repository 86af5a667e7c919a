//! A provider on the loopback, with keys of every algorithm, and the verifier that believes it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portal_application::ports::{BearerToken, Clock, TokenRefusal, TokenVerifier as _};
use portal_domain::access::{Surface, VerifiedToken};
use portal_domain::id::ClientId;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::crypto::{KeyRing, RevocationHashes};
use crate::http_client::http_client;
use crate::identity::{AcrLevels, ClientCredentials, IssuerSettings, OidcSettings, OidcVerifier};
use crate::test_support::HandClock;

pub(super) const KEYS: &str = "/keys";
pub(super) const INTROSPECT: &str = "/introspect";

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key pair of each algorithm.
pub(super) struct Signers {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Signers {
    pub(super) fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"),
            ed: Ed25519KeyPair::generate().expect("a key"),
        }
    }

    pub(super) fn jwks(&self) -> Value {
        // RSAPublicKey of a 2048-bit modulus (RFC 8017 appendix A.1.1) has it at this place.
        let modulus = encode(&self.rsa.public_key().as_ref()[9..265]);
        let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
        json!({"keys": [
            {"kty": "RSA", "kid": "rs", "use": "sig", "n": modulus, "e": "AQAB"},
            {"kty": "RSA", "kid": "ps", "alg": "PS256", "n": modulus, "e": "AQAB"},
            {"kty": "EC", "kid": "ec", "crv": "P-256", "x": encode(x), "y": encode(y)},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(self.ed.public_key())},
        ]})
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; 256];
            self.rsa
                .sign(encoding, &SystemRandom::new(), message, &mut signature)
                .expect("signed");
            signature
        };
        match algorithm {
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "ES256" => {
                let signature = self.ec.sign(&SystemRandom::new(), message);
                signature.expect("signed").as_ref().to_vec()
            }
            "EdDSA" => self.ed.sign(message).as_ref().to_vec(),
            _ => Vec::new(),
        }
    }

    /// Signs any two texts.
    pub(super) fn token(&self, header: &str, payload: &str, algorithm: &str) -> BearerToken {
        let message = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(self.sign(algorithm, message.as_bytes()));
        BearerToken::new(&format!("{message}.{signature}"))
    }
}

/// A provider, the verifier that believes it, and a clock to move.
pub(super) struct Scene {
    pub(super) server: MockServer,
    pub(super) signers: Signers,
    pub(super) clock: Arc<HandClock>,
    pub(super) verifier: OidcVerifier,
}

pub(super) fn settings(issuer: &str) -> OidcSettings {
    OidcSettings {
        issuers: vec![IssuerSettings::parse(&format!("{issuer}|kabul")).expect("valid")],
        portal_audience: "portal".to_owned(),
        fhir_audience: "https://portal.example/fhir/R4".to_owned(),
        first_party_clients: vec![ClientId::parse("web").expect("valid")],
        client: None,
        tenant_claim: "tid".to_owned(),
        patient_claim: "patient".to_owned(),
        acr_levels: AcrLevels::parse("1=1,2=2").expect("valid"),
        mfa_methods: vec!["otp".to_owned()],
        max_token_lifetime: Duration::from_mins(15),
    }
}

pub(super) fn hashes() -> RevocationHashes {
    let ring = format!("k1:2026-01-01:{}", encode([7; 32]));
    RevocationHashes::new(&KeyRing::parse(&ring, HandClock::at_noon().now()).expect("valid"))
}

pub(super) async fn serve(server: &MockServer, issuer: &str, jwks: &Value) {
    let configuration = json!({
        "issuer": issuer,
        "jwks_uri": format!("{}{KEYS}", server.uri()),
        "introspection_endpoint": format!("{}{INTROSPECT}", server.uri()),
    });
    Mock::given(path("/realm/.well-known/openid-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(configuration))
        .mount(server)
        .await;
    Mock::given(path(KEYS))
        .respond_with(ResponseTemplate::new(200).set_body_json(jwks))
        .mount(server)
        .await;
}

impl Scene {
    pub(super) async fn new() -> Self {
        let scene = Self::without_provider().await;
        serve(&scene.server, &scene.issuer(), &scene.signers.jwks()).await;
        scene
    }

    pub(super) async fn without_provider() -> Self {
        Self::with_client(None).await
    }

    /// A provider that does not answer yet, and a verifier that has these credentials.
    pub(super) async fn with_client(client: Option<ClientCredentials>) -> Self {
        let server = MockServer::start().await;
        let clock = HandClock::at_noon();
        let issuer = format!("{}/realm", server.uri());
        let settings = OidcSettings {
            client,
            ..settings(&issuer)
        };
        let http = http_client().expect("a client");
        let as_port: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
        let verifier = OidcVerifier::new(settings, hashes(), &http, as_port);
        Self {
            server,
            signers: Signers::generate(),
            clock,
            verifier: verifier.expect("valid"),
        }
    }

    pub(super) fn issuer(&self) -> String {
        format!("{}/realm", self.server.uri())
    }

    pub(super) fn payload(&self) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": self.issuer(), "sub": "subject", "aud": ["portal", "account"], "azp": "web",
            "iat": now, "exp": now + 300, "tid": "kabul", "patient": "pat-1", "typ": "Bearer",
            "scope": "openid patient/Observation.read", "acr": "2", "amr": ["pwd"],
        })
    }

    pub(super) fn token(&self, payload: &Value) -> BearerToken {
        let header = r#"{"alg":"ES256","kid":"ec","typ":"JWT"}"#;
        self.signers.token(header, &payload.to_string(), "ES256")
    }

    pub(super) async fn verify(
        &self,
        token: &BearerToken,
    ) -> Result<Arc<VerifiedToken>, TokenRefusal> {
        self.verifier.verify(token, Surface::Portal).await
    }

    pub(super) async fn refusal(&self, payload: &Value) -> Option<TokenRefusal> {
        self.verify(&self.token(payload)).await.err()
    }

    pub(super) async fn fetches(&self) -> usize {
        let requests = self.server.received_requests().await.expect("recorded");
        requests
            .iter()
            .filter(|request| request.url.path() == KEYS)
            .count()
    }
}

pub(super) fn changed(payload: &Value, claim: &str, value: Value) -> Value {
    let mut payload = payload.clone();
    match value {
        Value::Null => drop(payload.as_object_mut().expect("an object").remove(claim)),
        value => payload[claim] = value,
    }
    payload
}
