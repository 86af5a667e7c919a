//! One request that comes to two pods at once, as it does when a client gives up waiting too soon.

use std::time::Duration;

use futures::join;
use jiff::SignedDuration;
use portal_tests::{Answer, Person, TestPortal, long_scene};
use serde_json::{Value, json};

use super::super::delegations::{PATH, invite, portal};
use super::super::registrations::Newcomer;
use super::verifications::{VERIFY, link_of, unlinked};
use super::{ROUNDS, pods};

const KEY: &str = "Idempotency-Key";
const IN_PROGRESS: &str = "409 IDEMPOTENCY_IN_PROGRESS";

fn terms() -> Value {
    json!({
        "invitee": {"channel": "email", "address": "ben@example.org"},
        "relationshipType": "spouse",
        "scope": ["labs"],
        "validFrom": "2020-01-01",
    })
}

/// One of the two did it; the other tells the same again, or that it is being done.
fn acted([one, other]: [Answer; 2], status: u16, round: usize) -> Answer {
    let did = |it: &Answer| it.status == status && it.header("idempotency-replayed").is_empty();
    let (first, second) = if did(&one) {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(first.status, status, "round {round}: {}", first.verdict());
    assert_eq!(first.header("idempotency-replayed"), "", "round {round}");
    match &*second.verdict() {
        IN_PROGRESS => assert!(!second.header("retry-after").is_empty(), "round {round}"),
        _ if second.status == status => {
            assert_eq!(
                second.header("idempotency-replayed"),
                "true",
                "round {round}"
            );
            assert_eq!(second.json(), first.json(), "round {round}");
        }
        verdict => panic!("round {round}: {verdict}"),
    }
    first
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_two_pods_is_one_invitation() {
    let rounds = async {
        let portal = TestPortal::start().await;
        let pod = portal.another_pod().await;
        for round in 0..ROUNDS {
            let ada = portal.person("ada").await;
            let (token, terms) = (portal.writing_token(&ada), terms());
            let headers = [(KEY, "k")];
            let [here, there] = pods(&portal, &pod, round);
            let ask = |url| portal.send_json_to(url, ("POST", PATH), &token, &headers, &terms);
            let (one, other) = join!(ask(here), ask(there));
            let made = acted([one, other], 201, round).json();
            let told = portal.stored_events(&ada.patient).await;
            assert_eq!(told, ["portal.proxy.granted.v1"], "round {round}");
            let list = portal.get_as(&ada, PATH).await.json();
            let ids = list["data"].as_array().expect("a list").iter();
            let ids: Vec<&Value> = ids.map(|it| &it["delegationId"]).collect();
            assert_eq!(ids, [&made["delegationId"]], "round {round}");
        }
    };
    long_scene(Duration::from_mins(2), rounds).await;
}

/// No account is there to be held: the key alone keeps the two apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_two_pods_is_one_acceptance() {
    let rounds = async {
        let portal = portal().await;
        let pod = portal.another_pod().await;
        for round in 0..ROUNDS {
            let ada = portal.person("ada").await;
            let ben = Person::caregiver(&portal.tenant, "ben");
            let (id, code) = invite(&portal, &ada).await;
            let (token, body) = (portal.writing_token(&ben), json!({"code": code}));
            let (path, headers) = (format!("{PATH}/accept"), [(KEY, "k")]);
            let [here, there] = pods(&portal, &pod, round);
            let ask = |url| portal.send_json_to(url, ("POST", &path), &token, &headers, &body);
            let (one, other) = join!(ask(here), ask(there));
            let made = acted([one, other], 200, round).json();
            assert_eq!(made["delegationId"], id.as_str(), "round {round}");
            let told = portal.stored_events(&id).await;
            let expected = ["portal.proxy.granted.v1", "portal.proxy.accepted.v1"];
            assert_eq!(told, expected, "round {round}");
        }
    };
    long_scene(Duration::from_mins(3), rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_two_pods_is_one_verification() {
    let rounds = async {
        let portal = portal().await;
        let pod = portal.another_pod().await;
        for round in 0..ROUNDS {
            // What comes from one address is counted by the hour.
            if round.is_multiple_of(20) {
                portal.clock.advance(SignedDuration::from_hours(1));
            }
            let ada = Newcomer::of(&portal, "ada");
            let body = json!({"token": link_of(&portal, &ada.person, &ada).await});
            let (token, headers) = (unlinked(&portal, &ada.person), [(KEY, "k")]);
            let [here, there] = pods(&portal, &pod, round);
            let ask = |url| portal.send_json_to(url, ("POST", VERIFY), &token, &headers, &body);
            let (one, other) = join!(ask(here), ask(there));
            let made = acted([one, other], 200, round).json();
            assert_eq!(made["status"], "active", "round {round}");
            let told = portal.stored_events(&ada.person.patient).await;
            let expected = ["portal.account.created.v1", "portal.account.activated.v1"];
            assert_eq!(told, expected, "round {round}");
        }
    };
    long_scene(Duration::from_mins(3), rounds).await;
}
