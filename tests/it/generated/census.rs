//! The marker census: every element of every record holds a marker of its own, and each answer may
//! hold those alone that the reference policy shows. The positive twin: what it shows is there.

mod sinks;
mod tally;

use std::collections::BTreeSet;
use std::time::Duration;

use portal_tests::{Licences, TestOptions, TestPortal, long_scene};

use super::ask::{Asker, Walk};
use super::generator::{Generated, by_id, callers, follow_ups, generate, random_route};
use super::markers::markers_in;
use super::random::{Random, number, seed};
use super::reference::Route;
use super::reference::listings::LISTINGS;
use super::reference::routes::{Expected, SECTIONS};
use super::scopes::searched;
use super::world::{Caller, World};
use sinks::Told;
use tally::Tally;

/// Worlds of a run.
const WORLDS: u64 = 4;
/// Differences that a failure prints.
const TOLD: usize = 12;
/// Random requests of each caller beside the systematic ones.
const REQUESTS: usize = 12;

/// When every world begins: a seed gives the same world on every day, and no birthday is near.
const BEGIN: &str = "2040-05-20T06:00:00Z";

/// A portal whose immunizations are labelled wholly.
pub(super) async fn portal() -> TestPortal {
    let settings = vec![("IMMUNIZATIONS_LABELS".to_owned(), "complete".to_owned())];
    let portal = TestPortal::with(TestOptions {
        settings,
        licences: Licences::Asked,
        ..TestOptions::default()
    })
    .await;
    let begin: jiff::Timestamp = BEGIN.parse().expect("a time");
    portal.clock.advance(begin.duration_since(portal.now()));
    portal
}

