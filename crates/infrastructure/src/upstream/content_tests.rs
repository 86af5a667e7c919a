use futures::TryStreamExt as _;
use portal_application::ports::CallContext;
use portal_domain::id::{RequestId, TenantId};
use portal_fhir::ResourceType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::http_client::http_client;
use crate::test_support::target;

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

async fn asked(text: String) -> Result<Option<Content>, SourceError> {
    let base = TenantBase::new(&answering(text).await, &TenantId::parse("kabul").unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    let request = ContentRequest {
        target: target("kabul", "pat-1", ResourceType::Binary),
        id: "b1".into(),
        context: CallContext {
            request_id: RequestId::parse("req-1").unwrap(),
            language: "fa-AF".to_owned(),
            deadline,
        },
    };
    open(&http_client().unwrap(), &request, &base.unwrap(), deadline).await
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
