//! What an answer promised outlives every process: the event is in the journal before the answer
//! leaves, and on the bus once, whoever is killed meanwhile.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portal_tests::{Fixture, PortalProcess, Servers, scene_alone};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Answers that the load collects; kills come at every tenth of it.
const ANSWERS: usize = 50_000;
const IN_FLIGHT: usize = 256;
const PATH: &str = "/v1/portal/chart/problems";
/// Beside the service, whose admin address it must not take.
const RELAY: &[&str] = &["relay", "--set", "ADMIN_ADDR=127.0.0.1:0"];

async fn installed(name: &str) -> PortalProcess {
    PortalProcess::install(name, Servers::start_durable(name).await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_in_the_journal_though_the_service_dies_with_it() {
    let scene = async {
        let mut portal = installed("killed").await;
        let ada = portal.person("ada").await;
        portal.put(&Fixture::of(&ada.patient).condition("asthma", "Asthma"));
        let token = portal.token(&ada);
        let mut answered = BTreeSet::new();
        for arguments in [&["--without-relay"][..], &[], &["--without-relay"], &[]] {
            portal.start(arguments).await;
            for path in ["/v1/portal/chart/summary", "/fhir/R4/Condition"] {
                let answer = portal.get(Some(&token), path).await;
                assert_eq!(answer.status, 200, "{}", answer.verdict());
                answered.insert(answer.header("x-request-id").to_owned());
            }
            portal.kill();
            let recorded = portal.recorded_successes().await;
            assert_eq!(recorded.iter().cloned().collect::<BTreeSet<_>>(), answered);
            assert_eq!(recorded.len(), answered.len(), "an answer is one event");
        }
        portal.start(&[]).await;
        let published = portal.published_once(Duration::from_secs(30)).await;
        assert_eq!(published.len(), answered.len());
    };
    scene_alone(Duration::from_secs(90), scene).await;
}

/// Uses up transaction ids until the next but few has one digit more.
async fn near_another_digit(portal: &PortalProcess) {
    let database = portal.servers.database().await;
    loop {
        let id: i64 = sqlx::query_scalar("SELECT pg_current_xact_id()::text::bigint")
            .fetch_one(&database)
            .await
            .expect("PostgreSQL counts");
        if (id + 5).to_string().len() > id.to_string().len() {
            return database.close().await;
        }
    }
}

#[tokio::test]
async fn the_journal_is_followed_in_the_order_of_numbers() {
    let scene = async {
        let mut portal = PortalProcess::install("digits", Servers::start("digits").await).await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        portal.start(&["--without-relay"]).await;
        assert_eq!(portal.get(Some(&token), PATH).await.status, 200);
        near_another_digit(&portal).await;
        for _ in 0..10 {
            assert_eq!(portal.get(Some(&token), PATH).await.status, 200);
        }
        let _relay = portal.spawn(RELAY);
        let published = portal.published_once(Duration::from_secs(20)).await;
        // What would be published again has come by the time of a later one.
        assert_eq!(portal.get(Some(&token), PATH).await.status, 200);
        let later = portal.published_once(Duration::from_secs(20)).await;
        assert_eq!(later.get(..published.len()), Some(&*published));
        let recorded = portal.recorded().await;
        let in_order: Vec<_> = recorded.into_iter().map(|event| event.event_id).collect();
        assert_eq!(later, in_order);
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

/// Requests in parallel until enough were answered.
#[derive(Default)]
struct Load {
    count: AtomicUsize,
    answered: Mutex<Vec<String>>,
}

impl Load {
    /// One client: asks again and again; when the service is gone, after a moment.
    async fn ask(self: Arc<Self>, request: reqwest::RequestBuilder) {
        let mut answered = Vec::new();
        while self.count.load(Ordering::Relaxed) < ANSWERS {
            let request = request.try_clone().expect("a request without a body");
            match request.send().await {
                Ok(response) if response.status() == 200 => {
                    let id = response.headers()["x-request-id"]
                        .to_str()
                        .map(str::to_owned);
                    answered.push(id.expect("ids are text"));
                    self.count.fetch_add(1, Ordering::Relaxed);
                    // The rest of the answer may be lost with the service; the event is not.
                    drop(response.bytes().await);
                }
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
        self.answered
            .lock()
            .expect("no client panics")
            .extend(answered);
    }

    async fn reached(&self, count: usize) {
        while self.count.load(Ordering::Relaxed) < count {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_thousand_events_none_is_lost_and_none_is_published_twice() {
    let scene = async {
        let mut portal = installed("many").await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        portal.start(&["--without-relay"]).await;
        let mut relay = portal.spawn(RELAY);
        let load = Arc::new(Load::default());
        let mut clients = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let request = portal.request(Some(&token), PATH);
            clients.spawn(Arc::clone(&load).ask(request));
        }
        for tenth in 1..10 {
            load.reached(tenth * ANSWERS / 10).await;
            match tenth % 3 {
                1 => {
                    portal.kill();
                    portal.start(&["--without-relay"]).await;
                }
                2 => {
                    relay.kill();
                    load.reached(tenth * ANSWERS / 10 + ANSWERS / 50).await;
                    relay = portal.spawn(RELAY);
                }
                _ => {
                    portal.servers.kill("nats");
                    load.reached(tenth * ANSWERS / 10 + ANSWERS / 50).await;
                    portal.servers.restart("nats").await;
                }
            }
        }
        while clients.join_next().await.is_some() {}
        portal.published_once(Duration::from_secs(90)).await;
        let recorded: BTreeSet<_> = portal.recorded_successes().await.into_iter().collect();
        let answered = std::mem::take(&mut *load.answered.lock().expect("all clients ended"));
        assert!(answered.len() >= ANSWERS);
        let lost = answered.iter().filter(|id| !recorded.contains(*id)).count();
        assert_eq!(lost, 0, "answered without an event");
    };
    scene_alone(Duration::from_mins(6), scene).await;
}
