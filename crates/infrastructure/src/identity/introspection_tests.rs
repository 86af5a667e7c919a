use std::sync::atomic::AtomicUsize;

use futures::future::join_all;
use portal_domain::id::ClientId;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::sleep;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, Request, Respond, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::identity::test_issuer::{INTROSPECT, Scene, serve};

/// Times that a test can wait for.
const QUICK: Times = Times {
    patience: Duration::from_secs(1),
    remembered: Duration::from_millis(600),
    paused: Duration::from_millis(200),
};

const SLOW: Times = Times {
    patience: Duration::from_secs(5),
    remembered: Duration::from_secs(3),
    paused: Duration::from_millis(200),
};

/// Answers, and counts how often.
struct Endpoint {
    answer: ResponseTemplate,
    asked: Arc<AtomicUsize>,
}

impl Respond for Endpoint {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.answer.clone()
    }
}

/// A provider that answers for its tokens, and somebody who asks about one.
struct Asking {
    scene: Scene,
    token: VerifiedToken,
    text: BearerToken,
    introspection: OidcIntrospection,
    asked: Arc<AtomicUsize>,
}

impl Asking {
    async fn with(credentials: Option<ClientCredentials>, times: Times) -> Self {
        let scene = Scene::with_client(credentials).await;
        serve(&scene.server, &scene.issuer(), &scene.signers.jwks()).await;
        let text = scene.token(&scene.payload());
        let token = scene.verify(&text).await.expect("good");
        let client = http_client().expect("a client");
        Self {
            introspection: OidcIntrospection::with_times(&scene.verifier, client, times),
            token: VerifiedToken::clone(&token),
            scene,
            text,
            asked: Arc::default(),
        }
    }

    async fn new(times: Times) -> Self {
        let credentials = ClientCredentials {
            id: ClientId::parse("portal:api").expect("valid"),
            secret: SecretString::from("s+cret %"),
        };
        Self::with(Some(credentials), times).await
    }

    /// From now on the endpoint answers this.
    async fn answers(&self, answer: ResponseTemplate) {
        self.scene.server.reset().await;
        let asked = Arc::clone(&self.asked);
        Mock::given(path(INTROSPECT))
            .respond_with(Endpoint { answer, asked })
            .mount(&self.scene.server)
            .await;
        self.introspection.answers.invalidate_all();
        self.asked.store(0, Ordering::Relaxed);
    }

    async fn says(&self, body: Value) -> Introspection {
        self.answers(said(body)).await;
        self.ask().await
    }

