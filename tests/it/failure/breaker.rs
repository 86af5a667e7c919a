//! A source that keeps failing is left alone, tried again, and takes no other along.

use std::time::{Duration, Instant};

use futures::future::join_all;
use portal_sandbox::{Fault, Mode};
use portal_tests::{Answer, Person, PortalProcess, scene_alone};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::sources::{UNAVAILABLE, on_the_runs_servers};
use super::{PROBLEMS, SUMMARY, fill, gauge, timed};

const MEDICATIONS: &str = "/v1/portal/chart/medications";
/// A read that joins no other: each is a call of its own.
const ONE_PROBLEM: &str = "/fhir/R4/Condition/cht.asthma";
/// A source has 1.5 s. Who is answered earlier did not wait for it.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn all(portal: &PortalProcess, people: &[Person], path: &str) -> Vec<Answer> {
    let tokens: Vec<String> = people.iter().map(|person| portal.token(person)).collect();
    join_all(tokens.iter().map(|token| timed(portal, token, path))).await
}

fn well(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 200).count()
}

async fn state(portal: &PortalProcess, source: &str) -> Option<f64> {
    gauge(portal, "portal_upstream_breaker_state", source).await
}

/// What the admin port says of the service and of a source.
async fn health(portal: &PortalProcess, path: &str, source: &str) -> (u16, String, bool) {
    let answer = portal.admin(path).await;
    let report = answer.json();
    let components = report["components"].as_array().cloned().unwrap_or_default();
    let named = components.iter().find(|one| one["name"] == source);
    let healthy = named.is_some_and(|one| one["healthy"] == true);
    let status = report["status"].as_str().unwrap_or_default().to_owned();
    (answer.status, status, healthy)
}

