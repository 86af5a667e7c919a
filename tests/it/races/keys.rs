//! One request that comes to two pods at once, as it does when a client gives up waiting too soon.

use std::time::Duration;

use futures::join;
use portal_tests::{Answer, TestPortal, long_scene};
use serde_json::{Value, json};

use super::{ROUNDS, pods};

const PATH: &str = "/v1/portal/proxy-delegations";
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
fn acted([one, other]: [Answer; 2], round: usize) -> Answer {
    let (first, second) = if one.status == 201 && one.header("idempotency-replayed").is_empty() {
        (one, other)
    } else {
        (other, one)
    };
    assert_eq!(first.verdict(), "201", "round {round}");
    assert_eq!(first.header("idempotency-replayed"), "", "round {round}");
    match &*second.verdict() {
        "201" => {
            assert_eq!(
                second.header("idempotency-replayed"),
                "true",
                "round {round}"
            );
            assert_eq!(second.json(), first.json(), "round {round}");
        }
        IN_PROGRESS => assert!(!second.header("retry-after").is_empty(), "round {round}"),
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
            let made = acted([one, other], round).json();
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
