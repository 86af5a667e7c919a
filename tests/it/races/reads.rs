//! Changes beside reads: an answer is of before or of after, and what began behind a change shows
//! nothing of before.

use std::cell::Cell;
use std::time::Duration;

use futures::join;
use portal_tests::{Answer, Fixture, Person, Pod, TestPortal, long_scene};
use serde_json::{Value, json};

use super::ROUNDS;

const WITHIN: Duration = Duration::from_mins(1);

const PROBLEMS: &str = "/v1/portal/chart/problems";
const LABS: &str = "/v1/portal/results/labs";
const ACTING_FOR: &str = "X-Acting-For";

struct Raced {
    portal: TestPortal,
    pod: Pod,
    ada: Person,
    ben: Person,
}

async fn raced() -> Raced {
    let portal = TestPortal::start().await;
    let pod = portal.another_pod().await;
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    portal.put_everything(&ada, "ada");
    portal.put(
        &ada.tenant,
        &Fixture::of(&ada.patient).lab("other", "2024-02-01", "718-7"),
    );
    Raced {
        portal,
        pod,
        ada,
        ben,
    }
}

impl Raced {
    /// Has both pods answer, so that they remember what was in force.
    async fn warm(&self, token: &str, path: &str, headers: &[(&str, &str)]) {
        let one = self.portal.get_token_with(token, path, headers).await;
        let other = self.portal.get_at(&self.pod, token, path, headers).await;
        assert_eq!((one.status, other.status), (200, 200), "{}", one.verdict());
    }
}

/// An answer beside a change, and whether it was asked for when the change had been acknowledged.
struct Shot {
    answer: Answer,
    late: bool,
}

/// Asks both pods again and again while something changes, and once more behind it.
async fn beside(
    raced: &Raced,
    token: &str,
    path: &str,
    headers: &[(&str, &str)],
    (round, change): (usize, impl Future<Output = ()>),
) -> Vec<Shot> {
    let (acknowledged, answered) = (Cell::new(false), Cell::new(0));
    let shoot = async |at_other_pod: bool| {
        let mut shots = Vec::new();
        loop {
            let late = acknowledged.get();
            let answer = if at_other_pod {
                raced.portal.get_at(&raced.pod, token, path, headers).await
            } else {
                raced.portal.get_token_with(token, path, headers).await
            };
            shots.push(Shot { answer, late });
            answered.set(answered.get() + 1);
            if late {
                return shots;
            }
        }
    };
    // At another place in the reads each time.
    let change = async {
        while answered.get() < round % 4 {
            tokio::task::yield_now().await;
        }
        change.await;
        acknowledged.set(true);
    };
    let (mut shots, others, ()) = join!(shoot(false), shoot(true), change);
    shots.extend(others);
    shots
}

/// What rounds found: the requests that showed something, and how often each side of a change was
/// met.
#[derive(Default)]
struct Tally {
    shown: Vec<String>,
    before: usize,
    after: usize,
}

impl Tally {
    /// Each answer is one of two, and a late one is of after.
    fn judge(
        &mut self,
        shots: Vec<Shot>,
        is_before: fn(&Answer) -> bool,
        is_after: fn(&Answer) -> bool,
    ) {
        for Shot { answer, late } in shots {
            let before = is_before(&answer);
            assert!(
                before || is_after(&answer),
                "neither: {} {:?}",
                answer.verdict(),
                answer.body
            );
            assert!(!(late && before), "shown behind the change");
            self.before += usize::from(before);
            self.after += usize::from(!before);
            if answer.status == 200 {
                self.shown.push(answer.header("x-request-id").to_owned());
            }
        }
    }

    async fn assert_recorded(&self, raced: &Raced) {
        assert!(self.before >= ROUNDS / 2, "{} before", self.before);
        assert!(self.after >= 2 * ROUNDS, "{} after", self.after);
        let recorded = raced.portal.recorded(&raced.ada.tenant).await;
        let missing = self
            .shown
            .iter()
            .filter(|id| !recorded.contains(*id))
            .count();
        assert_eq!(missing, 0, "shown without an event");
    }
}

