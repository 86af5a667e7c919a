//! The sweep against people who end, accept or confirm at the same moment: one of them wins, and
//! what happened was told once.

use std::time::Duration;

use futures::join;
use portal_tests::{Person, TestPortal, long_scene};
use serde_json::json;

use super::super::delegations::{accept, act_on, invite, portal};
use super::sweep::{published, recorded};

const ROUNDS: usize = 50;
/// So that a sweep comes at every moment of what people do.
const AT_ONCE: Duration = Duration::from_millis(2);

/// Lets some time pass before what a person does, or before the end that they run against:
/// another one in each round.
async fn a_moment(round: usize, of_person: bool) {
    let is_first = of_person == round.is_multiple_of(2);
    let step = if is_first { 0 } else { round as u64 % 17 };
    tokio::time::sleep(Duration::from_millis(4 * step)).await;
}

/// Ends something a moment after, or before, a person does what they do.
async fn a_moment_later(round: usize, end: impl Future<Output = ()>) {
    a_moment(round, false).await;
    end.await;
}

async fn until_ended(portal: &TestPortal, id: &str) -> String {
    loop {
        let rows = portal.rows_as_text("proxy_delegations").await;
        let row = rows.lines().find(|row| row.contains(id));
        let row = row.expect("it is there").to_owned();
        if let Some(end) = ["revoked", "expired"]
            .into_iter()
            .find(|end| row.contains(end))
        {
            return end.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn accepted(portal: &TestPortal, ada: &Person, ben: &Person) -> String {
    let (id, code) = invite(portal, ada).await;
    assert_eq!(accept(portal, ben, &code).await.verdict(), "200");
    id
}

/// One end, one event of it, one line in the log.
async fn assert_ended_once(portal: &TestPortal, id: &str, end: &str) {
    for (kind, times) in [("revoked", end == "revoked"), ("expired", end == "expired")] {
        let expected = usize::from(times);
        assert_eq!(published(portal, id, kind).await, expected, "{kind}");
        assert_eq!(recorded(portal, id, kind).await, expected, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_revocation_and_the_sweep_one_ends_it() {
    let rounds = async {
        let portal = portal().await;
        let _other = portal.another_sweep(AT_ONCE).await;
        let ada = portal.person("ada").await;
        let mut revoked = 0;
        for round in 0..ROUNDS {
            let ben = portal.caregiver(&format!("ben-{round}")).await;
            let id = portal.delegate(&ada, &ben, &json!({})).await;
            let ending = async {
                a_moment(round, true).await;
                act_on(&portal, &ada, &id, "revoke").await
            };
            let (answer, ()) = join!(ending, a_moment_later(round, portal.end_long_ago(&id)));
            let ended = until_ended(&portal, &id).await;
            let expected = match &*answer.verdict() {
                "200" => "revoked",
                "409 STATE_CONFLICT" => "expired",
                other => panic!("round {round}: {other}"),
            };
            assert_eq!(ended, expected, "round {round}");
            assert_ended_once(&portal, &id, &ended).await;
            revoked += usize::from(ended == "revoked");
        }
        println!("races: revoked first in {revoked} of {ROUNDS} rounds");
    };
    long_scene(Duration::from_mins(2), rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_confirmation_and_the_sweep_the_sweep_has_the_last_word() {
    let rounds = async {
        let portal = portal().await;
        let _other = portal.another_sweep(AT_ONCE).await;
        let ada = portal.person("ada").await;
        let mut confirmed = 0;
        for round in 0..ROUNDS {
            let ben = Person::caregiver(&portal.tenant, &format!("ben-{round}"));
            let id = accepted(&portal, &ada, &ben).await;
            let confirming = async {
                a_moment(round, true).await;
                act_on(&portal, &ada, &id, "confirm").await
            };
            let (answer, ()) = join!(confirming, a_moment_later(round, portal.end_long_ago(&id)));
            let verdict = answer.verdict();
            let expected = ["200", "409 STATE_CONFLICT"];
            assert!(expected.contains(&&*verdict), "round {round}: {verdict}");
            assert_eq!(until_ended(&portal, &id).await, "expired", "round {round}");
            assert_ended_once(&portal, &id, "expired").await;
            confirmed += usize::from(answer.status == 200);
        }
        println!("races: confirmed first in {confirmed} of {ROUNDS} rounds");
    };
    long_scene(Duration::from_mins(2), rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_acceptance_and_the_sweep_one_has_the_invitation() {
    let rounds = async {
        let portal = portal().await;
        let _other = portal.another_sweep(AT_ONCE).await;
        let ada = portal.person("ada").await;
        let mut accepted = 0;
        for round in 0..ROUNDS {
            let ben = Person::caregiver(&portal.tenant, &format!("ben-{round}"));
            let (id, code) = invite(&portal, &ada).await;
            let accepting = async {
                a_moment(round, true).await;
                accept(&portal, &ben, &code).await
            };
            let (answer, ()) = join!(accepting, a_moment_later(round, portal.outdate_code(&id)));
            match &*answer.verdict() {
                "200" => {
                    assert_eq!(published(&portal, &id, "expired").await, 0, "round {round}");
                    assert_eq!(act_on(&portal, &ada, &id, "revoke").await.status, 200);
                    assert_ended_once(&portal, &id, "revoked").await;
                }
                "400 LINK_EXPIRED" => {
                    assert_eq!(until_ended(&portal, &id).await, "expired", "round {round}");
                    assert_ended_once(&portal, &id, "expired").await;
                }
                other => panic!("round {round}: {other}"),
            }
            accepted += usize::from(answer.status == 200);
        }
        println!("races: accepted first in {accepted} of {ROUNDS} rounds");
    };
    long_scene(Duration::from_mins(2), rounds).await;
}
