//! Requests that come again (02, Idempotency): acted on once, answered as before, and never with
//! what another was answered (K43).

use portal_tests::{Answer, Person, TestPortal, scene};
use serde_json::{Value, json};

const PATH: &str = "/v1/portal/proxy-delegations";

fn terms(scope: &str) -> Value {
    json!({
        "invitee": {"channel": "email", "address": "ben@example.org"},
        "relationshipType": "spouse",
        "scope": [scope],
        "validFrom": "2020-01-01",
    })
}

async fn invite(portal: &TestPortal, person: &Person, key: &str, body: &Value) -> Answer {
    let token = portal.writing_token(person);
    let headers = [("Idempotency-Key", key)];
    portal
        .send_json(("POST", PATH), &token, &headers, body)
        .await
}

async fn count(portal: &TestPortal, person: &Person) -> usize {
    let list = portal.get_as(person, PATH).await.json();
    list["data"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn the_same_request_is_acted_on_once_and_answered_the_same() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let first = invite(&portal, &ada, "k", &terms("labs")).await;
        let again = invite(&portal, &ada, "k", &terms("labs")).await;
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!(first.json(), again.json());
        assert_eq!(first.header("idempotency-replayed"), "");
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(first.header("location"), again.header("location"));
        assert_eq!(count(&portal, &ada).await, 1);
        let other = invite(&portal, &ada, "k", &terms("vitals")).await;
        assert_eq!(other.verdict(), "409 IDEMPOTENCY_KEY_CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_its_person_client_and_route() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let of_ada = invite(&portal, &ada, "k", &terms("labs")).await.json();
        let of_ben = invite(&portal, &ben, "k", &terms("labs")).await;
        assert_eq!(of_ben.status, 201);
        assert_ne!(of_ben.json()["delegationId"], of_ada["delegationId"]);
        let mobile = json!({
            "azp": "portal-mobile", "auth_time": portal.now().as_second(),
            "scope": "openid profile patient/*.read patient/*.write",
        });
        let token = portal.token_with(&ada, &mobile);
        let headers = [("Idempotency-Key", "k")];
        let elsewhere = portal
            .send_json(("POST", PATH), &token, &headers, &terms("labs"))
            .await;
        assert_ne!(elsewhere.json()["delegationId"], of_ada["delegationId"]);
        // Another route, and another thing on the same route.
        let id = of_ada["delegationId"].as_str().expect("an id");
        let token = portal.writing_token(&ada);
        let path = format!("{PATH}/{id}/revoke");
        let revoked = portal
            .send_json(("POST", &path), &token, &headers, &json!({}))
            .await;
        assert_eq!(revoked.json()["status"], "revoked");
        let other = format!("{PATH}/pdel_00000000000000000000000000/revoke");
        let conflict = portal
            .send_json(("POST", &other), &token, &headers, &json!({}))
            .await;
        assert_eq!(conflict.verdict(), "409 IDEMPOTENCY_KEY_CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn a_replay_passes_every_check_again() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        invite(&portal, &ada, "k", &terms("labs")).await;
        portal.set_status(&ada, "suspended").await;
        let again = invite(&portal, &ada, "k", &terms("labs")).await;
        assert_eq!(again.verdict(), "403 ACCOUNT_NOT_ACTIVE");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        invite(&portal, &ada, "k", &terms("labs")).await;
        portal.clock.advance(jiff::SignedDuration::from_hours(24));
        let later = invite(&portal, &ada, "k", &terms("labs")).await;
        assert_eq!(later.header("idempotency-replayed"), "");
        assert_eq!(count(&portal, &ada).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let long = "k".repeat(256);
        for key in ["", "two words", long.as_str()] {
            let answer = invite(&portal, &ada, key, &terms("labs")).await;
            assert_eq!(answer.verdict(), "400 INVALID_HEADER", "{key:?}");
        }
        assert_eq!(count(&portal, &ada).await, 0);
    })
    .await;
}

/// One acts; the other is told that it is being done, or what was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_act_once() {
    portal_tests::long_scene(std::time::Duration::from_mins(2), async {
        let portal = TestPortal::start().await;
        for round in 0..50 {
            let ada = portal.person("ada").await;
            let terms = terms("labs");
            let (one, other) = tokio::join!(
                invite(&portal, &ada, "k", &terms),
                invite(&portal, &ada, "k", &terms)
            );
            for answer in [&one, &other] {
                let verdict = answer.verdict();
                let proper = ["201", "409 IDEMPOTENCY_IN_PROGRESS"].contains(&&*verdict);
                assert!(proper, "round {round}: {verdict}");
            }
            assert!([&one, &other].iter().any(|answer| answer.status == 201));
            assert_eq!(count(&portal, &ada).await, 1, "round {round}");
        }
    })
    .await;
}
