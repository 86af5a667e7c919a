//! Two at the same moment, fifty rounds each: one of them wins, the other gets its proper answer,
//! and what happened was told once.

mod delegations;
mod keys;
mod reads;
mod suspensions;
mod verifications;

use portal_tests::{Answer, Pod, TestPortal};
use serde_json::Value;

const ROUNDS: usize = 50;

/// Two pods of a portal, the first of them another one in every other round.
fn pods<'a>(portal: &'a TestPortal, pod: &'a Pod, round: usize) -> [&'a str; 2] {
    let (one, other) = (portal.public_url.as_str(), pod.url.as_str());
    if round.is_multiple_of(2) {
        [one, other]
    } else {
        [other, one]
    }
}

/// Posts to a pod, with a key that nobody else has.
async fn post_at(portal: &TestPortal, url: &str, token: &str, path: &str, body: &Value) -> Answer {
    let key = ulid::Ulid::new().to_string();
    let headers = [("Idempotency-Key", key.as_str())];
    portal
        .send_json_to(url, ("POST", path), token, &headers, body)
        .await
}
