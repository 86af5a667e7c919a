//! The stateful model: people, delegations, decisions, records and time change in any order, over
//! two pods with caches, and each read in between is what the reference policy says of the moment.

mod changes;
mod pages;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures::future::join_all;
use portal_tests::{Pod, TestPortal, long_scene};

use super::ask::Asker;
use super::census::{difference, portal, settled};
use super::generator::{Generated, callers, random_route};
use super::random::{Random, number, seed};
use super::world::Caller;
use pages::Page;

/// Steps of a run, over all worlds.
const STEPS: u64 = 10_000;
/// Worlds beside each other.
const WORLDS: u64 = 4;
/// Steps that a failure prints.
const TOLD: usize = 30;

/// One world with its portal, its two pods, and what was done so far.
struct Model<'p> {
    portal: &'p TestPortal,
    askers: [Asker<'p>; 2],
    generated: Generated,
    callers: Vec<Caller>,
    pages: Vec<Page>,
    random: Random,
    steps: VecDeque<String>,
    seed: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_step_a_read_is_what_the_reference_says() {
    let steps = number("SOAK_STEPS", STEPS);
    let within = Duration::from_secs(240 + steps / 20);
    long_scene(within, async {
        let begin = Instant::now();
        let first = seed().wrapping_add(2_000);
        println!("model: {steps} steps, GENERATED_SEED={}", seed());
        let world = |world| Box::pin(one_world(first.wrapping_add(world), steps / WORLDS));
        join_all((0..WORLDS).map(world)).await;
        println!("model: {steps} steps in {:?}", begin.elapsed());
    })
    .await;
}

/// How often a read is asked again that could not be answered in time.
const RETRIES: usize = 3;

/// A refusal for the token's own sake, as one for the route's is: who is refused anyway may be told of it by a pod that
/// remembers the account from a moment ago.
fn is_of_token(verdict: &str) -> bool {
    ["403 INSUFFICIENT_SCOPE", "403 PATIENT_CLAIM_REQUIRED"].contains(&verdict)
}

async fn one_world(seed: u64, steps: u64) {
    let mut random = Random::new(seed);
    let portal = portal().await;
    let other = portal.another_pod().await;
    let generated = settled(&portal, &mut random).await;
    let mut model = Model::new(&portal, &other, generated, random, seed);
    for _ in 0..steps {
        model.step().await;
    }
}

impl<'p> Model<'p> {
    fn new(
        portal: &'p TestPortal,
        other: &'p Pod,
        generated: Generated,
        mut random: Random,
        seed: u64,
    ) -> Self {
        let callers = callers(&generated, &mut random);
        let askers = [Asker::of(portal), Asker::at(portal, other)];
        Self {
            portal,
            askers,
            generated,
            callers,
            pages: Vec::new(),
            random,
            steps: VecDeque::new(),
            seed,
        }
    }

    async fn step(&mut self) {
        if self.random.chance(15) {
            let what = self.change().await;
            self.tell(what);
        } else if self.random.chance(12) {
            self.turn_a_page().await;
        } else {
            self.read().await;
        }
    }

    fn tell(&mut self, what: String) {
        if self.steps.len() == TOLD {
            self.steps.pop_front();
        }
        self.steps.push_back(what);
    }

    /// A read by anybody at either pod, of what the random walk comes upon.
    async fn read(&mut self) {
        let at = self.random.below(self.callers.len());
        let pod = self.random.below(2);
        let mut route = random_route(&mut self.random, &self.generated.world);
        if let super::reference::Route::Search(_, pairs) = &mut route {
            // Pages are turned elsewhere: here one answer is one step.
            pairs.retain(|(name, _)| name != "_count");
        }
        let caller = &self.callers[at];
        let scopes = caller.scopes.text();
        let told = format!(
            "{} ({scopes}) asks pod {pod} for {}",
            caller.name,
            route.path()
        );
        let world = &self.generated.world;
        let expected = route.expected(world, caller, self.portal.now());
        let mut seen = self.askers[pod].walk(caller, &route).await;
        for _ in 0..RETRIES {
            // On a busy machine the provider may not confirm a token in time; nothing is shown then.
            if !seen.verdict.starts_with("503") {
                break;
            }
            seen = self.askers[pod].walk(caller, &route).await;
        }
        let is_of_route =
            || route.is_never_for_proxies() && seen.verdict == "403 PROXY_SCOPE_DENIED";
        let found = difference(&seen, &route, &expected, world).filter(|_| {
            let said = is_of_token(&seen.verdict) || is_of_route();
            !(expected.is_err() && said && seen.markers.is_empty())
        });
        let told = format!("{told}: {}", seen.verdict);
        self.tell(told);
        if let Some(found) = found {
            self.fail(&found);
        }
    }

    fn fail(&self, found: &str) -> ! {
        let steps: Vec<&str> = self.steps.iter().map(String::as_str).collect();
        let settings = &self.generated.world.tenants[0].settings;
        let seed = self.seed.wrapping_sub(2_000);
        panic!(
            "GENERATED_SEED={seed}, world {} of {WORLDS}: {found}\nthe last steps:\n  {}\n\
             the tenant's decisions: {} {}",
            self.seed,
            steps.join("\n  "),
            settings["releasePolicy"],
            settings["ageBands"],
        );
    }
}
