//! Delegations through their whole lives: invited, accepted, confirmed, ended.

mod codes;
mod lives;
mod refusals;

use portal_tests::{Answer, Person, TestOptions, TestPortal};
use serde_json::{Value, json};

pub(crate) const PATH: &str = "/v1/portal/proxy-delegations";

/// A portal whose relay hands codes over, to its own notifier.
pub(crate) async fn portal() -> TestPortal {
    TestPortal::with(TestOptions {
        own_database: true,
        relay: true,
        ..TestOptions::default()
    })
    .await
}

fn terms(address: &str) -> Value {
    json!({
        "invitee": {"channel": "email", "address": address},
        "relationshipType": "spouse",
        "scope": ["labs", "summary"],
        "validFrom": "2020-01-01",
    })
}

fn fresh_key() -> String {
    ulid::Ulid::new().to_string()
}

pub(crate) async fn post(portal: &TestPortal, person: &Person, path: &str, body: &Value) -> Answer {
    let token = portal.writing_token(person);
    let key = fresh_key();
    let headers = [("Idempotency-Key", key.as_str())];
    portal
        .send_json(("POST", path), &token, &headers, body)
        .await
}

/// An address that nobody else has.
fn address() -> String {
    format!("{}@example.org", ulid::Ulid::new()).to_lowercase()
}

/// Invites, and gives the delegation's id and the code that arrives.
pub(crate) async fn invite(portal: &TestPortal, grantor: &Person) -> (String, String) {
    let address = address();
    let made = post(portal, grantor, PATH, &terms(&address)).await;
    assert_eq!(made.verdict(), "201");
    let id = made.json()["delegationId"]
        .as_str()
        .expect("an id")
        .to_owned();
    (id, portal.delivered_to(&address).await)
}

pub(crate) async fn accept(portal: &TestPortal, proxy: &Person, code: &str) -> Answer {
    post(
        portal,
        proxy,
        &format!("{PATH}/accept"),
        &json!({"code": code}),
    )
    .await
}

pub(crate) async fn act_on(portal: &TestPortal, person: &Person, id: &str, verb: &str) -> Answer {
    post(portal, person, &format!("{PATH}/{id}/{verb}"), &json!({})).await
}

/// A delegation that is active.
async fn active(portal: &TestPortal, grantor: &Person, proxy: &Person) -> String {
    let (id, code) = invite(portal, grantor).await;
    assert_eq!(accept(portal, proxy, &code).await.verdict(), "200");
    let confirmed = act_on(portal, grantor, &id, "confirm").await;
    assert_eq!(confirmed.verdict(), "200");
    id
}