    async fn ask(&self) -> Introspection {
        self.introspection.introspect(&self.token, &self.text).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn said(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn active() -> ResponseTemplate {
    said(json!({"active": true}))
}

#[tokio::test]
async fn the_issuers_word_counts_if_it_is_about_this_token() {
    let asking = Asking::new(QUICK).await;
    let issuer = asking.scene.issuer();
    let own = json!({"active": true, "iss": issuer, "sub": "subject", "client_id": "web"});
    assert_eq!(asking.says(own.clone()).await, Introspection::Active);
    for (claim, foreign) in [
        ("active", json!(false)),
        ("active", json!("true")),
        ("iss", json!(format!("{issuer}/"))),
        ("sub", json!("somebody")),
        ("client_id", json!("app")),
    ] {
        let mut answer = own.clone();
        answer[claim] = foreign;
        assert_eq!(
            asking.says(answer).await,
            Introspection::Inactive,
            "{claim}"
        );
    }
}

#[tokio::test]
async fn what_is_no_proper_answer_is_none() {
    let asking = Asking::new(QUICK).await;
    let padding = "x".repeat(MAX_DOCUMENT);
    let text = |text: &str| ResponseTemplate::new(200).set_body_string(text);
    for (case, answer) in [
        ("refused", ResponseTemplate::new(401)),
        ("broken", ResponseTemplate::new(500)),
        (
            "moved",
            ResponseTemplate::new(302).insert_header("location", INTROSPECT),
        ),
        ("not JSON", text("active")),
        ("no object", text("[true]")),
        ("said twice", text(r#"{"active":false,"active":true}"#)),
        (
            "too large",
            said(json!({"active": true, "padding": padding})),
        ),
        ("too late", active().set_delay(Duration::from_secs(3))),
    ] {
        asking.answers(answer).await;
        let began = Instant::now();
        assert_eq!(asking.ask().await, Introspection::Unavailable, "{case}");
        assert!(began.elapsed() < Duration::from_millis(1_500), "{case}");
    }
}

#[tokio::test]
async fn it_asks_as_the_client_of_the_settings() {
    let asking = Asking::new(QUICK).await;
    asking.scene.server.reset().await;
    let body = format!(
        "token={}&token_type_hint=access_token",
        asking.text.expose()
    );
    Mock::given(method("POST"))
        .and(path(INTROSPECT))
        // `portal%3Aapi:s%2Bcret+%25`: both are form-encoded first (RFC 6749 section 2.3.1).
        .and(header(
            "authorization",
            "Basic cG9ydGFsJTNBYXBpOnMlMkJjcmV0KyUyNQ==",
        ))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string(body))
        .respond_with(active())
        .mount(&asking.scene.server)
        .await;
    assert_eq!(asking.ask().await, Introspection::Active);
}

#[tokio::test]
async fn fifty_who_ask_at_once_are_one_question() {
    let asking = Asking::new(Times::USUAL).await;
    asking
        .answers(active().set_delay(Duration::from_millis(300)))
        .await;
    let answers = join_all((0..50).map(|_| asking.ask())).await;
    assert!(answers.iter().all(|said| *said == Introspection::Active));
    assert_eq!(asking.asked(), 1);
}

#[tokio::test]
async fn who_leaves_cuts_off_nobody() {
    let asking = Asking::new(Times::USUAL).await;
    asking
        .answers(active().set_delay(Duration::from_millis(400)))
        .await;
    let impatient = timeout(Duration::from_millis(100), asking.ask());
    let (left, stayed) = tokio::join!(impatient, async {
        sleep(Duration::from_millis(50)).await;
        asking.ask().await
    });
    assert!(left.is_err());
    assert_eq!(stayed, Introspection::Active);
    assert_eq!(asking.asked(), 1);
}

#[tokio::test]
async fn an_answer_is_remembered_from_the_question_on_and_no_longer() {
    let asking = Asking::new(SLOW).await;
    for answer in [active(), said(json!({"active": false}))] {
        let delay = Duration::from_millis(1_500);
        asking.answers(answer.set_delay(delay)).await;
        let began = Instant::now();
        let said = asking.ask().await;
        assert_eq!(asking.ask().await, said);
        assert_eq!(asking.asked(), 1);
        // A busy machine asks late; counted from the answer it would hold for half a second more.
        let late = Duration::from_secs(1);
        sleep((SLOW.remembered + late).saturating_sub(began.elapsed())).await;
        assert_eq!(asking.ask().await, said);
        assert_eq!(
            asking.asked(),
            2,
            "half of its time had passed when it came"
        );
    }
}

#[tokio::test]
async fn a_provider_that_is_back_is_asked_again_soon() {
    let asking = Asking::new(QUICK).await;
    asking.answers(ResponseTemplate::new(500)).await;
    assert_eq!(asking.ask().await, Introspection::Unavailable);
    assert_eq!(asking.ask().await, Introspection::Unavailable);
    assert_eq!(asking.asked(), 1);
    sleep(QUICK.paused).await;
    assert_eq!(asking.ask().await, Introspection::Unavailable);
    assert_eq!(asking.asked(), 2);
}

#[tokio::test]
async fn each_token_is_asked_about_for_itself() {
    let asking = Asking::new(Times::USUAL).await;
    asking.answers(active()).await;
    assert_eq!(asking.ask().await, Introspection::Active);
    asking.scene.clock.advance(1);
    let other = asking.scene.token(&asking.scene.payload());
    let said = asking.introspection.introspect(&asking.token, &other).await;
    assert_eq!(said, Introspection::Active);
    assert_eq!(asking.asked(), 2);
}

#[tokio::test]
async fn without_credentials_or_an_address_nobody_is_asked() {
    let asking = Asking::with(None, QUICK).await;
    asking.answers(active()).await;
    assert_eq!(asking.ask().await, Introspection::Unavailable);
    assert_eq!(asking.asked(), 0);
    let mut stranger = Asking::new(QUICK).await;
    stranger.answers(active()).await;
    stranger.token.issuer = Issuer::parse("https://evil.example").expect("valid");
    assert_eq!(stranger.ask().await, Introspection::Unavailable);
    assert_eq!(stranger.asked(), 0);
}

#[test]
fn an_answer_lasts_five_seconds_and_its_absence_one() {
    assert_eq!(Times::USUAL.remembered, Duration::from_secs(5));
    assert_eq!(Times::USUAL.paused, Duration::from_secs(1));
    assert_eq!(Times::USUAL.patience, Duration::from_secs(1));
}
