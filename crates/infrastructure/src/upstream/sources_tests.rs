use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use portal_application::ports::CallContext;
use portal_domain::id::RequestId;
use portal_domain::id::TenantId;
use portal_domain::source::RecordSet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{
    header, header_exists, method, path, query_param, query_param_is_missing,
};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::test_support::{HandClock, observation_json, target};
use crate::upstream::Tenancy;

const SET: RecordSet = RecordSet::LaboratoryObservations;
const FHIR_JSON: &str = "application/fhir+json";

pub(crate) fn request(patient: &str, set: RecordSet) -> SourceRequest {
    SourceRequest {
        target: target("kabul", patient, set.resource_type()),
        set,
        category: set.category(),
        ids: Vec::new(),
        context: CallContext {
            request_id: RequestId::parse("req-1").expect("valid"),
            language: "fa-AF".to_owned(),
            deadline: Instant::now() + Duration::from_secs(30),
        },
    }
}

pub(crate) fn request_one(patient: &str, set: RecordSet, id: &str) -> SourceRequest {
    SourceRequest {
        ids: vec![id.into()],
        ..request(patient, set)
    }
}

fn sources_with(base_url: &str, change: impl Fn(&mut SourceSettings)) -> FhirSources {
    let settings = Source::ALL.map(|source| {
        let mut settings = SourceSettings::new(source, base_url);
        settings.timeout = Duration::from_secs(20);
        change(&mut settings);
        settings
    });
    let client = http_client().expect("a client");
    FhirSources::new(settings, &client, HandClock::at_noon()).expect("valid")
}

fn sources(server: &MockServer) -> FhirSources {
    sources_with(&format!("{}/fhir", server.uri()), |_| {})
}

