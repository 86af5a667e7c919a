//! Two worlds: the second holds one thing more that the caller may not see. The same requests are
//! answered the same, byte for byte but for what names the answer itself, and the sources are asked
//! the same. Only a patient may hear that something is held (02, "Withheld results are said").

mod nameless;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use portal_tests::{TestPortal, long_scene};
use serde_json::Value;

use super::ask::Asker;
use super::census::{portal, settled};
use super::generator::{Generated, KINDS, Maker, SOURCES, address, callers, put, random_route};
use super::random::{Random, number, seed};
use super::reference::admit::{ANY_RECORD, CONTENT};
use super::reference::json::text;
use super::reference::listings::LISTINGS;
use super::reference::{Need, Right, Route, View, admit};
use super::scopes::{TYPES, searched};
use super::world::{Caller, Planted, World};
use nameless::nameless;

/// Worlds of a run, with one thing more for each caller.
const WORLDS: u64 = 2;
/// Things that are hidden from each caller, one after the other.
const EACH: usize = 2;
/// Types of which each of the first two worlds hides something at least.
const HIDDEN: u64 = 10;
/// Requests of each pair of worlds, beside those that are about the thing itself.
const REQUESTS: usize = 8;
/// Tries to make something of a kind that the caller may not see.
const TRIES: usize = 12;
/// Longer than anything is kept.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(6);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_caller_may_not_see_changes_no_answer_and_no_call() {
    let worlds = number("TWO_WORLDS", WORLDS);
    long_scene(Duration::from_secs(240 + 40 * worlds), async {
        let mut kinds = BTreeMap::new();
        let mut turn = KINDS.iter().cycle();
        for world in 0..worlds {
            let seed = seed().wrapping_add(1_000 + world);
            println!("two worlds: GENERATED_SEED={}", seed.wrapping_sub(1_000));
            let mut random = Random::new(seed);
            let portal = portal().await;
            let mut generated = settled(&portal, &mut random).await;
            for caller in callers(&generated, &mut random) {
                for _ in 0..EACH {
                    let kind = *turn.next().expect("no end");
                    let wanted = (kind, &caller);
                    let Some(extra) = extra(&mut generated, wanted, &mut random, portal.now())
                    else {
                        continue;
                    };
                    *kinds
                        .entry(text(&extra.value, "resourceType").to_owned())
                        .or_insert(0) += 1;
                    let asked = Box::pin(pair(
                        &portal,
                        &generated.world,
                        &caller,
                        &extra,
                        &mut random,
                        seed,
                    ));
                    asked.await;
                }
            }
        }
        println!("two worlds: one thing more of {kinds:?}");
        assert!(
            kinds.len() as u64 >= HIDDEN * worlds.min(2),
            "{} kinds were hidden from somebody",
            kinds.len()
        );
    })
    .await;
}

/// Something more that the caller's own view, whatever is asked, does not change by.
fn extra(
    generated: &mut Generated,
    (kind, caller): (&str, &Caller),
    random: &mut Random,
    now: jiff::Timestamp,
) -> Option<Planted> {
    let Generated {
        ada,
        ben,
        child,
        namesake,
        ..
    } = generated;
    let whose = match caller.name {
        "parent" | "guardian" | "parent's own client on FHIR" => [&*child, &*child, &*ben],
        "other patient" => [&*ben, &*ben, &*ada],
        "other tenant" => [&*namesake, &*ada, &*ada],
        _ => [&*ada, &*ada, &*ben],
    };
    let whose = whose.map(Clone::clone);
    let before = view(&generated.world, caller, now);
    for _ in 0..TRIES {
        let person = random.pick(&whose).clone();
        let mut maker =
            Maker::new(&person.patient, "nobody", now).beside(&generated.world, &person.tenant);
        let (source, value) = maker.one(kind, random, &mut generated.markers);
        let planted = Planted {
            tenant: person.tenant.clone(),
            source,
            listed_for: person.patient.clone(),
            value,
        };
        let mut more = generated.world.clone();
        more.planted.push(planted.clone());
        if before == view(&more, caller, now) {
            return Some(planted);
        }
    }
    None
}

/// Everything that a caller can see of a world, by any letter of any type, on either face; and
/// which sets are known not to be whole.
fn view(world: &World, caller: &Caller, now: jiff::Timestamp) -> Vec<String> {
    let mut seen = Vec::new();
    for (fhir, right) in [(true, Right::OfType), (false, Right::Any)] {
        for letter in ['r', 's'] {
            // What is seen of a type does not depend on the route that was admitted.
            let mut admitted = None;
            for resource_type in TYPES.into_iter().chain([CONTENT]) {
                let need = Need {
                    fhir,
                    active: true,
                    resource_type,
                    letter,
                    right,
                };
                match admit(world, caller, &need, now) {
                    Err(refusal) => seen.push(refusal.to_owned()),
                    Ok(view) => admitted = Some(view),
                }
            }
            seen.extend(admitted.map(everything));
        }
    }
    seen
}