/// A world in a portal, from a seed.
pub(super) async fn settled(portal: &TestPortal, random: &mut Random) -> Generated {
    let elsewhere = portal.tenant("elsewhere", true).await;
    let mut generated = generate(random, [&portal.tenant, &elsewhere], 0, portal.now());
    generated.settle(portal).await;
    generated
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_holds_what_the_reference_shows_and_nothing_else() {
    let worlds = number("CENSUS_WORLDS", WORLDS);
    long_scene(Duration::from_secs(240 + 30 * worlds), async {
        let mut tally = Tally::default();
        for world in 0..worlds {
            let seed = seed().wrapping_add(world);
            println!("census: GENERATED_SEED={seed}");
            one_world(seed, &mut tally).await;
        }
        println!("census: {tally}");
        tally.assert_whole();
    })
    .await;
}

async fn one_world(seed: u64, tally: &mut Tally) {
    let mut random = Random::new(seed);
    let portal = portal().await;
    let generated = settled(&portal, &mut random).await;
    let asker = Asker::of(&portal);
    let (mut compared, mut differences) = (0, Vec::new());
    let mut told = Told::default();
    for caller in callers(&generated, &mut random) {
        let mut routes = systematic();
        routes.extend(by_id(&mut random, &generated.world));
        routes.extend((0..REQUESTS).map(|_| random_route(&mut random, &generated.world)));
        let mut at = 0;
        while at < routes.len() {
            let route = routes[at].clone();
            let (walk, difference) = compare(&asker, &generated.world, &caller, &route).await;
            differences.extend(difference);
            tally.add(&route, &walk, &caller, &generated.world);
            told.add(&route, &walk, &caller);
            if walk.verdict == "200" {
                routes.extend(follow_ups(&route, &walk.ids));
            }
            at += 1;
        }
        compared += routes.len();
    }
    told.assert_sinks(&portal, &generated.world).await;
    println!("census: {compared} requests of seed {seed} were compared");
    let some = differences
        .iter()
        .take(TOLD)
        .map(String::as_str)
        .collect::<Vec<_>>();
    assert!(
        differences.is_empty(),
        "GENERATED_SEED={seed}: {} of {compared} answers differ:\n{}",
        differences.len(),
        some.join("\n"),
    );
}

/// Every route once, without parameters but for those that bring something along.
fn systematic() -> Vec<Route> {
    let mut routes = vec![
        Route::Me,
        Route::Summary,
        Route::Demographics,
        Route::Providers,
        Route::Labs(Vec::new()),
    ];
    let code = ("code".to_owned(), "2345-7,8867-4,x1".to_owned());
    routes.push(Route::Trends(vec![code]));
    routes.extend(SECTIONS.map(|(name, _)| Route::Section(name, Vec::new())));
    routes.extend(
        LISTINGS
            .iter()
            .map(|listing| Route::List(listing, Vec::new())),
    );
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for name in searched() {
        routes.push(Route::Search(
            name,
            vec![pair("_revinclude", "Provenance:target")],
        ));
        routes.push(Route::Search(name, vec![pair("_summary", "count")]));
    }
    for name in ["MedicationRequest", "MedicationDispense"] {
        let included = pair("_include", &format!("{name}:medication"));
        routes.push(Route::Search(name, vec![included]));
    }
    routes
}

/// Asks, and compares every page with the reference.
async fn compare(
    asker: &Asker<'_>,
    world: &World,
    caller: &Caller,
    route: &Route,
) -> (Walk, Option<String>) {
    let expected = route.expected(world, caller, asker.portal.now());
    let seen = asker.walk(caller, route).await;
    let difference = difference(&seen, route, &expected, world).map(|difference| {
        let (scopes, path) = (caller.scopes.text(), route.path());
        format!("{} with {scopes} asks {path}: {difference}", caller.name)
    });
    (seen, difference)
}

/// In what an answer differs from what is expected of it.
pub(super) fn difference(
    seen: &Walk,
    route: &Route,
    expected: &Result<Expected, &'static str>,
    world: &World,
) -> Option<String> {
    let expected = match expected {
        Err(refusal) if seen.verdict == **refusal && seen.markers.is_empty() => return None,
        Err(refusal) => return Some(format!("{} and not {refusal}", seen.verdict)),
        Ok(expected) => expected,
    };
    if expected.or_absent && seen.verdict == "404 NOT_FOUND" {
        return None;
    }
    if seen.verdict != "200" {
        return Some(format!("{} and not 200", seen.verdict));
    }
    // A `self` link repeats what was asked.
    let repeated = markers_in(&route.path());
    let shown = seen
        .markers
        .difference(&repeated)
        .copied()
        .collect::<BTreeSet<_>>();
    if let Some(leak) = shown.difference(&expected.allowed).next() {
        return Some(format!("it shows {}", world.place_of(*leak)));
    }
    if let Some(lost) = expected.ids.difference(&seen.ids).next()
        && !is_counted(route)
    {
        return Some(format!(
            "it lists {:?} without {}",
            seen.ids,
            world.resource_of(lost)
        ));
    }
    if expected.brought != seen.brought {
        return Some(format!(
            "it brings {:?} and not {:?}",
            seen.brought, expected.brought
        ));
    }
    if let Some(lost) = expected.required.difference(&seen.markers).next() {
        return Some(format!("it does not show {}", world.place_of(*lost)));
    }
    counts(seen, route, expected)
}

fn is_counted(route: &Route) -> bool {
    matches!(route, Route::Search(_, pairs) if pairs.iter().any(|(name, _)| name == "_summary"))
}

fn counts(seen: &Walk, route: &Route, expected: &Expected) -> Option<String> {
    if expected.loose {
        return None;
    }
    let whole = !is_counted(route) && !matches!(route, Route::Summary);
    if whole && seen.ids != expected.ids {
        return Some(format!(
            "it lists {:?} and not {:?}",
            seen.ids, expected.ids
        ));
    }
    if whole && seen.count != seen.ids.len() {
        return Some("it lists something twice".to_owned());
    }
    if matches!(route, Route::Summary) && !expected.ids.is_subset(&seen.ids) {
        return Some(format!(
            "it lists {:?} without all of {:?}",
            seen.ids, expected.ids
        ));
    }
    let total = seen.total.unwrap_or(expected.ids.len() as u64);
    if total != expected.ids.len() as u64 && !matches!(route, Route::Summary) {
        return Some(format!("total is {total} and not {}", expected.ids.len()));
    }
    let held = !seen.withheld.is_null();
    let may_say = match route {
        Route::Labs(_) => true,
        Route::List(listing, _) => listing.says_held().is_some(),
        _ => false,
    };
    if may_say && held != (expected.held > 0) {
        return Some(format!(
            "withheld is {} with {} held",
            seen.withheld, expected.held
        ));
    }
    None
}