fn bundle(ids: &[&str], next: Option<&str>) -> String {
    let entries: Vec<String> = ids
        .iter()
        .map(|id| {
            format!(
                r#"{{"resource":{},"search":{{"mode":"match"}}}}"#,
                observation_json(id, "1.50")
            )
        })
        .collect();
    let entries = entries.join(",");
    let link = next.map_or_else(String::new, |url| {
        format!(r#""link":[{{"relation":"next","url":"{url}"}}],"#)
    });
    format!(r#"{{"resourceType":"Bundle","type":"searchset",{link}"entry":[{entries}]}}"#)
}

fn page(body: impl Into<Vec<u8>>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, FHIR_JSON)
}

async fn answers(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

async fn fetched(response: ResponseTemplate) -> Result<Fetched, SourceError> {
    let server = answers(response).await;
    sources(&server).fetch(&request("pat-1", SET)).await
}

fn ids(fetched: &Fetched) -> Vec<&str> {
    fetched
        .records
        .iter()
        .map(|record| &*record.header.id)
        .collect()
}

/// A server that says what it is told to, whatever it is asked.
async fn says(answer: Vec<u8>, then_hangs: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut question = [0; 4_096];
                let _ = stream.read(&mut question).await;
                let _ = stream.write_all(&answer).await;
                if then_hangs {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    format!("http://{address}/fhir")
}

#[tokio::test]
async fn a_set_is_read_over_all_its_pages_with_the_headers_of_the_request() {
    let server = MockServer::start().await;
    let next = format!("{}/fhir/Observation?page=2", server.uri());
    let asked = || {
        Mock::given(method("GET"))
            .and(path("/fhir/Observation"))
            .and(header("x-request-id", "req-1"))
            .and(header("x-tenant-id", "kabul"))
            .and(header("accept-language", "fa-AF"))
            .and(header("accept", FHIR_JSON))
            .and(header_exists("x-request-deadline-ms"))
    };
    asked()
        .and(query_param("patient", "pat-1"))
        .and(query_param("category", "laboratory"))
        .respond_with(page(bundle(&["a", "b"], Some(&next))))
        .expect(1)
        .mount(&server)
        .await;
    asked()
        .and(query_param("page", "2"))
        .and(query_param_is_missing("patient"))
        .respond_with(page(bundle(&["c"], None)))
        .expect(1)
        .mount(&server)
        .await;
    let fetched = sources(&server)
        .fetch(&request("pat-1", SET))
        .await
        .expect("answered");
    assert_eq!(ids(&fetched), ["a", "b", "c"]);
    assert!(!fetched.capped);
    assert_eq!(fetched.unreadable, 0);
    let text = String::from_utf8(fetched.records[0].bytes.to_vec()).expect("UTF-8");
    assert_eq!(text, observation_json("a", "1.50"), "byte for byte");
}

#[tokio::test]
async fn a_record_is_asked_for_by_id_and_patient() {
    let server = MockServer::start().await;
    Mock::given(query_param("_id", "a"))
        .and(query_param("patient", "pat-1"))
        .respond_with(page(bundle(&["a"], None)))
        .mount(&server)
        .await;
    let fetched = sources(&server)
        .fetch(&request_one("pat-1", SET, "a"))
        .await;
    assert_eq!(ids(&fetched.expect("answered")), ["a"]);
}

#[tokio::test]
async fn ids_that_climb_are_found_nowhere_and_asked_of_nobody() {
    let server = answers(page(bundle(&["a"], None))).await;
    let sources = sources(&server);
    for id in ["..", "a/../b", "%2e%2e", "http://elsewhere/1"] {
        let fetched = sources
            .fetch(&request_one("pat-1", SET, id))
            .await
            .expect("no such record");
        assert!(fetched.records.is_empty());
    }
    assert!(
        server
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );
}

#[tokio::test]
async fn a_source_of_one_tenant_is_not_asked_for_another() {
    let server = answers(page(bundle(&["a"], None))).await;
    let base_url = format!("{}/fhir", server.uri());
    let only = |tenant: &str| {
        let tenancy = Tenancy::Single(TenantId::parse(tenant).expect("valid"));
        sources_with(&base_url, move |settings| {
            settings.tenancy = tenancy.clone();
        })
    };
    let refused = only("herat").fetch(&request("pat-1", SET)).await;
    assert_eq!(refused.err(), Some(SourceError::Unavailable));
    assert!(
        server
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );
    assert!(only("kabul").fetch(&request("pat-1", SET)).await.is_ok());
}

#[tokio::test]
async fn the_tenant_stands_in_the_url_where_the_settings_say_so() {
    let server = MockServer::start().await;
    Mock::given(path("/kabul/R4/Observation"))
        .respond_with(page(bundle(&["a"], None)))
        .mount(&server)
        .await;
    let base_url = format!("{}/{{tenant}}/R4", server.uri());
    let sources = sources_with(&base_url, |settings| settings.tenancy = Tenancy::Url);
    assert!(sources.fetch(&request("pat-1", SET)).await.is_ok());
}

#[tokio::test]
async fn what_does_not_match_is_left_out_and_what_cannot_be_read_is_counted() {
    let body = format!(
        r#"{{"resourceType":"Bundle","type":"searchset","entry":[
            {{"resource":{},"search":{{"mode":"match"}}}},
            {{"resource":{},"search":{{"mode":"include"}}}},
            {{"resource":{{"resourceType":"OperationOutcome"}},"search":{{"mode":"outcome"}}}},
            {{"resource":{{"resourceType":"Observation"}}}},
            {{"resource":{{"resourceType":"Observation","id":"x","id":"y"}}}},
            {{"fullUrl":"urn:uuid:1"}}]}}"#,
        observation_json("a", "1"),
        observation_json("b", "1"),
    );
    let fetched = fetched(page(body)).await.expect("answered");
    assert_eq!(ids(&fetched), ["a"]);
    assert_eq!(fetched.unreadable, 3);
}

#[tokio::test]
async fn an_answer_that_is_no_searchset_is_invalid() {
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[]}"#;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let cut = bundle(&["a"], None);
    let cut = &cut[..cut.len() - 3];
    for (what, response) in [
        ("garbage", page("<html>")),
        ("nothing", page("")),
        ("other resource", page(outcome)),
        ("depth", page(deep)),
        ("cut", page(cut)),
        ("trailing", page(bundle(&[], None) + "{}")),
        (
            "content type",
            ResponseTemplate::new(200).set_body_raw(bundle(&[], None), "text/html"),
        ),
        (
            "redirect",
            ResponseTemplate::new(302).insert_header("location", "/fhir/Observation"),
        ),
        ("no content", ResponseTemplate::new(204)),
        ("too large", page(vec![b' '; 20 * 1_024 * 1_024])),
        (
            "not gzip",
            page(bundle(&[], None)).insert_header("content-encoding", "gzip"),
        ),
    ] {
        assert_eq!(
            fetched(response).await.err(),
            Some(SourceError::Invalid),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = answers(page(bundle(&["a"], None))).await;
    Mock::given(path("/fhir/Observation"))
        .respond_with(ResponseTemplate::new(307).insert_header("location", elsewhere.uri()))
        .mount(&server)
        .await;
    let fetched = sources(&server).fetch(&request("pat-1", SET)).await;
    assert_eq!(fetched.err(), Some(SourceError::Invalid));
    assert!(
        elsewhere
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );
}

#[tokio::test]
async fn a_compressed_answer_counts_by_what_it_unpacks_to() {
    let gzipped = |body: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).expect("in memory");
        page(encoder.finish().expect("in memory")).insert_header("content-encoding", "gzip")
    };
    let honest = fetched(gzipped(bundle(&["a"], None).as_bytes()))
        .await
        .expect("answered");
    assert_eq!(ids(&honest), ["a"]);
    let bomb = gzipped(&[b" ".repeat(30 * 1_024 * 1_024), b"{}".to_vec()].concat());
    assert_eq!(fetched(bomb).await.err(), Some(SourceError::Invalid));
}

