use futures::future::join_all;
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::test_support::HandClock;

const KEY: &str = "ehr.portal";

struct Scene {
    server: MockServer,
    clock: Arc<HandClock>,
    entitlements: HttpEntitlements,
}

impl Scene {
    async fn new() -> Self {
        let server = MockServer::start().await;
        let clock = HandClock::at_noon();
        let as_port: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
        let client = http_client().expect("a client");
        let mut entitlements = HttpEntitlements::new(&server.uri(), KEY, client, as_port);
        let asker = Arc::get_mut(&mut entitlements.asker).expect("nobody else's");
        asker.patience = Duration::from_millis(500);
        Self {
            server,
            clock,
            entitlements,
        }
    }

    async fn say(&self, body: Value) {
        self.answer(ResponseTemplate::new(200).set_body_json(body))
            .await;
    }

    async fn answer(&self, response: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(method("GET"))
            .and(path("/entitlements"))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    async fn is_open(&self) -> Option<bool> {
        let tenant = tenant("kabul");
        let features = self.entitlements.features(&tenant).await.ok()?;
        Some(features.contains(KEY))
    }

    async fn asked(&self) -> usize {
        let requests = self.server.received_requests().await;
        requests.expect("recorded").len()
    }
}

fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).expect("valid")
}

fn open() -> Value {
    json!({"entitlements": [KEY, "virtual-care"]})
}

#[tokio::test]
async fn a_licence_is_believed_for_half_a_minute_even_when_nobody_answers() {
    let scene = Scene::new().await;
    scene.say(open()).await;
    assert_eq!(scene.is_open().await, Some(true));
    scene.answer(ResponseTemplate::new(500)).await;
    scene.clock.advance(29);
    assert_eq!(scene.is_open().await, Some(true));
    assert_eq!(scene.asked().await, 0);
    scene.clock.advance(1);
    assert_eq!(scene.is_open().await, None);
}

#[tokio::test]
async fn a_refusal_is_believed_for_five_seconds_only() {
    let scene = Scene::new().await;
    scene.say(json!({"entitlements": ["ehr.claims"]})).await;
    assert_eq!(scene.is_open().await, Some(false));
    scene.say(open()).await;
    scene.clock.advance(4);
    assert_eq!(scene.is_open().await, Some(false));
    scene.clock.advance(1);
    assert_eq!(scene.is_open().await, Some(true));
}

#[tokio::test]
async fn a_failure_is_not_repeated_within_a_second_nor_remembered_longer() {
    let scene = Scene::new().await;
    scene.answer(ResponseTemplate::new(503)).await;
    assert_eq!(scene.is_open().await, None);
    assert_eq!(scene.is_open().await, None);
    assert_eq!(scene.asked().await, 1);
    scene.say(open()).await;
    scene.clock.advance(1);
    assert_eq!(scene.is_open().await, Some(true));
}

#[tokio::test]
async fn what_is_forgotten_is_asked_for_anew() {
    let scene = Scene::new().await;
    scene.say(open()).await;
    assert_eq!(scene.is_open().await, Some(true));
    scene.say(json!({"entitlements": []})).await;
    scene.entitlements.forget(&tenant("herat"));
    assert_eq!(scene.is_open().await, Some(true));
    scene.entitlements.forget(&tenant("kabul"));
    assert_eq!(scene.is_open().await, Some(false));
}

#[tokio::test]
async fn an_answer_that_was_on_its_way_when_it_was_forgotten_is_not_kept() {
    let scene = Scene::new().await;
    let response = ResponseTemplate::new(200).set_body_json(open());
    scene
        .answer(response.set_delay(Duration::from_millis(200)))
        .await;
    let kabul = tenant("kabul");
    let forgets = async {
        while scene.asked().await == 0 {
            tokio::task::yield_now().await;
        }
        scene.entitlements.forget(&kabul);
    };
    let (first, ()) = tokio::join!(scene.is_open(), forgets);
    assert_eq!(first, Some(true));
    scene.say(json!({"entitlements": []})).await;
    assert_eq!(scene.is_open().await, Some(false));
}

#[tokio::test]
async fn a_tenant_is_asked_about_once_at_a_time_and_by_its_own_name() {
    let scene = Scene::new().await;
    scene.server.reset().await;
    for (id, body, calls) in [
        ("kabul", open(), 1),
        ("herat", json!({"entitlements": []}), 1),
    ] {
        Mock::given(path("/entitlements"))
            .and(query_param("tenantId", id))
            .respond_with(
                ResponseTemplate::new(200)
                    .set_body_json(body)
                    .set_delay(Duration::from_millis(50)),
            )
            .expect(calls)
            .mount(&scene.server)
            .await;
    }
    let opened = join_all((0..20).map(|_| scene.is_open())).await;
    assert!(opened.iter().all(|open| *open == Some(true)));
    let herat = scene.entitlements.features(&tenant("herat")).await;
    assert!(herat.expect("answered").is_empty());
}

#[tokio::test]
async fn a_caller_who_leaves_cuts_off_nobody() {
    let scene = Scene::new().await;
    let response = ResponseTemplate::new(200).set_body_json(open());
    scene
        .answer(response.set_delay(Duration::from_millis(100)))
        .await;
    let left = tokio::time::timeout(Duration::from_millis(20), scene.is_open()).await;
    assert!(left.is_err());
    assert_eq!(scene.is_open().await, Some(true));
    assert_eq!(scene.asked().await, 1);
}

#[tokio::test]
async fn bad_answers_license_nothing() {
    let json = |text: &str| ResponseTemplate::new(200).set_body_raw(text, "application/json");
    let large = format!(r#"{{"entitlements":["{}"]}}"#, "x".repeat(300 * 1_024));
    let page = ResponseTemplate::new(200).set_body_raw(open().to_string(), "text/html");
    let moved = ResponseTemplate::new(302).insert_header("location", "/entitlements");
    for response in [
        json("garbage"),
        json("[]"),
        json(r#"{"entitlements":"ehr.portal"}"#),
        json(r#"{"entitlements":["ehr.portal",1]}"#),
        json(&large),
        page,
        moved,
        ResponseTemplate::new(404),
        json(&open().to_string()).set_delay(Duration::from_mins(1)),
    ] {
        let scene = Scene::new().await;
        scene.answer(response).await;
        assert_eq!(scene.is_open().await, None);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_keeps_nothing_alive() {
    let scene = Scene::new().await;
    scene.say(open()).await;
    assert_eq!(scene.is_open().await, Some(true));
    scene.answer(ResponseTemplate::new(500)).await;
    scene.clock.advance(-3_600);
    assert_eq!(scene.is_open().await, None);
}