async fn until_said(portal: &PortalProcess, status: &str, healthy: bool) {
    for path in ["/health", "/health/ready"] {
        while health(portal, path, "medication").await != (200, status.to_owned(), healthy) {
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_keeps_failing_is_left_alone_and_probed() {
    let scene = async {
        let portal = on_the_runs_servers("breaker").await;
        let people = portal.people(&["breaker"; 10]).await;
        for person in &people {
            fill(&portal, person);
        }
        until_said(&portal, "up", true).await;
        assert_eq!(state(&portal, "medication").await, Some(0.0));
        portal.sandbox.set_fault("medication", Fault::status(503));
        for _ in 0..2 {
            assert_eq!(well(&all(&portal, &people, MEDICATIONS).await), 0);
        }
        let retried = portal.sandbox.calls("medication").len();
        assert!((20..=25).contains(&retried), "{retried} calls for 20 reads");

        portal.sandbox.reset_calls();
        for refused in all(&portal, &people, MEDICATIONS).await {
            assert_eq!(refused.verdict(), UNAVAILABLE);
            assert_eq!(refused.header("retry-after"), "5");
        }
        for summary in all(&portal, &people, SUMMARY).await {
            assert_eq!(summary.status, 200, "{}", summary.verdict());
            let degraded = "medication;status=unavailable";
            assert_eq!(summary.header("x-portal-degraded"), degraded);
        }
        assert!(portal.sandbox.calls("medication").is_empty(), "left alone");
        assert_eq!(state(&portal, "medication").await, Some(2.0));
        until_said(&portal, "degraded", false).await;
        assert!(portal.is_ready().await);

        recovers_by_one_probe(&portal, &people).await;
        until_said(&portal, "up", true).await;
        assert_eq!(state(&portal, "medication").await, Some(0.0));
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

/// While the source is slow to answer the probe, everybody else is still answered at once.
async fn recovers_by_one_probe(portal: &PortalProcess, people: &[Person]) {
    let slow = Fault::latency(Duration::from_millis(800));
    portal.sandbox.set_fault("medication", slow);
    let mut probed = 0;
    while probed == 0 {
        portal.sandbox.reset_calls();
        let answers = all(portal, people, MEDICATIONS).await;
        probed = portal.sandbox.calls("medication").len();
        assert_eq!(well(&answers), probed, "who is let through is answered");
    }
    assert_eq!(probed, 1, "of {} reads", people.len());
    portal.sandbox.clear_faults();
    assert_eq!(well(&all(portal, people, MEDICATIONS).await), people.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_hangs_keeps_nobody_else_waiting() {
    let scene = async {
        let portal = on_the_runs_servers("hanging").await;
        let people = portal.people(&["hanging"; 20]).await;
        for person in &people {
            fill(&portal, person);
        }
        let token = portal.token(&people[0]);
        portal
            .sandbox
            .set_fault("patient-chart", Fault::mode(Mode::Hang));
        let hung = join_all((0..200).map(|_| timed(&portal, &token, ONE_PROBLEM)));
        let others = async {
            for person in &people {
                let begin = Instant::now();
                let answer = timed(&portal, &portal.token(person), MEDICATIONS).await;
                assert_eq!(answer.status, 200, "{}", answer.verdict());
                assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
            }
        };
        let (hung, ()) = tokio::join!(hung, others);
        assert!(
            hung.iter()
                .all(|answer| [503, 504].contains(&answer.status))
        );
        let calls = portal.sandbox.calls("patient-chart").len();
        // 64 at a time; four places are free again before the fifth time-out opens the breaker.
        assert!(calls <= 64 + 4, "{calls} calls at a time");

        let begin = Instant::now();
        let refused = timed(&portal, &token, PROBLEMS).await;
        assert_eq!(refused.verdict(), UNAVAILABLE, "its breaker is open");
        assert!(begin.elapsed() < AT_ONCE, "{:?}", begin.elapsed());
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

async fn until_called(portal: &PortalProcess, calls: usize) {
    while portal.sandbox.calls("patient-chart").len() < calls {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_ends_when_the_last_who_waits_for_it_leaves() {
    let scene = async {
        let portal = on_the_runs_servers("leaving").await;
        let ada = portal.person("ada").await;
        fill(&portal, &ada);
        let token = portal.token(&ada);
        portal
            .sandbox
            .set_fault("patient-chart", Fault::mode(Mode::Hang));
        // Five time-outs would open the breaker; those who leave do not.
        for round in 1..=5 {
            let mut waiting = JoinSet::new();
            for _ in 0..40 {
                waiting.spawn(portal.request(Some(&token), ONE_PROBLEM).send());
            }
            until_called(&portal, 40 * round).await;
            waiting.shutdown().await;
            while in_flight(&portal).await != Some(0.0) {
                sleep(Duration::from_millis(5)).await;
            }
        }
        assert_eq!(cancelled(&portal).await, Some(200.0));
        assert_eq!(state(&portal, "patient-chart").await, Some(0.0));

        let slow = Fault::latency(Duration::from_millis(700));
        portal.sandbox.set_fault("patient-chart", slow);
        portal.sandbox.reset_calls();
        let leaving = tokio::spawn(portal.request(Some(&token), PROBLEMS).send());
        until_called(&portal, 1).await;
        let staying = async {
            let staying = timed(&portal, &token, PROBLEMS).await;
            (staying.status, staying.resources().len())
        };
        let leaves = async {
            sleep(Duration::from_millis(100)).await;
            leaving.abort();
        };
        let (stayed, ()) = tokio::join!(staying, leaves);
        assert_eq!(stayed, (200, 1));
        assert_eq!(portal.sandbox.calls("patient-chart").len(), 1);
    };
    scene_alone(Duration::from_mins(1), scene).await;
}

async fn in_flight(portal: &PortalProcess) -> Option<f64> {
    gauge(portal, "portal_upstream_calls_in_flight", "patient-chart").await
}

async fn cancelled(portal: &PortalProcess) -> Option<f64> {
    let labels = "upstream=\"patient-chart\",status_code=\"cancelled\"";
    super::metric(portal, &format!("portal_upstream_calls_total{{{labels}}}")).await
}