#[tokio::test]
async fn a_large_page_is_read_and_a_page_of_too_many_is_cut() {
    let ids: Vec<String> = (0..1_200).map(|number| format!("r{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let fetched = fetched(page(bundle(&ids, None))).await.expect("answered");
    assert_eq!(fetched.records.len(), 1_000);
    assert!(fetched.capped);
}

#[tokio::test]
async fn pages_without_end_are_cut_at_twenty() {
    let server = MockServer::start().await;
    let base = format!("{}/fhir/Observation", server.uri());
    let number = std::sync::atomic::AtomicUsize::new(0);
    Mock::given(method("GET"))
        .respond_with(move |_: &wiremock::Request| {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let id = format!("r{number}");
            page(bundle(&[&id], Some(&format!("{base}?page={number}"))))
        })
        .expect(20)
        .mount(&server)
        .await;
    let fetched = sources(&server)
        .fetch(&request("pat-1", SET))
        .await
        .expect("cut");
    assert_eq!(fetched.records.len(), 20);
    assert!(fetched.capped);
}

#[tokio::test]
async fn all_pages_together_are_cut_at_32_mib() {
    let server = MockServer::start().await;
    let base = format!("{}/fhir/Observation", server.uri());
    let number = std::sync::atomic::AtomicUsize::new(0);
    Mock::given(method("GET"))
        .respond_with(move |_: &wiremock::Request| {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let mut body = bundle(&["a"], Some(&format!("{base}?page={number}")));
            body.push_str(&" ".repeat(9 * 1_024 * 1_024));
            page(body)
        })
        .expect(4)
        .mount(&server)
        .await;
    let fetched = sources(&server)
        .fetch(&request("pat-1", SET))
        .await
        .expect("cut");
    assert_eq!(fetched.records.len(), 3);
    assert!(fetched.capped);
}

#[tokio::test]
async fn a_next_page_elsewhere_or_in_a_circle_is_invalid() {
    let elsewhere = answers(page(bundle(&["x"], None))).await;
    let away = page(bundle(
        &["a"],
        Some(&format!("{}/fhir/Observation", elsewhere.uri())),
    ));
    assert_eq!(fetched(away).await.err(), Some(SourceError::Invalid));
    assert!(
        elsewhere
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );
    let circle = page(bundle(&["a"], Some("?page=2")));
    assert_eq!(fetched(circle).await.err(), Some(SourceError::Invalid));
}

#[tokio::test]
async fn refusals_are_unavailable_and_only_gateways_are_asked_again() {
    for (status, calls) in [
        (400, 1),
        (401, 1),
        (404, 1),
        (500, 1),
        (502, 2),
        (503, 2),
        (504, 2),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(status))
            .expect(calls)
            .mount(&server)
            .await;
        let fetched = sources(&server).fetch(&request("pat-1", SET)).await;
        assert_eq!(fetched.err(), Some(SourceError::Unavailable), "{status}");
    }
}

#[tokio::test]
async fn a_gateway_that_recovers_is_not_seen() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(page(bundle(&["a"], None)))
        .mount(&server)
        .await;
    assert!(sources(&server).fetch(&request("pat-1", SET)).await.is_ok());
}

#[tokio::test]
async fn nobody_at_the_port_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let sources = sources_with(&format!("http://{address}/fhir"), |_| {});
    let fetched = sources.fetch(&request("pat-1", SET)).await;
    assert_eq!(fetched.err(), Some(SourceError::Unavailable));
}

