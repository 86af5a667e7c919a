//! F-03 and F-04: what was known for five minutes stands in for a source that is down.

use jiff::SignedDuration;
use portal_sandbox::Fault;
use portal_tests::{Answer, Fixture, Person, TestPortal, scene};

const LABS: &str = "/v1/portal/results/labs";
const UNAVAILABLE: &str = "503 UPSTREAM_UNAVAILABLE";

/// Somebody whose record was read a minute ago, and cannot be read any more.
async fn read_before(portal: &TestPortal, source: &str, path: &str) -> Person {
    let ada = portal.person("ada").await;
    portal.put_everything(&ada, "ada");
    let before = portal.get(Some(&portal.token(&ada)), path).await;
    assert_eq!(before.status, 200, "{}", before.verdict());
    portal.clock.advance(SignedDuration::from_mins(1));
    portal.sandbox.set_fault(source, Fault::status(503));
    ada
}

async fn get(portal: &TestPortal, person: &Person, path: &str) -> Answer {
    portal.get(Some(&portal.token(person)), path).await
}

fn is_stale(answer: &Answer, source: &str) -> bool {
    let said = format!("{source};status=stale;as-of=@");
    answer.header("x-portal-degraded").starts_with(&said)
}

#[tokio::test]
async fn without_registration_the_last_known_patient_is_shown_for_five_minutes() {
    scene(async {
        let portal = TestPortal::start().await;
        let path = "/fhir/R4/Patient";
        let ada = read_before(&portal, "registration", path).await;
        let stale = get(&portal, &ada, path).await;
        assert_eq!((stale.status, stale.resources().len()), (200, 1));
        assert!(is_stale(&stale, "registration"));
        let me = get(&portal, &ada, "/v1/portal/me").await;
        assert_eq!(me.status, 200, "{}", me.verdict());
        assert_eq!(me.json()["meta"]["sources"][0]["status"], "stale");

        // The clock goes on by itself, too.
        portal.clock.advance(SignedDuration::from_secs(225));
        assert!(is_stale(&get(&portal, &ada, path).await, "registration"));
        portal.clock.advance(SignedDuration::from_secs(15));
        assert_eq!(get(&portal, &ada, path).await.verdict(), UNAVAILABLE);
        let me = get(&portal, &ada, "/v1/portal/me").await;
        assert_eq!(me.status, 200, "who one is remains: {}", me.verdict());
        assert_eq!(me.json()["meta"]["sources"][0]["status"], "unavailable");
    })
    .await;
}

/// The stale copy stands in whether the source is asked or, its breaker being open, is not.
#[tokio::test]
async fn without_the_laboratory_results_are_stale_and_the_rest_is_served() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = read_before(&portal, "laboratory", LABS).await;
        let mut last = None;
        while last != Some(0) {
            portal.sandbox.reset_calls();
            let stale = get(&portal, &ada, LABS).await;
            assert_eq!((stale.status, stale.ids().len()), (200, 1));
            assert!(is_stale(&stale, "laboratory"));
            let said = &stale.json()["meta"]["sources"][0];
            assert_eq!(said["status"], "stale");
            let seconds = said["retryAfter"].as_u64().unwrap_or_default();
            assert!((1..=5).contains(&seconds), "{said}");
            last = Some(portal.sandbox.calls("laboratory").len());
        }
        let problems = get(&portal, &ada, "/v1/portal/chart/problems").await;
        assert_eq!(problems.header("x-portal-degraded"), "");
        assert_eq!(problems.resources().len(), 1);

        portal.put(
            &ada.tenant,
            &Fixture::of(&ada.patient).lab("new", "2024-02-01", "2345-7"),
        );
        portal.sandbox.clear_faults();
        while is_stale(&get(&portal, &ada, LABS).await, "laboratory") {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(get(&portal, &ada, LABS).await.ids().len(), 2);
    })
    .await;
}
