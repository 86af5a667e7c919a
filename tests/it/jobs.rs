//! What the portal does without being asked: at the identity provider, when time is over, and with
//! what is of no use any more.

mod consent;
mod killed;
mod provider;
mod prune;
mod races;
mod sweep;

use std::time::Duration;

use portal_sandbox::Sandbox;
use portal_tests::{TestOptions, TestPortal};
use serde_json::Value;

/// A portal with a database of its own: jobs go through all tenants.
async fn portal(relay: bool) -> TestPortal {
    TestPortal::with(TestOptions {
        own_database: true,
        relay,
        ..TestOptions::default()
    })
    .await
}

/// Looks again and again until something holds.
async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    while !holds().await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the identity provider itself says of a token.
async fn is_active(sandbox: &Sandbox, token: &str) -> bool {
    let url = format!(
        "{}/protocol/openid-connect/token/introspect",
        sandbox.issuer_url()
    );
    let form = [
        ("client_id", "portal-service"),
        ("client_secret", "sandbox-secret"),
        ("token", token),
    ];
    let answer = reqwest::Client::new().post(url).form(&form).send().await;
    let said: Value = answer
        .expect("the issuer answers")
        .json()
        .await
        .expect("JSON");
    said["active"].as_bool().expect("a word")
}