fn shows_asthma(answer: &Answer) -> bool {
    answer.status == 200 && answer.ids() == ["cht.condition-ada"]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_delegation_against_reads() {
    let rounds = async {
        let raced = raced().await;
        let token = raced.portal.token(&raced.ben);
        let mut tally = Tally::default();
        for round in 0..ROUNDS {
            let delegation = raced
                .portal
                .delegate(&raced.ada, &raced.ben, &json!({}))
                .await;
            let headers = [(ACTING_FOR, delegation.as_str())];
            raced.warm(&token, PROBLEMS, &headers).await;
            let change = raced.portal.end_delegation(&raced.ada, &raced.ben);
            let shots = beside(&raced, &token, PROBLEMS, &headers, (round, change)).await;
            tally.judge(shots, shows_asthma, |answer| {
                answer.verdict() == "403 PROXY_DELEGATION_INVALID"
            });
        }
        tally.assert_recorded(&raced).await;
    };
    long_scene(WITHIN, rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_narrowed_delegation_against_reads() {
    let rounds = async {
        let raced = raced().await;
        let token = raced.portal.token(&raced.ben);
        let mut tally = Tally::default();
        for round in 0..ROUNDS {
            let delegation = raced
                .portal
                .delegate(&raced.ada, &raced.ben, &json!({}))
                .await;
            let headers = [(ACTING_FOR, delegation.as_str())];
            raced.warm(&token, PROBLEMS, &headers).await;
            let change = async {
                let narrow = json!({"scope": ["labs"]});
                raced.portal.delegate(&raced.ada, &raced.ben, &narrow).await;
            };
            let shots = beside(&raced, &token, PROBLEMS, &headers, (round, change)).await;
            tally.judge(shots, shows_asthma, |answer| {
                answer.verdict() == "403 PROXY_SCOPE_DENIED"
            });
        }
        tally.assert_recorded(&raced).await;
    };
    long_scene(WITHIN, rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_against_reads() {
    let rounds = async {
        let raced = raced().await;
        let token = raced.portal.token(&raced.ada);
        let mut tally = Tally::default();
        for round in 0..ROUNDS {
            raced.portal.set_status(&raced.ada, "active").await;
            raced.warm(&token, PROBLEMS, &[]).await;
            let change = raced.portal.set_status(&raced.ada, "suspended");
            let shots = beside(&raced, &token, PROBLEMS, &[], (round, change)).await;
            tally.judge(shots, shows_asthma, |answer| {
                answer.verdict() == "403 ACCOUNT_NOT_ACTIVE"
            });
        }
        tally.assert_recorded(&raced).await;
    };
    long_scene(WITHIN, rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grantors_suspension_against_a_proxys_reads() {
    let rounds = async {
        let raced = raced().await;
        let token = raced.portal.token(&raced.ben);
        let delegation = raced
            .portal
            .delegate(&raced.ada, &raced.ben, &json!({}))
            .await;
        let headers = [(ACTING_FOR, delegation.as_str())];
        let mut tally = Tally::default();
        for round in 0..ROUNDS {
            raced.portal.set_status(&raced.ada, "active").await;
            raced.warm(&token, PROBLEMS, &headers).await;
            let change = raced.portal.set_status(&raced.ada, "suspended");
            let shots = beside(&raced, &token, PROBLEMS, &headers, (round, change)).await;
            tally.judge(shots, shows_asthma, |answer| {
                answer.verdict() == "403 PROXY_DELEGATION_INVALID"
            });
        }
        tally.assert_recorded(&raced).await;
    };
    long_scene(WITHIN, rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_withholds_against_reads() {
    let rounds = async {
        let raced = raced().await;
        let token = raced.portal.token(&raced.ada);
        let rule = json!({"match": {"codes": ["2345-7"]}, "effect": "withhold"});
        let policy = |rules: Value| json!({"releasePolicy": {"rules": rules}});
        let mut tally = Tally::default();
        for round in 0..ROUNDS {
            raced
                .portal
                .configure(&raced.ada.tenant, &policy(json!([])))
                .await;
            raced.warm(&token, LABS, &[]).await;
            let withhold = policy(json!([rule]));
            let change = raced.portal.configure(&raced.ada.tenant, &withhold);
            let shots = beside(&raced, &token, LABS, &[], (round, change)).await;
            tally.judge(
                shots,
                |answer| answer.status == 200 && answer.ids() == ["lab.lab-ada", "lab.other"],
                |answer| answer.status == 200 && answer.ids() == ["lab.other"],
            );
        }
        tally.assert_recorded(&raced).await;
    };
    long_scene(WITHIN, rounds).await;
}
