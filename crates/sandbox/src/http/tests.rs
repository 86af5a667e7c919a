mod keycloak;
mod people;
mod tokens;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::router;
use crate::options::Options;
use crate::world::World;

const ORIGIN: &str = "http://127.0.0.1:9";

/// A sandbox without a socket, whose requests end where they begin.
struct Place {
    world: Arc<World>,
    _stop: watch::Sender<bool>,
}

impl Place {
    fn new() -> Self {
        Self::with(&Options {
            large: 60,
            chart_copies: true,
            ..Options::default()
        })
    }

    fn with(options: &Options) -> Self {
        let (stop, stopped) = watch::channel(false);
        let world = World::build(options, ORIGIN.to_owned(), stopped).unwrap();
        Self {
            world: Arc::new(world),
            _stop: stop,
        }
    }

    async fn send(&self, method: &str, path: &str, tenant: Option<&str>, body: &str) -> Answered {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(tenant) = tenant {
            request = request.header("X-Tenant-ID", tenant);
        }
        self.answered(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    async fn answered(&self, request: Request<Body>) -> Answered {
        let response = router(Arc::clone(&self.world))
            .oneshot(request)
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap();
        Answered {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn get(&self, path: &str) -> Answered {
        self.send("GET", path, None, "").await
    }

    async fn post(&self, path: &str, body: &str) -> Answered {
        self.send("POST", path, None, body).await
    }

    async fn fault(&self, mode: &str) {
        let body = json!({ "mode": mode }).to_string();
        let answer = self.post("/_admin/sources/laboratory/fault", &body).await;
        assert_eq!(answer.status, StatusCode::OK);
    }

    /// Id of the person with the large record.
    fn patient(&self) -> &str {
        let mut people = self.world.people.iter();
        &people
            .find(|person| person.name == "Jan Nowak")
            .unwrap()
            .patient_id
    }

    fn results(&self) -> String {
        format!(
            "/laboratory/fhir/Observation?patient={}&category=laboratory",
            self.patient()
        )
    }
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

fn link(bundle: &Value, relation: &str) -> Option<String> {
    let mut links = bundle["link"].as_array()?.iter();
    let found = links.find(|link| link["relation"] == relation)?;
    Some(found["url"].as_str()?.to_owned())
}

#[tokio::test]
async fn a_page_walk_visits_each_entry_once() {
    let place = Place::new();
    let mut url = Some(format!("{ORIGIN}{}&_count=7", place.results()));
    let (mut seen, mut total, mut pages) = (HashSet::new(), 0, 0);
    while let Some(next) = url {
        let bundle = place.get(next.strip_prefix(ORIGIN).unwrap()).await.json();
        for entry in bundle["entry"].as_array().unwrap() {
            assert_eq!(entry["search"]["mode"], "match");
            assert!(seen.insert(entry["fullUrl"].to_string()));
        }
        total = bundle["total"].as_u64().unwrap();
        pages += 1;
        url = link(&bundle, "next");
        assert!(pages < 100);
    }
    assert_eq!(seen.len() as u64, total);
    assert!(total >= 60 && pages > 8);
}

#[tokio::test]
async fn resources_leave_as_they_came_byte_for_byte() {
    let place = Place::new();
    let resource = "{ \"resourceType\":\"Observation\",\n \"id\":\"raw_1\", \"valueQuantity\":{\"value\":1.50},\
        \"subject\":{\"reference\":\"Patient/p\"}, \"id\":\"raw_1\", \"zzz\":1e400 }";
    let answer = place.post("/_admin/records/laboratory", resource).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(
        place.get("/laboratory/fhir/Observation/raw_1").await.text(),
        resource
    );
    let found = place
        .get("/laboratory/fhir/Observation?patient=Patient/p")
        .await;
    assert!(
        found
            .text()
            .contains(&format!(r#""resource":{resource},"search""#))
    );
    assert_eq!(found.headers["content-type"], "application/fhir+json");
}

#[tokio::test]
async fn a_tenant_sees_its_own_records_and_no_tenant_means_the_first() {
    let place = Place::new();
    let path = format!("/registration/fhir/Patient?_id={}", place.patient());
    for (tenant, total) in [
        (None, 1),
        (Some("demo"), 1),
        (Some("other"), 0),
        (Some("nobody"), 0),
    ] {
        let bundle = place.send("GET", &path, tenant, "").await.json();
        assert_eq!(bundle["total"], total, "{tenant:?}");
    }
    let empty = place
        .get("/registration/fhir/Patient?_id=nobody")
        .await
        .json();
    assert_eq!(empty.get("entry"), None);
}

#[tokio::test]
async fn copies_in_the_chart_are_there_when_asked_for() {
    let place = Place::new();
    let path = place
        .results()
        .replace("laboratory/fhir", "patient-chart/fhir");
    assert_eq!(
        place.get(&path).await.json()["total"],
        place.get(&place.results()).await.json()["total"]
    );
}

#[tokio::test]
async fn faults_answer_as_named() {
    let place = Place::new();
    let path = place.results();
    let good = place.get(&path).await;
    place.fault("garbage").await;
    assert!(serde_json::from_slice::<Value>(&place.get(&path).await.body).is_err());
    place.fault("oversize").await;
    let body = place.get(&path).await.body;
    assert!(
        body.len() >= 20 << 20 && serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok()
    );
    place.fault("deep").await;
    assert!(place.get(&path).await.text().contains(&"[".repeat(10_000)));
    place.fault("truncated").await;
    assert_eq!(
        place.get(&path).await.body,
        good.body[..good.body.len() / 2]
    );
    place.fault("wrong-content-type").await;
    assert_eq!(place.get(&path).await.headers["content-type"], "text/html");
    place.fault("duplicate-members").await;
    assert!(
        place
            .get(&path)
            .await
            .text()
            .contains(r#"{"resourceType":"Basic","resourceType":"#)
    );
    place.fault("gzip-bomb").await;
    assert_eq!(place.get(&path).await.headers["content-encoding"], "gzip");
    let cleared = place
        .send("DELETE", "/_admin/sources/laboratory/fault", None, "")
        .await;
    assert_eq!(cleared.status, StatusCode::NO_CONTENT);
    assert_eq!(place.get(&path).await.body, good.body);
}

#[tokio::test]
async fn stray_links_and_redirects_lead_elsewhere() {
    let place = Place::new();
    let path = place.results();
    place.fault("next-elsewhere").await;
    let first = link(&place.get(&path).await.json(), "next").unwrap();
    let second = link(&place.get(&path).await.json(), "next").unwrap();
    assert!(first.starts_with("http://localhost:9/laboratory/fhir/Observation?"));
    assert!(second.starts_with("http://127.0.0.1:9/laboratory/moved/Observation?"));
    assert!(
        place.get(second.strip_prefix(ORIGIN).unwrap()).await.json()["total"].as_u64() > Some(0)
    );
    place.fault("redirect").await;
    let answer = place.get(&path).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    assert_eq!(answer.headers["location"], second.as_str());
    place.fault("many-pages").await;
    let mut seen = HashSet::new();
    let mut next = path;
    for _ in 0..30 {
        let url = link(&place.get(&next).await.json(), "next").unwrap();
        next = url.strip_prefix(ORIGIN).unwrap().to_owned();
        assert!(seen.insert(url));
    }
}

#[tokio::test]
async fn foreign_entries_come_as_matches() {
    let place = Place::new();
    place.fault("foreign-entries").await;
    let bundle = place.get(&place.results()).await.json();
    let own = format!("Patient/{}", place.patient());
    let entries = bundle["entry"].as_array().unwrap();
    let foreign = entries
        .iter()
        .filter(|entry| entry["resource"]["subject"]["reference"] != *own);
    assert_eq!(foreign.count(), 3);
}

#[tokio::test]
async fn latency_and_errors_are_met() {
    let place = Place::new();
    let fault = r#"{"latencyMs":40,"errorRate":1,"status":502}"#;
    place.post("/_admin/sources/laboratory/fault", fault).await;
    let begin = Instant::now();
    let answer = place.get(&place.results()).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(begin.elapsed() >= Duration::from_millis(40));
    assert_eq!(
        place.get("/_admin/sources/laboratory/fault").await.json()["errorRate"],
        1.0
    );
}

#[tokio::test]
async fn a_drip_is_slow_and_a_hang_does_not_answer() {
    let place = Place::new();
    place.fault("slow-drip").await;
    let path = "/laboratory/fhir/Observation?patient=nobody";
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router(Arc::clone(&place.world))
        .oneshot(request)
        .await
        .unwrap();
    let slow = tokio::time::timeout(
        Duration::from_millis(200),
        to_bytes(response.into_body(), 1 << 20),
    );
    assert!(slow.await.is_err());
    place.fault("hang").await;
    assert!(
        tokio::time::timeout(Duration::from_millis(100), place.get(path))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_with_what_can() {
    let place = Place::new();
    for body in [
        "{",
        r#"{"mode":"x"}"#,
        r#"{"latency":1}"#,
        r#"{"errorRate":2}"#,
    ] {
        let answer = place.post("/_admin/sources/laboratory/fault", body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json()["allowed"]["mode"][1], "hang");
    }
    for path in [
        "/_admin/sources/x/fault",
        "/_admin/calls/x",
        "/x/fhir/Patient",
    ] {
        let answer = place.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.json()["allowed"]["sources"][2], "laboratory");
    }
    let answer = place.post("/_admin/records/laboratory", "[]").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = place.post("/_admin/token", r#"{"_key":"x"}"#).await;
    assert_eq!(answer.json()["allowed"]["_key"][3], "unknown");
    assert_eq!(
        place
            .get("/laboratory/fhir/Observation?_count=x")
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn calls_are_remembered_until_they_are_forgotten() {
    let place = Place::new();
    place
        .send(
            "GET",
            "/medication/fhir/MedicationRequest?patient=a%2Fb",
            Some("demo"),
            "",
        )
        .await;
    let calls = place.get("/_admin/calls/medication").await.json();
    assert_eq!(
        calls[0]["pathAndQuery"],
        "/medication/fhir/MedicationRequest?patient=a%2Fb"
    );
    assert_eq!(calls[0]["headers"][0], json!(["x-tenant-id", "demo"]));
    place.send("DELETE", "/_admin/calls", None, "").await;
    assert_eq!(
        place.get("/_admin/calls/medication").await.json(),
        json!([])
    );
}

#[tokio::test]
async fn the_issuer_serves_keys_counts_them_and_can_be_down() {
    let place = Place::new();
    let discovery = place
        .get("/realms/demo/.well-known/openid-configuration")
        .await
        .json();
    assert_eq!(discovery["issuer"], "http://127.0.0.1:9/realms/demo");
    let certs = discovery["jwks_uri"]
        .as_str()
        .unwrap()
        .strip_prefix(ORIGIN)
        .unwrap()
        .to_owned();
    assert_eq!(
        place.get(&certs).await.json()["keys"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    place.post("/_admin/rotate-keys", "").await;
    assert_eq!(
        place.get(&certs).await.json()["keys"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    place
        .post("/_admin/issuer/fault", r#"{"mode":"down"}"#)
        .await;
    assert_eq!(
        place.get(&certs).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(place.get("/_admin/issuer").await.json()["jwksFetches"], 3);
    let token = place
        .post("/_admin/token", r#"{"_person":"demo-jan","acr":"1"}"#)
        .await
        .json();
    assert_eq!(
        token["access_token"].as_str().unwrap().split('.').count(),
        3
    );
    assert_eq!(
        place.get("/_admin/people").await.json()[0]["claims"]["tid"],
        "demo"
    );
}
