//! Requests at a steady rate, whatever becomes of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use portal_tests::Answer;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::pods::Pods;
use super::requests::{Asked, World};
use super::tally::Tally;
use crate::generated::random::{Random, seed};

/// Until the balancer has heard of it, and a request that was on its way has ended.
const KILL_FELT_FOR: Duration = Duration::from_secs(4);

/// The load, and where its outcome goes.
pub(super) struct Load {
    pub(super) pods: Arc<Pods>,
    pub(super) world: Arc<World>,
    pub(super) tally: Arc<Tally>,
    pub(super) rate: u64,
}

impl Load {
    /// Asks until it is time to stop, and waits for every answer. Gives the ids of what was shown.
    pub(super) async fn run(self, stopped: watch::Receiver<bool>) -> BTreeSet<String> {
        let load = Arc::new(self);
        let mut random = Random::new(seed());
        let mut ticks = interval(Duration::from_micros(1_000_000 / load.rate));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut requests = JoinSet::new();
        let mut shown = BTreeSet::new();
        while !*stopped.borrow() {
            ticks.tick().await;
            let first = random.below(2);
            let asked = load.world.ask(&load.pods, &mut random).await;
            let one = Arc::clone(&load);
            requests.spawn(async move { one.one(asked, first).await });
            while let Some(id) = requests.try_join_next() {
                shown.extend(id.expect("no request panics"));
            }
        }
        while let Some(id) = requests.join_next().await {
            shown.extend(id.expect("no request panics"));
        }
        shown
    }

    async fn one(&self, asked: Asked, first: usize) -> Option<String> {
        let Some(answer) = self.balanced(&asked, first).await else {
            self.tally.answered("lost".to_owned());
            return None;
        };
        self.tally.answered(answer.verdict());
        if let Some(fault) = self.world.fault(&asked, &answer, &self.tally) {
            let finding = format!("{:?} {}: {fault}", asked.right, asked.path);
            self.tally.finding(finding);
        }
        let shown = answer.status == 200;
        shown.then(|| answer.header("x-request-id").to_owned())
    }

    /// The answer of a pod, or of the other one when the first was killed meanwhile.
    async fn balanced(&self, asked: &Asked, first: usize) -> Option<Answer> {
        let pods = &self.pods.pods;
        let order = [&pods[first], &pods[1 - first]];
        let (up, down): (Vec<_>, Vec<_>) = order.into_iter().partition(|pod| pod.serves());
        for pod in up.into_iter().chain(down) {
            let token = asked.token.as_deref();
            match self.pods.ask(pod, token, &asked.path).await {
                Ok(answer) => return Some(answer),
                Err(_) if self.tally.is_disturbed("killed pod", KILL_FELT_FOR) => {
                    self.tally.retried();
                }
                Err(error) => {
                    self.tally.finding(format!("lost: {error}"));
                    return None;
                }
            }
        }
        None
    }
}