fn everything(mut view: View<'_>) -> String {
    if let Some(proxy) = &mut view.proxy
        && proxy.rights.contains("summary")
    {
        // The summary opens its parts.
        proxy.rights.extend([
            "allergies",
            "medications",
            "vitals",
            "immunizations",
            "problems",
        ]);
    }
    let types = TYPES.map(|name| view.shown(name));
    format!(
        "{types:?}{:?}{:?}{:?}{:?}",
        view.statements(),
        view.contents(),
        view.directory(),
        view.incomplete()
    )
}

/// Asks both worlds the same, and compares.
async fn pair(
    portal: &TestPortal,
    world: &World,
    caller: &Caller,
    extra: &Planted,
    random: &mut Random,
    seed: u64,
) {
    let mut more = world.clone();
    more.planted.push(extra.clone());
    let mut routes: Vec<Route> = (0..REQUESTS).map(|_| random_route(random, &more)).collect();
    routes.push(Route::Labs(Vec::new()));
    routes.extend(about(extra));
    let without = asked(portal, caller, &routes).await;
    put(portal, extra);
    let with = asked(portal, caller, &routes).await;
    let (kind, id) = (text(&extra.value, "resourceType"), text(&extra.value, "id"));
    portal
        .sandbox
        .delete_resource(extra.source, Some(&extra.tenant), kind, id);
    for ((route, one), other) in routes.iter().zip(&without).zip(&with) {
        assert_eq!(
            one,
            other,
            "GENERATED_SEED={}: {} (scopes {}) asks {} and learns of {} of {}: {}",
            seed.wrapping_sub(1_000),
            caller.name,
            caller.scopes.text(),
            route.path(),
            extra.source,
            extra.listed_for,
            extra.value,
        );
    }
}

/// Every route by which one could hear of a thing: lists, searches and itself.
fn about(extra: &Planted) -> Vec<Route> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let name = text(&extra.value, "resourceType");
    let id = address(extra);
    let mut routes: Vec<Route> = LISTINGS
        .iter()
        .filter(|listing| [ANY_RECORD, type_of(name)].contains(&listing.resource_type))
        .flat_map(|listing| {
            let one = listing.has_one.then(|| Route::One(listing, id.clone()));
            std::iter::once(Route::List(listing, vec![pair("limit", "2")])).chain(one)
        })
        .collect();
    match name {
        "Appointment" => routes.push(Route::Calendar(id.clone())),
        "DocumentReference" => {
            routes.extend([
                Route::Section("documents", Vec::new()),
                Route::Content(id.clone()),
            ]);
        }
        "Binary" => routes.push(Route::Binary(id.clone())),
        "Statement" => return routes,
        _ => {}
    }
    if let Some(name) = TYPES.into_iter().find(|known| *known == name) {
        routes.push(Route::Read(name, id));
    }
    if let Some(name) = searched().iter().find(|known| **known == name) {
        let pages = [
            pair("_count", "2"),
            pair("_revinclude", "Provenance:target"),
        ];
        routes.push(Route::Search(name, pages.to_vec()));
        routes.push(Route::Search(name, vec![pair("_summary", "count")]));
    }
    routes
}

/// The type under whose scope something is listed.
fn type_of(name: &str) -> &str {
    if name == "Statement" {
        "ExplanationOfBenefit"
    } else {
        name
    }
}

/// One answer without what names it, and what the sources were asked for it.
#[derive(Debug, PartialEq)]
struct Asked {
    answers: Vec<Value>,
    calls: Vec<String>,
}

/// The answers to a sequence of requests, asked when nothing is remembered any more.
async fn asked(portal: &TestPortal, caller: &Caller, routes: &[Route]) -> Vec<Asked> {
    portal.clock.advance(FORGOTTEN);
    let asker = Asker::of(portal);
    let mut all = Vec::new();
    for (at, route) in routes.iter().enumerate() {
        if at % 5 == 4 {
            portal.clock.advance(SignedDuration::from_secs(31));
        }
        portal.sandbox.reset_calls();
        let walk = asker.walk(caller, route).await;
        let mut calls: Vec<String> = SOURCES
            .iter()
            .flat_map(|source| portal.sandbox.calls(source))
            .map(|call| format!("{} {}", call.method, call.path_and_query))
            .collect();
        calls.sort();
        let answers = walk
            .answers
            .iter()
            .map(|answer| nameless(answer, route))
            .collect();
        all.push(Asked { answers, calls });
    }
    all
}
