//! Contents of documents and reports: passed on as they are, or not at all.

use portal_tests::{Answer, Fixture, Person, TestOptions, TestPortal, scene};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

struct One {
    portal: TestPortal,
    ada: Person,
}

/// Ada has a document and a report, each with a content, and a document that was entered in error.
async fn one() -> One {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let of = Fixture::of(&ada.patient);
    let mut shown = of.record("DocumentReference", "d1");
    shown["content"][0]["attachment"]["url"] = json!("Binary/b1");
    let mut wrong = of.record("DocumentReference", "d2");
    wrong["content"][0]["attachment"]["url"] = json!("Binary/b2");
    wrong["status"] = json!("entered-in-error");
    let mut elsewhere = of.record("DocumentReference", "d3");
    elsewhere["content"][0]["attachment"]["url"] = json!("https://elsewhere.test/Binary/b1");
    let mut report = of.report("r1", &[]);
    report["presentedForm"] = json!([{"url": "Binary/b3"}]);
    for record in [shown, wrong, elsewhere, report] {
        portal.put(&ada.tenant, &record);
    }
    for id in ["b1", "b2", "b3", "b4"] {
        portal.put(&ada.tenant, &of.record("Binary", id));
    }
    One { portal, ada }
}

impl One {
    async fn get(&self, path: &str) -> Answer {
        self.portal.get_as(&self.ada, path).await
    }

    async fn with(&self, scope: &str, path: &str) -> Answer {
        self.portal.get_with_scope(&self.ada, scope, path).await
    }
}

const CONTENT: &str = "/v1/portal/documents/doc.d1/content";

#[tokio::test]
async fn a_content_comes_to_be_kept_and_not_to_be_run() {
    scene(async {
        let one = one().await;
        let document = one.get("/fhir/R4/DocumentReference/doc.d1").await.json();
        let url = document["content"][0]["attachment"]["url"].clone();
        let url = url.as_str().expect("an address").to_owned();
        assert_eq!(one.portal.path_of(&url), "/fhir/R4/Binary/doc.b1");
        for path in ["/fhir/R4/Binary/doc.b1", "/fhir/R4/Binary/doc.b3", CONTENT] {
            let answer = one.get(path).await;
            assert_eq!(
                (answer.status, &answer.body[..]),
                (200, &b"hello"[..]),
                "{path}"
            );
            for (name, value) in [
                ("content-type", "text/plain"),
                ("content-disposition", "attachment"),
                ("content-security-policy", "sandbox"),
                ("x-content-type-options", "nosniff"),
                ("cache-control", "private, no-store"),
            ] {
                assert_eq!(answer.header(name), value, "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_nothing_visible_names_is_absent() {
    scene(async {
        let one = one().await;
        let absent = one.get("/fhir/R4/Binary/doc.absent").await;
        assert_eq!(absent.status, 404);
        for id in ["doc.b2", "doc.b4", "lab.b1", "b1", ""] {
            let answer = one.get(&format!("/fhir/R4/Binary/{id}")).await;
            assert_eq!(answer.verdict(), absent.verdict(), "{id}");
        }
        for id in ["doc.d2", "doc.d3", "doc.absent", "lab.r1"] {
            let path = format!("/v1/portal/documents/{id}/content");
            assert_eq!(one.get(&path).await.status, 404, "{id}");
        }
        let bob = one.portal.person("bob").await;
        for path in ["/fhir/R4/Binary/doc.b1", CONTENT] {
            assert_eq!(one.portal.get_as(&bob, path).await.status, 404, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_content_needs_the_scope_of_what_names_it() {
    scene(async {
        let one = one().await;
        let (document, report) = (
            "patient/DocumentReference.read",
            "patient/DiagnosticReport.read",
        );
        for (scope, path, status) in [
            (document, "/fhir/R4/Binary/doc.b1", 200),
            (report, "/fhir/R4/Binary/doc.b3", 200),
            (document, "/fhir/R4/Binary/doc.b3", 404),
            (report, "/fhir/R4/Binary/doc.b1", 404),
            ("patient/Binary.read", "/fhir/R4/Binary/doc.b1", 403),
            (document, CONTENT, 200),
            (report, CONTENT, 403),
        ] {
            assert_eq!(one.with(scope, path).await.status, status, "{scope} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_type_that_a_browser_runs_does_not_leave() {
    scene(async {
        let one = one().await;
        for kind in ["text/html", "image/svg+xml", "application/xml"] {
            let mut binary = Fixture::of(&one.ada.patient).record("Binary", "b1");
            binary["contentType"] = json!(kind);
            one.portal.put(&one.ada.tenant, &binary);
            let answer = one.get("/fhir/R4/Binary/doc.b1").await;
            assert!(answer.status >= 500, "{kind}: {}", answer.status);
            assert!(!answer.says("hello"), "{kind}");
        }
    })
    .await;
}

/// A document-service that knows one document of whoever is asked about, and breaks off in the
/// middle of its content.
async fn breaking_documents() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 8_192];
            let read = stream.read(&mut head).await.unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let _ = stream.write_all(breaking_answer(&head).as_bytes()).await;
        }
    });
    format!("http://{address}")
}

fn breaking_answer(head: &str) -> String {
    if head.starts_with("GET /Binary/") {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n";
        return format!("{head}half of it");
    }
    let patient = head.split("patient=").nth(1).unwrap_or_default();
    let patient = patient.split(['&', ' ']).next().unwrap_or_default();
    let mut document = Fixture::of(patient).record("DocumentReference", "d1");
    document["content"][0]["attachment"]["url"] = json!("Binary/b1");
    let entry = json!([{"resource": document, "search": {"mode": "match"}}]);
    let bundle = json!({"resourceType": "Bundle", "type": "searchset", "entry": entry}).to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{bundle}",
        bundle.len()
    )
}

#[tokio::test]
async fn a_content_that_breaks_off_breaks_the_connection() {
    scene(async {
        let url = ("DOCUMENTS_URL".to_owned(), breaking_documents().await);
        let portal = TestPortal::with(TestOptions {
            settings: vec![url],
            ..TestOptions::default()
        })
        .await;
        let ada = portal.person("ada").await;
        for path in ["/fhir/R4/Binary/doc.b1", CONTENT] {
            let request = reqwest::Client::new()
                .get(format!("{}{path}", portal.public_url))
                .bearer_auth(portal.token(&ada));
            let answer = request.send().await.expect("the portal answers");
            assert_eq!(answer.status(), 200, "{path}");
            assert!(answer.bytes().await.is_err(), "{path}");
        }
    })
    .await;
}
