//! The end of the service: what was accepted is answered, and what was answered is in the journal.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portal_sandbox::Fault;
use portal_tests::{PortalProcess, Servers, scene_alone};
use tokio::task::JoinSet;
use tokio::time::sleep;

const PATH: &str = "/v1/portal/chart/problems";

async fn installed(name: &str) -> PortalProcess {
    PortalProcess::install(name, Servers::of_the_run().await).await
}

/// A client behind a load balancer: asks until the service is known not to be ready. Gives the ids
/// of its requests, each of which was answered, or fails the test.
async fn ask(request: reqwest::RequestBuilder, stopping: Arc<AtomicBool>) -> Vec<String> {
    let mut answered = Vec::new();
    while !stopping.load(Ordering::SeqCst) {
        let request = request.try_clone().expect("a request without a body");
        let response = request.send().await.expect("no request is lost");
        assert_eq!(response.status(), 200);
        answered.push(
            response.headers()["x-request-id"]
                .to_str()
                .expect("text")
                .to_owned(),
        );
        response.bytes().await.expect("the answer arrives whole");
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_no_request() {
    let scene = async {
        let mut portal = installed("stop").await;
        portal.set("DRAIN_DELAY", "3");
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        portal.start(&[]).await;
        let stopping = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for _ in 0..32 {
            clients.spawn(ask(
                portal.request(Some(&token), PATH),
                Arc::clone(&stopping),
            ));
        }
        while portal.recorded().await.len() < 200 {
            sleep(Duration::from_millis(20)).await;
        }
        let service = portal.service.take().expect("it was started");
        service.signal("TERM");
        while portal.is_ready().await {
            sleep(Duration::from_millis(5)).await;
        }
        // A load balancer takes a moment to look again; until then it sends more.
        sleep(Duration::from_millis(300)).await;
        stopping.store(true, Ordering::SeqCst);
        let ended = service.end(Duration::from_secs(40)).await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output());
        let mut answered = Vec::new();
        while let Some(ids) = clients.join_next().await {
            answered.extend(ids.expect("no request is lost"));
        }
        let recorded = portal.recorded_successes().await;
        assert_eq!(recorded.len(), answered.len());
        assert_eq!(
            recorded.into_iter().collect::<BTreeSet<_>>(),
            answered.into_iter().collect::<BTreeSet<_>>()
        );
    };
    scene_alone(Duration::from_secs(90), scene).await;
}

#[tokio::test]
async fn ready_turns_false_first_and_a_second_signal_ends_at_once() {
    let scene = async {
        let mut portal = installed("twice").await;
        portal.set("DRAIN_DELAY", "60");
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        portal.start(&[]).await;
        let service = portal.service.take().expect("it was started");
        service.signal("TERM");
        while portal.is_ready().await {
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(portal.get(None, "/health/ready").await.status, 503);
        assert_eq!(portal.get(None, "/health/live").await.status, 200);
        assert_eq!(
            portal.get(Some(&token), PATH).await.status,
            200,
            "still served"
        );
        service.signal("TERM");
        service.end(Duration::from_secs(5)).await;
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

#[tokio::test]
async fn a_request_on_its_way_is_answered_before_the_end() {
    let scene = async {
        let mut portal = installed("slow").await;
        portal.set("DRAIN_DELAY", "0");
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        portal.start(&[]).await;
        let latency = Duration::from_secs(1);
        portal
            .sandbox
            .set_fault("patient-chart", Fault::latency(latency));
        let request = portal.request(Some(&token), PATH);
        let on_its_way = tokio::spawn(async move { request.send().await?.bytes().await });
        while portal.sandbox.calls("patient-chart").is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
        let begin = Instant::now();
        let service = portal.service.take().expect("it was started");
        service.signal("INT");
        let ended = service.end(Duration::from_secs(30)).await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output());
        assert!(begin.elapsed() > latency / 2, "it waited");
        on_its_way
            .await
            .expect("no panic")
            .expect("an answer, whole");
        assert_eq!(portal.recorded_successes().await.len(), 1);
        // With the relay in the service, what was recorded before the end is published by the next.
        portal.start(&[]).await;
        assert_eq!(
            portal.published_once(Duration::from_secs(20)).await.len(),
            1
        );
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

#[tokio::test]
async fn the_relay_ends_in_order_and_another_goes_on() {
    let scene = async {
        let mut portal = installed("relay").await;
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        portal.start(&["--without-relay"]).await;
        for count in 1..=3 {
            assert_eq!(portal.get(Some(&token), PATH).await.status, 200);
            let relay = portal.spawn(&["relay", "--set", "ADMIN_ADDR=127.0.0.1:0"]);
            let published = portal.published_once(Duration::from_secs(20)).await;
            assert_eq!(published.len(), count);
            relay.signal("TERM");
            let ended = relay.end(Duration::from_secs(20)).await;
            assert_eq!(ended.status.code(), Some(0), "{}", ended.output());
        }
    };
    scene_alone(Duration::from_mins(1), scene).await;
}
