//! Each dependency down, slow or wrong, with the real program: what is lost is its own part.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Fixture, Person, PortalProcess, Servers};
use tokio::time::{sleep, timeout};

/// Each source and a read that needs it alone.
const SOURCES: [(&str, &str); 5] = [
    ("registration", "/fhir/R4/Patient"),
    ("patient-chart", "/v1/portal/chart/problems"),
    ("laboratory", "/v1/portal/results/labs"),
    ("medication", "/v1/portal/chart/medications"),
    ("immunizations", "/v1/portal/chart/immunizations"),
];
const SUMMARY: &str = "/v1/portal/chart/summary";
const PROBLEMS: &str = "/v1/portal/chart/problems";
/// A source has 1.5 s; more than this means that somebody waited for more than that.
const PATIENCE: Duration = Duration::from_secs(4);
const UNAVAILABLE: &str = "503 UPSTREAM_UNAVAILABLE";
const TIMEOUT: &str = "504 UPSTREAM_TIMEOUT";
const INVALID: &str = "502 UPSTREAM_INVALID_RESPONSE";
const STORE: &str = "503 STORE_UNAVAILABLE";

async fn on_the_runs_servers(name: &str) -> PortalProcess {
    let mut portal = PortalProcess::install(name, Servers::of_the_run().await).await;
    portal.start(&[]).await;
    portal
}

async fn on_servers_of_its_own(name: &str) -> (PortalProcess, Person, String) {
    let mut portal = PortalProcess::install(name, Servers::start(name).await).await;
    portal.start(&[]).await;
    let ada = portal.person("ada").await;
    fill(&portal, &ada);
    let token = portal.token(&ada);
    (portal, ada, token)
}

/// One resource at every source, each with a text of its own.
fn fill(portal: &PortalProcess, person: &Person) {
    let of = Fixture::of(&person.patient);
    portal.put(&of.condition("asthma", "Text of patient-chart"));
    portal.put(&of.medication("daily", "Text of medication"));
    portal.put(&of.immunization("flu", "2023-10-01"));
    portal.put(&of.lab("glucose", "2024-01-01", "2345-7"));
}

async fn timed(portal: &PortalProcess, token: &str, path: &str) -> Answer {
    let begin = Instant::now();
    let answer = portal.get(Some(token), path).await;
    let elapsed = begin.elapsed();
    assert!(elapsed < PATIENCE, "{path} took {elapsed:?}: {}", answer.verdict());
    answer
}

fn faults() -> Vec<(&'static str, Fault, &'static str)> {
    let mode = |name, mode, verdict| (name, Fault::mode(mode), verdict);
    vec![
        ("down", Fault::status(503), UNAVAILABLE),
        ("broken", Fault::status(500), UNAVAILABLE),
        ("slow", Fault::latency(Duration::from_secs(5)), TIMEOUT),
        mode("hang", Mode::Hang, TIMEOUT),
        mode("slow drip", Mode::SlowDrip, TIMEOUT),
        mode("garbage", Mode::Garbage, INVALID),
        mode("oversize", Mode::Oversize, INVALID),
        mode("gzip bomb", Mode::GzipBomb, INVALID),
        mode("deep", Mode::Deep, INVALID),
        mode("redirect", Mode::Redirect, INVALID),
        mode("next elsewhere", Mode::NextElsewhere, INVALID),
        mode("truncated", Mode::Truncated, INVALID),
        mode("wrong content type", Mode::WrongContentType, INVALID),
    ]
}

