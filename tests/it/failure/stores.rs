//! Redis, NATS and PostgreSQL killed and paused.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use portal_tests::{Answer, Person, PortalProcess, Servers, scene_alone};
use tokio::time::sleep;

use super::{PROBLEMS, SUMMARY, fill, timed};

const STORE: &str = "503 STORE_UNAVAILABLE";

async fn on_servers_of_its_own(name: &str) -> (PortalProcess, Person, String) {
    let mut portal = PortalProcess::install(name, Servers::start(name).await).await;
    portal.start(&[]).await;
    let ada = portal.person("ada").await;
    fill(&portal, &ada);
    let token = portal.token(&ada);
    (portal, ada, token)
}

/// Whether two reads in a row cost the source at most one call.
async fn is_cached(portal: &PortalProcess, token: &str) -> bool {
    assert_eq!(portal.get(Some(token), PROBLEMS).await.status, 200);
    portal.sandbox.reset_calls();
    assert_eq!(portal.get(Some(token), PROBLEMS).await.status, 200);
    portal.sandbox.calls("patient-chart").is_empty()
}

async fn cached_again(portal: &PortalProcess, token: &str) {
    while !is_cached(portal, token).await {
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_every_read_goes_to_its_source() {
    let scene = async {
        let (portal, _, token) = on_servers_of_its_own("redis").await;
        cached_again(&portal, &token).await;
        portal.servers.kill("redis");
        for _ in 0..5 {
            assert!(
                !is_cached(&portal, &token).await,
                "there is nothing to cache in"
            );
        }
        assert!(portal.is_ready().await);
        portal.servers.restart("redis").await;
        cached_again(&portal, &token).await;
        portal.servers.pause("redis");
        for _ in 0..20 {
            let answer = timed(&portal, &token, PROBLEMS).await;
            assert_eq!((answer.status, answer.resources().len()), (200, 1));
        }
        portal.servers.resume("redis");
        cached_again(&portal, &token).await;
        let health = portal.admin("/health").await;
        assert_eq!(health.status, 200, "{}", health.verdict());
    };
    scene_alone(Duration::from_secs(90), scene).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_nats_the_journal_grows_and_drains_in_order_afterwards() {
    let scene = async {
        let (portal, _, token) = on_servers_of_its_own("nats").await;
        assert_eq!(portal.get(Some(&token), PROBLEMS).await.status, 200);
        portal.published_once(Duration::from_secs(10)).await;
        portal.servers.kill("nats");
        for _ in 0..50 {
            assert_eq!(timed(&portal, &token, PROBLEMS).await.status, 200);
        }
        assert!(portal.is_ready().await);
        portal.servers.restart("nats").await;
        let published = portal.published_once(Duration::from_secs(30)).await;
        assert_eq!(published.len(), 51);
        let recorded = portal.recorded().await;
        let in_order: Vec<_> = recorded
            .into_iter()
            .map(|recorded| recorded.event_id)
            .collect();
        assert_eq!(published, in_order);
        portal.servers.pause("nats");
        assert_eq!(timed(&portal, &token, PROBLEMS).await.status, 200);
        portal.servers.resume("nats");
        assert_eq!(
            portal.published_once(Duration::from_secs(30)).await.len(),
            52
        );
    };
    scene_alone(Duration::from_mins(2), scene).await;
}

/// What the clients of a failing PostgreSQL saw: the ids of answered requests.
#[derive(Default)]
struct Answered(BTreeSet<String>);

impl Answered {
    fn note(&mut self, answer: &Answer) {
        if answer.status == 200 {
            self.0.insert(answer.header("x-request-id").to_owned());
        }
    }

    /// Asks a few times while PostgreSQL is away: refused, soon, and with a word when to return.
    async fn refused(&mut self, portal: &PortalProcess, token: &str) {
        for path in [
            PROBLEMS,
            SUMMARY,
            "/fhir/R4/Condition",
            "/v1/portal/me/access-log",
            PROBLEMS,
        ] {
            let begin = Instant::now();
            let answer = portal.get(Some(token), path).await;
            self.note(&answer);
            assert_eq!(answer.verdict(), STORE, "{path}");
            assert!(!answer.header("retry-after").is_empty());
            assert!(
                begin.elapsed() < Duration::from_millis(2_500),
                "{path}: {:?}",
                begin.elapsed()
            );
        }
        assert_eq!(portal.get(None, "/health/live").await.status, 200);
    }

    async fn recovers(&mut self, portal: &PortalProcess, token: &str) {
        let mut verdicts: HashMap<String, u32> = HashMap::new();
        loop {
            let answer = portal.get(Some(token), PROBLEMS).await;
            self.note(&answer);
            if answer.status == 200 {
                return;
            }
            *verdicts.entry(answer.verdict()).or_default() += 1;
            assert!(
                verdicts.keys().all(|verdict| verdict == STORE),
                "{verdicts:?}"
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_postgres_nothing_is_shown_and_it_recovers_by_itself() {
    let scene = async {
        let (portal, _, token) = on_servers_of_its_own("postgres").await;
        let mut answered = Answered::default();
        answered.recovers(&portal, &token).await;
        portal.servers.pause("postgres");
        answered.refused(&portal, &token).await;
        portal.servers.resume("postgres");
        answered.recovers(&portal, &token).await;
        portal.servers.kill("postgres");
        answered.refused(&portal, &token).await;
        portal.servers.restart("postgres").await;
        answered.recovers(&portal, &token).await;
        assert!(portal.is_ready().await);
        let recorded: BTreeSet<_> = portal.recorded_successes().await.into_iter().collect();
        assert!(answered.0.is_subset(&recorded), "answered without an event");
        portal.published_once(Duration::from_secs(30)).await;
    };
    scene_alone(Duration::from_mins(2), scene).await;
}
