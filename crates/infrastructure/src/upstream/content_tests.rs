use std::sync::Arc;

use futures::TryStreamExt as _;
use portal_application::ports::CallContext;
use portal_domain::id::RequestId;
use portal_domain::source::Source;
use portal_fhir::ResourceType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{header_exists, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::test_support::target;
use crate::upstream::SourceSettings;
use crate::upstream::guard::SourceGuard;

/// A server that answers its one call with this text and closes the connection.
async fn answering(text: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        let read = stream.read(&mut request).await.unwrap();
        assert!(read > 0);
        stream.write_all(text.as_bytes()).await.unwrap();
    });
    format!("http://{address}")
}

fn line_to(base: &str) -> SourceLine {
    let mut settings = SourceSettings::new(Source::Documents, base);
    settings.timeout = Duration::from_secs(20);
    let guard = Arc::new(SourceGuard::alone(Source::Documents));
    SourceLine::new(http_client().unwrap(), settings, guard)
}

fn content_request() -> ContentRequest {
    ContentRequest {
        target: target("kabul", "pat-1", ResourceType::Binary),
        id: "b1".into(),
        context: CallContext {
            request_id: RequestId::parse("req-1").unwrap(),
            language: "fa-AF".to_owned(),
            deadline: Instant::now() + Duration::from_secs(20),
        },
    }
}

async fn asked(text: String) -> Result<Option<Content>, SourceError> {
    let line = line_to(&answering(text).await);
    open(&line, &content_request()).await
}

fn ok(content_type: &str, length: u64, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn a_content_arrives_as_it_is() {
    let content = asked(ok("Application/PDF; x=1", 5, "%PDF-")).await;
    let content = content.unwrap().unwrap();
    assert_eq!(
        (content.media_type, content.length),
        ("application/pdf", Some(5))
    );
    let chunks: Vec<_> = content.chunks.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"%PDF-");
    let text = asked(ok("text/plain;charset=\"UTF-8\"", 1, "x")).await;
    assert_eq!(text.unwrap().unwrap().media_type, UTF8_TEXT);
}

#[tokio::test]
async fn types_that_a_browser_runs_and_what_is_too_large_do_not_leave() {
    for content_type in [
        "text/html",
        "image/svg+xml",
        "application/xml",
        "application/fhir+json",
        "application/xhtml+xml",
        "text/plain, text/html",
        "",
    ] {
        let content = asked(ok(content_type, 1, "x")).await;
        assert_eq!(content.err(), Some(SourceError::Invalid), "{content_type}");
    }
    let large = asked(ok("text/plain", MAX_CONTENT + 1, "x")).await;
    assert_eq!(large.err(), Some(SourceError::Invalid));
}

#[tokio::test]
async fn a_content_that_is_cut_ends_with_an_error() {
    let content = asked(ok("text/plain", 100, "0123456789")).await;
    let chunks: Result<Vec<_>, _> = content.unwrap().unwrap().chunks.try_collect().await;
    assert_eq!(chunks.err(), Some(ContentBroken));
    let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    let content = asked(chunked.to_owned()).await.unwrap().unwrap();
    let chunks: Result<Vec<_>, _> = content.chunks.try_collect().await;
    assert_eq!(chunks.err(), Some(ContentBroken));
}

#[tokio::test]
async fn what_is_gone_is_not_there_and_what_fails_is_missing() {
    let status = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    assert!(matches!(asked(status("404 Not Found")).await, Ok(None)));
    for code in ["500 Error", "302 Found", "401 Unauthorized"] {
        let answer = asked(status(code)).await;
        assert_eq!(answer.err(), Some(SourceError::Unavailable), "{code}");
    }
}

fn pdf() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw("%PDF-", "application/pdf")
}

/// A server that answers the first call of a content with a status, and every other with a PDF.
async fn failing_once(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let first = Mock::given(path("/Binary/b1")).and(header_exists("x-request-deadline-ms"));
    let first = first.respond_with(ResponseTemplate::new(status));
    first.up_to_n_times(1).with_priority(1).mount(&server).await;
    Mock::given(path("/Binary/b1"))
        .respond_with(pdf())
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_content_is_asked_for_once_more_before_its_first_byte() {
    let server = failing_once(503).await;
    let content = open(&line_to(&server.uri()), &content_request()).await;
    assert!(content.unwrap().is_some());
    let server = failing_once(500).await;
    let content = open(&line_to(&server.uri()), &content_request()).await;
    assert_eq!(content.err(), Some(SourceError::Unavailable));
}

#[tokio::test]
async fn contents_stand_behind_the_breaker_of_their_source() {
    let server = MockServer::start().await;
    let down = Mock::given(path("/Binary/b1")).respond_with(ResponseTemplate::new(500));
    down.expect(20).mount(&server).await;
    let line = line_to(&server.uri());
    for _ in 0..25 {
        let content = open(&line, &content_request()).await;
        assert_eq!(content.err(), Some(SourceError::Unavailable));
    }
    assert!(line.guard().wait().is_some());
}

#[tokio::test]
async fn contents_that_run_leave_room_for_other_calls_and_none_for_more_contents() {
    let server = MockServer::start().await;
    let any = Mock::given(path("/Binary/b1")).respond_with(pdf());
    any.mount(&server).await;
    let line = line_to(&server.uri());
    let mut running = Vec::new();
    for _ in 0..64 {
        running.push(open(&line, &content_request()).await.unwrap());
    }
    let soon = Instant::now() + Duration::from_millis(50);
    let search = line.client().get(format!("{}/Binary/b1", server.uri()));
    let search = search.build().unwrap();
    let base = line.base(content_request().target.tenant()).unwrap();
    let mut calls = line.calls(base, Instant::now() + Duration::from_secs(20));
    assert!(calls.open(&search).await.is_ok());
    let mut late = content_request();
    late.context.deadline = soon;
    assert_eq!(
        open(&line, &late).await.err(),
        Some(SourceError::Unavailable)
    );
    running.pop();
    assert!(open(&line, &content_request()).await.is_ok());
}