#[tokio::test]
async fn a_source_that_hangs_costs_its_own_time_or_that_of_the_request() {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: 900\r\n\r\n{";
    for answer in [Vec::new(), head.to_vec()] {
        let base_url = says(answer, true).await;
        let own = sources_with(&base_url, |settings| {
            settings.timeout = Duration::from_millis(100);
        });
        let begun = Instant::now();
        let fetched = own.fetch(&request("pat-1", SET)).await;
        assert_eq!(fetched.err(), Some(SourceError::TimedOut));
        assert!(begun.elapsed() < Duration::from_secs(5));
        let mut short = request("pat-1", SET);
        short.context.deadline = Instant::now() + Duration::from_millis(100);
        let fetched = sources_with(&base_url, |_| {}).fetch(&short).await;
        assert_eq!(fetched.err(), Some(SourceError::TimedOut));
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_invalid() {
    let body = bundle(&["a"], None);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\ncontent-length: {}\r\n\r\n",
        body.len() + 1
    );
    let base_url = says((head + &body).into_bytes(), false).await;
    let fetched = sources_with(&base_url, |_| {})
        .fetch(&request("pat-1", SET))
        .await;
    assert_eq!(fetched.err(), Some(SourceError::Invalid));
}

#[test]
fn every_source_needs_usable_settings() {
    let client = http_client().expect("a client");
    let some = [SourceSettings::new(Source::Laboratory, "nowhere")];
    let faults = FhirSources::new(some, &client, HandClock::at_noon())
        .err()
        .expect("refused");
    let settings: Vec<&str> = faults.iter().map(|fault| fault.setting.as_str()).collect();
    assert_eq!(
        settings,
        [
            "REGISTRATION_URL",
            "SCHEDULING_URL",
            "LABORATORY_URL",
            "RADIOLOGY_URL",
            "MEDICATION_URL",
            "CLAIMS_URL",
            "IMMUNIZATIONS_URL",
            "PATIENT_CHART_URL",
            "DOCUMENTS_URL",
            "COMMUNICATION_URL",
            "PROVIDER_DIRECTORY_URL"
        ]
    );
}

#[tokio::test]
async fn a_source_that_hangs_is_soon_not_asked_and_says_for_how_long() {
    let base_url = says(Vec::new(), true).await;
    let sources = sources_with(&base_url, |settings| {
        settings.timeout = Duration::from_millis(50);
    });
    assert_eq!(sources.retry_after(Source::Laboratory), None);
    for _ in 0..5 {
        let fetched = sources.fetch(&request("pat-1", SET)).await;
        assert_eq!(fetched.err(), Some(SourceError::TimedOut));
    }
    let fetched = sources.fetch(&request("pat-1", SET)).await;
    assert_eq!(fetched.err(), Some(SourceError::Unavailable));
    let seconds = sources.retry_after(Source::Laboratory);
    assert!(seconds.is_some_and(|seconds| (1..=5).contains(&seconds)));
    assert_eq!(sources.retry_after(Source::Medication), None);
    let healthy = |name| {
        let components = sources.components();
        components
            .iter()
            .any(|one| one.name == name && one.healthy && !one.required)
    };
    assert!(!healthy("laboratory") && healthy("medication"));
}

#[tokio::test]
async fn a_deadline_that_had_nearly_passed_is_not_the_sources_fault() {
    let sources = sources_with(&says(Vec::new(), true).await, |_| {});
    for _ in 0..10 {
        let mut late = request("pat-1", SET);
        late.context.deadline = Instant::now() + Duration::from_millis(20);
        let fetched = sources.fetch(&late).await;
        assert_eq!(fetched.err(), Some(SourceError::TimedOut));
    }
    assert_eq!(sources.retry_after(Source::Laboratory), None);
}

#[tokio::test]
async fn an_answer_waits_for_room_and_is_given_up_without_it() {
    let server = answers(page(bundle(&["a"], None))).await;
    let sources = sources(&server);
    let line = sources.line(Source::Laboratory).expect("one a source");
    let guard = line.guard();
    let full = || async {
        let mut held = Vec::new();
        for size in [10 << 20; 4].into_iter().chain([1 << 20; 8]) {
            let mut room = guard.reservation();
            let reserved = room.grow_to(size, Instant::now()).await;
            reserved.expect("48 MiB are there");
            held.push(room);
        }
        held
    };
    let held = full().await;
    let mut short = request("pat-1", SET);
    short.context.deadline = Instant::now() + Duration::from_millis(200);
    let fetched = sources.fetch(&short).await;
    assert_eq!(fetched.err(), Some(SourceError::Unavailable));
    assert_eq!(sources.retry_after(Source::Laboratory), None);
    let long = request("pat-1", SET);
    let (fetched, ()) = tokio::join!(sources.fetch(&long), async { drop(held) });
    assert_eq!(ids(&fetched.expect("there is room")), ["a"]);
    drop(full().await);
}
