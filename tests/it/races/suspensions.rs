//! An account that staff suspend while its person writes.

use std::cell::Cell;
use std::time::Duration;

use futures::join;
use portal_tests::{Answer, Person, Pod, TestPortal, long_scene};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ROUNDS, pods};

const ME: (&str, &str) = ("PATCH", "/v1/portal/me");
const INVITE: (&str, &str) = ("POST", "/v1/portal/proxy-delegations");
const WITHIN: Duration = Duration::from_mins(2);

struct Scene {
    portal: TestPortal,
    pod: Pod,
}

/// A write that differs from the one before it.
type Write = fn(usize) -> ((&'static str, &'static str), Value);

fn language(count: usize) -> ((&'static str, &'static str), Value) {
    let language = ["ar", "en"][count % 2];
    (ME, json!({"preferredLanguage": language}))
}

fn invitation(count: usize) -> ((&'static str, &'static str), Value) {
    let terms = json!({
        "invitee": {"channel": "email", "address": format!("ben-{count}@example.org")},
        "relationshipType": "spouse",
        "scope": ["labs"],
        "validFrom": "2020-01-01",
    });
    (INVITE, terms)
}

/// What came of a round.
struct Raced {
    /// How many writes were made.
    made: usize,
    /// The answer of staff.
    suspended: Answer,
}

impl Scene {
    async fn start() -> Self {
        let portal = TestPortal::start().await;
        let pod = portal.another_pod().await;
        Self { portal, pod }
    }

    async fn write(&self, url: &str, token: &str, (count, write): (usize, Write)) -> Answer {
        let (route, body) = write(count);
        let key = ulid::Ulid::new().to_string();
        let headers = [("Idempotency-Key", key.as_str())];
        self.portal
            .send_json_to(url, route, token, &headers, &body)
            .await
    }

    async fn suspend(&self, person: &Person) -> Answer {
        let id = self.portal.account_of(person).await;
        let admin = self.portal.staff_token(&self.portal.staff("portal-admin"));
        let path = format!("accounts/{id}/suspend");
        let why = json!({"reason": "misuse-suspected"}).to_string();
        let body = Some(("application/json", why));
        let asked = (Method::POST, path.as_str());
        self.portal.internal(&admin, asked, body).await
    }

    /// Writes at one pod until the other has acknowledged the suspension, and once more behind it.
    async fn race(&self, person: &Person, (round, write): (usize, Write)) -> Raced {
        let token = self.portal.writing_token(person);
        let (acknowledged, answered) = (Cell::new(false), Cell::new(0));
        let writing = async {
            let mut made = Vec::new();
            loop {
                let late = acknowledged.get();
                let count = answered.get();
                let answer = self.write(&self.pod.url, &token, (count, write)).await;
                made.push(judged(&answer, late, round));
                answered.set(count + 1);
                if late {
                    return made;
                }
            }
        };
        // At another place in the writes each time.
        let suspending = async {
            while answered.get() < round % 4 {
                tokio::task::yield_now().await;
            }
            let suspended = self.suspend(person).await;
            acknowledged.set(true);
            suspended
        };
        let (made, suspended) = join!(writing, suspending);
        assert_eq!(suspended.verdict(), "200", "round {round}");
        assert!(
            made.is_sorted_by(|before, after| before >= after),
            "{made:?}"
        );
        let made = made.into_iter().filter(|made| *made).count();
        Raced { made, suspended }
    }

    /// Nothing is written any more, wherever.
    async fn assert_refused(&self, person: &Person, (round, write): (usize, Write)) {
        let token = self.portal.writing_token(person);
        for url in pods(&self.portal, &self.pod, round) {
            let answer = self.write(url, &token, (round, write)).await;
            assert!(!judged(&answer, true, round));
        }
    }
}

/// Whether a write was made. One that began behind the suspension is not; one beside it may be
/// told that its facts change faster than they can be read.
fn judged(answer: &Answer, late: bool, round: usize) -> bool {
    let verdict = answer.verdict();
    match &*verdict {
        "200" | "201" => assert!(!late, "round {round}: written behind the suspension"),
        "403 ACCOUNT_NOT_ACTIVE" | "401 TOKEN_REVOKED" => {}
        "503 STORE_UNAVAILABLE" if !late => {}
        _ => panic!("round {round}: {verdict}"),
    }
    answer.status < 300
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_invites_behind_their_suspension() {
    let rounds = async {
        let scene = Scene::start().await;
        let mut before = 0;
        for round in 0..ROUNDS {
            let ada = scene.portal.person("ada").await;
            let raced = scene.race(&ada, (round, invitation)).await;
            scene.assert_refused(&ada, (round, invitation)).await;
            // The same row is held for both, so that positions are in the order of the commits.
            let mut expected = vec!["portal.proxy.granted.v1"; raced.made];
            expected.push("portal.account.suspended.v1");
            let told = scene.portal.stored_events(&ada.patient).await;
            assert_eq!(told, expected, "round {round}");
            before += raced.made;
        }
        assert!(before >= ROUNDS / 2, "no race: {before}");
    };
    long_scene(WITHIN, rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_changes_their_account_behind_its_suspension() {
    let rounds = async {
        let scene = Scene::start().await;
        let support = scene.portal.staff("portal-support");
        let mut before = 0;
        for round in 0..ROUNDS {
            let ada = scene.portal.person("ada").await;
            let raced = scene.race(&ada, (round, language)).await;
            scene.assert_refused(&ada, (round, language)).await;
            let path = format!("accounts/{}", scene.portal.account_of(&ada).await);
            let now = scene.portal.staff_get(&support, &path).await;
            assert_eq!(now.json()["status"], "suspended", "round {round}");
            // Of one that was written last, the version would be another one.
            assert_eq!(now.header("etag"), raced.suspended.header("etag"));
            let versions = format!("\"v{}\"", 2 + raced.made);
            assert_eq!(now.header("etag"), versions, "round {round}");
            before += raced.made;
        }
        assert!(before >= ROUNDS / 2, "no race: {before}");
    };
    long_scene(WITHIN, rounds).await;
}
