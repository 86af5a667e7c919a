//! More requests than can be served: those of a few tenants do not keep the others out.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use portal_sandbox::Fault;
use portal_tests::{TestOptions, TestPortal, scene_alone};

const PLACES: usize = 64;
const SLOW: &str = "/v1/portal/chart/immunizations";
const QUICK: &str = "/v1/portal/chart/problems";
const OVERLOADED: &str = "503 OVERLOADED";

/// Keeps more requests in flight than there are places; counts those that were turned away.
async fn flood(portal: &TestPortal, token: &str, stop: &AtomicBool, turned_away: &AtomicUsize) {
    let one = || async {
        while !stop.load(Ordering::Relaxed) {
            let answer = portal.get(Some(token), SLOW).await;
            match answer.verdict().as_str() {
                OVERLOADED => {
                    assert_eq!(answer.header("retry-after"), "1");
                    turned_away.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                _ => assert!(matches!(answer.status, 200 | 504), "{}", answer.verdict()),
            }
        }
    };
    join_all((0..PLACES).map(|_| one())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_tenants_that_want_everything_do_not_starve_a_fourth() {
    scene_alone(Duration::from_mins(1), async {
        let portal = TestPortal::with(TestOptions {
            settings: vec![("MAX_IN_FLIGHT".to_owned(), PLACES.to_string())],
            ..TestOptions::default()
        })
        .await;
        let mut greedy = Vec::new();
        for name in ["one", "two", "three"] {
            let tenant = portal.tenant(name, true).await;
            greedy.push(portal.token(&portal.person_of(&tenant, name).await));
        }
        let ada = portal.person("ada").await;
        let token = portal.token(&ada);
        let slow = Fault::latency(Duration::from_millis(800));
        portal.sandbox.set_fault("immunizations", slow);
        let stop = AtomicBool::new(false);
        let turned_away = [const { AtomicUsize::new(0) }; 3];
        let patient = async {
            while turned_away
                .iter()
                .any(|count| count.load(Ordering::Relaxed) < PLACES)
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let mut verdicts = Vec::new();
            for _ in 0..40 {
                verdicts.push(portal.get(Some(&token), QUICK).await.verdict());
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            stop.store(true, Ordering::Relaxed);
            verdicts
        };
        let floods = greedy.iter().zip(&turned_away);
        let floods = floods.map(|(token, count)| flood(&portal, token, &stop, count));
        let (verdicts, _) = tokio::join!(patient, join_all(floods));
        let served = verdicts.iter().filter(|verdict| verdict.starts_with("200"));
        assert_eq!(served.count(), verdicts.len(), "{verdicts:?}");
    })
    .await;
}
