//! An invitation that two accept, or that is revoked while it is accepted.

use std::time::Duration;

use futures::join;
use portal_tests::{Answer, Person, TestPortal, long_scene};
use serde_json::json;

use super::super::delegations::{PATH, accept, act_on, invite, portal};
use super::{ROUNDS, pods, post_at};

const GRANTED: &str = "portal.proxy.granted.v1";
const ACCEPTED: &str = "portal.proxy.accepted.v1";
const REVOKED: &str = "portal.proxy.revoked.v1";

/// Somebody who can be a proxy, and who has an account already in every other round.
async fn invitee(portal: &TestPortal, name: &str, round: usize) -> Person {
    if (round / 2).is_multiple_of(2) {
        portal.caregiver(name).await
    } else {
        Person::caregiver(&portal.tenant, name)
    }
}

async fn accept_at(portal: &TestPortal, url: &str, person: &Person, code: &str) -> Answer {
    let (token, body) = (portal.writing_token(person), json!({"code": code}));
    post_at(portal, url, &token, &format!("{PATH}/accept"), &body).await
}

/// The delegations of which somebody is a side.
async fn known_to(portal: &TestPortal, person: &Person) -> Vec<String> {
    let list = portal.get_as(person, PATH).await;
    if list.verdict() == "403 ACCOUNT_NOT_LINKED" {
        return Vec::new();
    }
    let list = list.json();
    let ids = list["data"].as_array().expect("a list").iter();
    ids.filter_map(|one| one["delegationId"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_accept_one_code_one_is_the_proxy() {
    let rounds = async {
        let portal = portal().await;
        let pod = portal.another_pod().await;
        for round in 0..ROUNDS {
            let ada = portal.person("ada").await;
            let ben = &invitee(&portal, "ben", round).await;
            let cid = &invitee(&portal, "cid", round).await;
            let (id, code) = invite(&portal, &ada).await;
            let [here, there] = pods(&portal, &pod, round);
            let (one, other) = join!(
                accept_at(&portal, here, ben, &code),
                accept_at(&portal, there, cid, &code)
            );
            let verdicts = [one.verdict(), other.verdict()];
            let (proxy, nobody) = match verdicts.each_ref().map(String::as_str) {
                ["200", "400 LINK_EXPIRED"] => (ben, cid),
                ["400 LINK_EXPIRED", "200"] => (cid, ben),
                others => panic!("round {round}: {others:?}"),
            };
            assert_eq!(known_to(&portal, proxy).await, [id.as_str()]);
            assert!(known_to(&portal, nobody).await.is_empty(), "round {round}");
            let told = portal.stored_events(&id).await;
            assert_eq!(told, [GRANTED, ACCEPTED], "round {round}");
        }
    };
    long_scene(Duration::from_mins(3), rounds).await;
}

/// It is over, and nobody makes anything of it any more.
async fn assert_over(portal: &TestPortal, (id, code): (&str, &str), [ada, ben]: [&Person; 2]) {
    let one = portal.get_as(ada, &format!("{PATH}/{id}")).await;
    assert_eq!(one.json()["status"], "revoked");
    let again = accept(portal, ben, code).await;
    assert_eq!(again.verdict(), "400 LINK_EXPIRED");
    let confirmed = act_on(portal, ada, id, "confirm").await;
    assert_eq!(confirmed.verdict(), "409 STATE_CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_has_the_last_word_over_an_acceptance() {
    let rounds = async {
        let portal = portal().await;
        let pod = portal.another_pod().await;
        let mut accepted = 0;
        for round in 0..ROUNDS {
            let ada = portal.person("ada").await;
            let ben = invitee(&portal, "ben", round).await;
            let (id, code) = invite(&portal, &ada).await;
            let [here, there] = pods(&portal, &pod, round);
            let (token, revoke) = (portal.writing_token(&ada), format!("{PATH}/{id}/revoke"));
            let (accepting, revoking) = (accept_at(&portal, here, &ben, &code), async {
                post_at(&portal, there, &token, &revoke, &json!({})).await
            });
            let (answer, revoked) = if round.is_multiple_of(2) {
                join!(accepting, revoking)
            } else {
                let (revoked, answer) = join!(revoking, accepting);
                (answer, revoked)
            };
            assert_eq!(revoked.verdict(), "200", "round {round}");
            let expected: &[&str] = match &*answer.verdict() {
                "200" => &[GRANTED, ACCEPTED, REVOKED],
                "400 LINK_EXPIRED" => &[GRANTED, REVOKED],
                other => panic!("round {round}: {other}"),
            };
            assert_eq!(portal.stored_events(&id).await, expected, "round {round}");
            assert_over(&portal, (&id, &code), [&ada, &ben]).await;
            accepted += usize::from(answer.status == 200);
        }
        println!("races: accepted first in {accepted} of {ROUNDS} rounds");
    };
    long_scene(Duration::from_mins(3), rounds).await;
}