/// A source with a fault, asked for by somebody of whom nothing is cached.
async fn costs_its_own_part(
    portal: &PortalProcess,
    person: &Person,
    (source, own): (&str, &str),
    (name, fault, verdict): &(&str, Fault, &str),
) {
    let case = format!("{source}: {name}");
    let token = portal.token(person);
    let (_, other) = SOURCES[if source == "medication" { 1 } else { 3 }];
    portal.sandbox.set_fault(source, fault.clone());
    let (refused, summary, unaffected) = tokio::join!(
        timed(portal, &token, own),
        timed(portal, &token, SUMMARY),
        timed(portal, &token, other)
    );
    portal.sandbox.clear_faults();
    assert_eq!(refused.verdict(), *verdict, "{case}");
    assert_eq!(refused.status == 503, !refused.header("retry-after").is_empty(), "{case}");
    assert_eq!((unaffected.status, unaffected.header("x-portal-degraded")), (200, ""), "{case}");
    assert_eq!(unaffected.resources().len(), 1, "{case}");
    assert_eq!(summary.status, 200, "{case}: {}", summary.verdict());
    let said = format!("{source};status=unavailable");
    let expected = if source == "laboratory" { "" } else { said.as_str() };
    assert_eq!(summary.header("x-portal-degraded"), expected, "{case}");
    let text = String::from_utf8_lossy(&summary.body);
    for part in ["patient-chart", "medication"] {
        assert_eq!(text.contains(&format!("Text of {part}")), part != source, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_fails_costs_its_own_part_of_the_page() {
    let scene = async {
        let portal = on_the_runs_servers("sources").await;
        let faults = faults();
        let names = vec!["patient"; faults.len() * SOURCES.len()];
        let people = portal.people(&names).await;
        let cases = faults.iter().flat_map(|fault| SOURCES.map(|source| (source, fault)));
        for (person, (source, fault)) in people.iter().zip(cases) {
            fill(&portal, person);
            costs_its_own_part(&portal, person, source, fault).await;
        }
        let ada = portal.person("ada").await;
        fill(&portal, &ada);
        let token = portal.token(&ada);
        for (_, path) in SOURCES {
            assert_eq!(portal.get(Some(&token), path).await.status, 200, "{path} recovers");
        }
    };
    timeout(Duration::from_secs(120), scene).await.expect("the scene ends");
}

#[tokio::test]
async fn a_source_without_an_end_is_cut_and_said() {
    let scene = async {
        let portal = on_the_runs_servers("cut").await;
        let people = portal.people(&["many", "twice", "foreign"]).await;
        let modes = [Mode::ManyPages, Mode::DuplicateMembers, Mode::ForeignEntries];
        for (person, mode) in people.iter().zip(modes) {
            fill(&portal, person);
            portal.sandbox.set_fault("laboratory", Fault::mode(mode));
            let labs = timed(&portal, &portal.token(person), "/v1/portal/results/labs").await;
            portal.sandbox.clear_faults();
            assert_eq!(labs.status, 200, "{mode:?}: {}", labs.verdict());
            let body = labs.json();
            assert_eq!(body["meta"]["incomplete"], true, "{mode:?}");
            let shown = usize::from(mode != Mode::DuplicateMembers);
            assert_eq!(body["data"].as_array().map(Vec::len), Some(shown), "{mode:?}");
        }
        let metrics = portal.admin("/metrics").await;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        assert!(text.contains("portal_compartment_violations_total{upstream=\"laboratory\"}"));
    };
    timeout(Duration::from_secs(60), scene).await.expect("the scene ends");
}

#[tokio::test]
async fn a_summary_fails_only_when_every_source_does() {
    let scene = async {
        let portal = on_the_runs_servers("all").await;
        let people = portal.people(&["some", "none"]).await;
        people.iter().for_each(|person| fill(&portal, person));
        for (source, _) in SOURCES.iter().filter(|(source, _)| *source != "immunizations") {
            portal.sandbox.set_fault(source, Fault::status(503));
        }
        let some = portal.get(Some(&portal.token(&people[0])), SUMMARY).await;
        assert_eq!(some.status, 200, "{}", some.verdict());
        for source in ["registration", "patient-chart", "medication"] {
            let said = format!("{source};status=unavailable");
            assert!(some.header("x-portal-degraded").contains(&said), "{source}");
        }
        portal.sandbox.set_fault("immunizations", Fault::status(503));
        let none = portal.get(Some(&portal.token(&people[1])), SUMMARY).await;
        assert_eq!(none.verdict(), UNAVAILABLE);
        let me = portal.get(Some(&portal.token(&people[1])), "/v1/portal/me").await;
        assert_eq!(me.status, 200, "what the portal owns is there: {}", me.verdict());
    };
    timeout(Duration::from_secs(60), scene).await.expect("the scene ends");
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
            assert!(!is_cached(&portal, &token).await, "there is nothing to cache in");
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
    timeout(Duration::from_secs(90), scene).await.expect("the scene ends");
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
        let in_order: Vec<_> = recorded.into_iter().map(|recorded| recorded.event_id).collect();
        assert_eq!(published, in_order);
        portal.servers.pause("nats");
        assert_eq!(timed(&portal, &token, PROBLEMS).await.status, 200);
        portal.servers.resume("nats");
        assert_eq!(portal.published_once(Duration::from_secs(30)).await.len(), 52);
    };
    timeout(Duration::from_secs(120), scene).await.expect("the scene ends");
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
        for path in [PROBLEMS, SUMMARY, "/fhir/R4/Condition", "/v1/portal/me/access-log", PROBLEMS] {
            let begin = Instant::now();
            let answer = portal.get(Some(token), path).await;
            self.note(&answer);
            assert_eq!(answer.verdict(), STORE, "{path}");
            assert!(!answer.header("retry-after").is_empty());
            assert!(begin.elapsed() < Duration::from_millis(2_500), "{path}: {:?}", begin.elapsed());
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
            assert!(verdicts.keys().all(|verdict| verdict == STORE), "{verdicts:?}");
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
    timeout(Duration::from_secs(120), scene).await.expect("the scene ends");
}
