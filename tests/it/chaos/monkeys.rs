//! Who kills, pauses and restores: one for each kind of part, so that several are down at a time.

use std::time::Duration;

use portal_sandbox::{Fault, Mode};
use tokio::sync::watch;
use tokio::time::timeout;

use super::pods::Pods;
use super::tally::Tally;
use crate::generated::random::Random;

const SOURCES: [&str; 5] = [
    "patient-chart",
    "laboratory",
    "medication",
    "registration",
    "immunizations",
];

/// Chance, and when to stop.
struct Monkey<'a> {
    pods: &'a Pods,
    tally: &'a Tally,
    stopped: watch::Receiver<bool>,
    random: Random,
}

/// Lets all of them loose until it is time to stop.
pub(super) async fn run(pods: &Pods, tally: &Tally, stopped: watch::Receiver<bool>, seed: u64) {
    let monkey = |number: u64| Monkey {
        pods,
        tally,
        stopped: stopped.clone(),
        random: Random::new(seed ^ (number << 32)),
    };
    tokio::join!(
        monkey(1).sources(),
        monkey(2).server("redis"),
        monkey(3).server("nats"),
        monkey(4).pod(),
    );
}

/// Ends every fault.
pub(super) async fn restore(pods: &Pods, tally: &Tally) {
    pods.portal.sandbox.clear_faults();
    for source in SOURCES {
        tally.disturbed(source, None);
    }
    for pod in &pods.pods {
        if !pod.serves() {
            pods.begin(pod).await;
        }
    }
}

impl Monkey<'_> {
    /// A while of this many milliseconds and at most three times as long. Whether to go on.
    async fn rest(&mut self, least: u64) -> bool {
        let most = usize::try_from(2 * least).unwrap_or(usize::MAX);
        let more = u64::try_from(self.random.below(most)).unwrap_or_default();
        let while_ = Duration::from_millis(least + more);
        let stop = self.stopped.wait_for(|stop| *stop);
        timeout(while_, stop).await.is_err()
    }

    async fn sources(mut self) {
        let sandbox = &self.pods.portal.sandbox;
        while self.rest(700).await {
            let source = *self.random.pick(&SOURCES);
            let (name, fault) = match self.random.below(6) {
                0 => ("hangs", Fault::mode(Mode::Hang)),
                1 => ("drips", Fault::mode(Mode::SlowDrip)),
                2 => ("sends garbage", Fault::mode(Mode::Garbage)),
                3 => ("adds foreign entries", Fault::mode(Mode::ForeignEntries)),
                4 => ("is slow", Fault::latency(Duration::from_millis(900))),
                _ => ("is down", Fault::status(503)),
            };
            self.tally.disturbed(source, Some(name));
            sandbox.set_fault(source, fault);
            let goes_on = self.rest(800).await;
            sandbox.set_fault(source, Fault::default());
            self.tally.disturbed(source, None);
            if !goes_on {
                return;
            }
        }
    }

    async fn server(mut self, name: &'static str) {
        let servers = &self.pods.portal.servers;
        while self.rest(1_500).await {
            if self.random.chance(50) {
                self.tally.disturbed(name, Some("killed"));
                servers.kill(name);
                let _ = self.rest(600).await;
                servers.restart(name).await;
            } else {
                self.tally.disturbed(name, Some("paused"));
                servers.pause(name);
                let _ = self.rest(400).await;
                servers.resume(name);
            }
            self.tally.disturbed(name, None);
        }
    }

    async fn pod(mut self) {
        while self.rest(1_500).await {
            let pod = &self.pods.pods[self.random.below(2)];
            match self.random.below(3) {
                0 => {
                    self.tally
                        .disturbed("killed pod", Some("and started again"));
                    pod.kill().await;
                    self.pods.begin(pod).await;
                }
                1 => {
                    self.tally.disturbed("paused pod", Some("and resumed"));
                    let lasts = 300 + u64::try_from(self.random.below(1_200)).unwrap_or_default();
                    pod.pause(Duration::from_millis(lasts)).await;
                    self.tally.disturbed("paused pod", None);
                }
                _ => {
                    self.tally
                        .disturbed("rolled pod", Some("and started again"));
                    pod.terminate().await;
                    self.pods.begin(pod).await;
                }
            }
        }
    }
}
