//! Two pods under load while sources, Redis, NATS and one of the pods are killed, paused and
//! restored by chance: no wrong status, nobody else's or withheld entry in an answer, no event lost
//! or told twice, no request lost by a rolling restart.
//!
//! `CHAOS_SECONDS`, `CHAOS_RATE` (requests a second) and `GENERATED_SEED` make it another run.

mod load;
mod monkeys;
mod pods;
mod requests;
mod tally;

use std::sync::Arc;
use std::time::{Duration, Instant};

use portal_tests::{Servers, scene_alone};
use tokio::sync::watch;

use crate::generated::random::{number, seed};

use load::Load;
use pods::Pods;
use requests::World;
use tally::Tally;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_come_and_go_under_load_take_nothing_along() {
    let lasts = Duration::from_secs(number("CHAOS_SECONDS", 15));
    let rate = number("CHAOS_RATE", 25);
    let within = lasts + Duration::from_mins(2);
    scene_alone(within, run(lasts, rate)).await;
}

async fn run(lasts: Duration, rate: u64) {
    let servers = Servers::start_durable("chaos").await;
    let pods = Arc::new(Pods::start(servers).await);
    let world = Arc::new(World::of(&pods).await);
    let (stop, stopped) = watch::channel(false);
    let tally = Arc::new(Tally::new(stop.clone()));
    let load = Load {
        pods: Arc::clone(&pods),
        world: Arc::clone(&world),
        tally: Arc::clone(&tally),
        rate,
    };
    let end = async {
        let mut failed = stopped.clone();
        // A finding ends the run: what follows from it would hide it.
        let _ = tokio::time::timeout(lasts, failed.wait_for(|stop| *stop)).await;
        stop.send_replace(true);
    };
    let begin = Instant::now();
    let (answered, ()) = tokio::join!(load.run(stopped.clone()), async {
        tokio::join!(monkeys::run(&pods, &tally, stopped.clone(), seed()), end);
    });
    println!("{}", tally.text(begin.elapsed()));
    tally.assert_clean();
    monkeys::restore(&pods, &tally).await;
    pods.assert_recorded_and_published(&answered).await;
}
