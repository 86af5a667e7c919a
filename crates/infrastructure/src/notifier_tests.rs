use std::sync::Arc;

use portal_application::ports::{Clock, ContactAddress, ContactChannel};
use portal_domain::id::TenantId;
use serde_json::json;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::test_support::HandClock;
use crate::upstream::CredentialSettings;

fn delivery() -> Delivery {
    Delivery {
        id: "registration-1".to_owned(),
        tenant: TenantId::parse("kabul").expect("valid"),
        channel: ContactChannel::Email,
        address: ContactAddress::new("canary@example.org"),
        language: "fa-AF".to_owned(),
        template_key: "registration.link".to_owned(),
        secret: "canary-secret".to_owned(),
    }
}

fn notifier(server: &MockServer) -> HttpNotifier {
    let client = http_client().expect("a client");
    let mut notifier = HttpNotifier::new(&server.uri(), client, Credential::default());
    notifier.patience = Duration::from_millis(200);
    notifier
}

async fn sent(response: ResponseTemplate) -> Result<(), NotifierError> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(response)
        .mount(&server)
        .await;
    notifier(&server).send(&delivery()).await
}

#[tokio::test]
async fn a_delivery_is_handed_over_under_its_id() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/communication/notifications"))
        .and(header("idempotency-key", "registration-1"))
        .and(header("x-tenant-id", "kabul"))
        .and(body_json(json!({
            "channel": "email", "address": "canary@example.org", "language": "fa-AF",
            "templateKey": "registration.link", "secret": "canary-secret",
        })))
        .respond_with(ResponseTemplate::new(202))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(notifier(&server).send(&delivery()).await, Ok(()));
}

#[tokio::test]
async fn only_a_lasting_refusal_is_one() {
    for (status, expected) in [
        (200, Ok(())),
        (201, Ok(())),
        (400, Err(NotifierError::Refused)),
        (401, Err(NotifierError::Unavailable)),
        (404, Err(NotifierError::Refused)),
        (422, Err(NotifierError::Refused)),
        (408, Err(NotifierError::Unavailable)),
        (425, Err(NotifierError::Unavailable)),
        (429, Err(NotifierError::Unavailable)),
        (500, Err(NotifierError::Unavailable)),
        (503, Err(NotifierError::Unavailable)),
    ] {
        assert_eq!(
            sent(ResponseTemplate::new(status)).await,
            expected,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_hang_ends() {
    let elsewhere = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(202))
        .expect(0)
        .mount(&elsewhere)
        .await;
    let moved = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    assert_eq!(sent(moved).await, Err(NotifierError::Unavailable));
    let late = ResponseTemplate::new(202).set_delay(Duration::from_mins(1));
    assert_eq!(sent(late).await, Err(NotifierError::Unavailable));
    let garbage = ResponseTemplate::new(200).set_body_string("x".repeat(1 << 20));
    assert_eq!(sent(garbage).await, Ok(()));
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let client = http_client().expect("a client");
    let notifier = HttpNotifier::new("http://127.0.0.1:1", client, Credential::default());
    let sent = notifier.send(&delivery()).await;
    assert_eq!(sent, Err(NotifierError::Unavailable));
}

#[tokio::test]
async fn a_delivery_goes_with_the_credential_of_its_base() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer fixed"))
        .respond_with(ResponseTemplate::new(202))
        .expect(1)
        .mount(&server)
        .await;
    let clock: Arc<dyn Clock> = HandClock::at_noon();
    let client = http_client().expect("a client");
    let settings = CredentialSettings::Bearer("fixed".into());
    let credential = Credential::new(&settings, &client, &clock);
    let notifier = HttpNotifier::new(&server.uri(), client, credential);
    assert_eq!(notifier.send(&delivery()).await, Ok(()));
}
