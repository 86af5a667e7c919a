//! Requests: every route, with any parameter that it takes.

use std::collections::BTreeSet;

use super::super::random::Random;
use super::super::reference::Route;
use super::super::reference::json::text;
use super::super::reference::listings::LISTINGS;
use super::super::reference::routes::SECTIONS;
use super::super::scopes::{TYPES, searched};
use super::super::world::{Planted, World};
use super::parameters::{of_labs, paged, pair, parameters, range, token};

/// One request for anything in a world, by an id that somebody has or by what a search can say.
pub(in super::super) fn random_route(random: &mut Random, world: &World) -> Route {
    match random.below(20) {
        0 => Route::Me,
        1 => Route::Summary,
        2..4 => {
            let (name, _) = *random.pick(&SECTIONS);
            let range = range(random);
            Route::Section(name, paged(random, "limit", range))
        }
        4 => {
            let filters = of_labs(random);
            Route::Labs(paged(random, "limit", filters))
        }
        5 => Route::Lab(an_id(random, world, "Observation")),
        6..9 => {
            let listing = random.pick(&LISTINGS);
            // Threads have no date.
            let range = if listing.path == "messages" {
                Vec::new()
            } else {
                range(random)
            };
            Route::List(listing, paged(random, "limit", range))
        }
        9..11 => random_one(random, world),
        11 => match random.below(3) {
            0 => Route::Demographics,
            1 => Route::Providers,
            _ => Route::Trends(vec![pair("code", token(random))]),
        },
        12..17 => {
            let resource_type = *random.pick(searched());
            let parameters = parameters(random, world, resource_type);
            Route::Search(resource_type, paged(random, "_count", parameters))
        }
        _ => {
            let resource_type = *random.pick(&TYPES);
            Route::Read(resource_type, an_id(random, world, resource_type))
        }
    }
}

/// What no search finds, by some of the ids that somebody has.
pub(in super::super) fn by_id(random: &mut Random, world: &World) -> Vec<Route> {
    let unsearched = &TYPES[searched().len()..];
    let mut routes = Vec::new();
    for _ in 0..3 {
        routes.extend(
            unsearched
                .iter()
                .map(|name| Route::Read(name, an_id(random, world, name))),
        );
        routes.push(Route::Binary(an_id(random, world, "Binary")));
    }
    routes
}

/// A single record of the portal's own views, or a content, whosever it is.
fn random_one(random: &mut Random, world: &World) -> Route {
    let listing = random.pick(&LISTINGS);
    match random.below(4) {
        0 => Route::Calendar(an_id(random, world, "Appointment")),
        1 => Route::Content(an_id(random, world, "DocumentReference")),
        2 => Route::Binary(an_id(random, world, "Binary")),
        _ if !listing.has_one => Route::Binary(an_id(random, world, "Binary")),
        _ => {
            let made_of = match listing.path {
                "billing/statements" => "Statement",
                _ => listing.resource_type,
            };
            Route::One(listing, an_id(random, world, made_of))
        }
    }
}

/// The address of some resource of a type, whosever it is.
pub(super) fn an_id(random: &mut Random, world: &World, resource_type: &str) -> String {
    let of_type: Vec<_> = world
        .planted
        .iter()
        .filter(|planted| text(&planted.value, "resourceType") == resource_type)
        .collect();
    if of_type.is_empty() {
        return "nobody-knows".to_owned();
    }
    let planted = *random.pick(&of_type);
    address(planted)
}

/// The address of a record here.
pub(in super::super) fn address(planted: &Planted) -> String {
    let id = text(&planted.value, "id");
    match code(planted.source) {
        "" => id.to_owned(),
        code => format!("{code}.{id}"),
    }
}

/// The code of a source in our ids.
fn code(source: &str) -> &'static str {
    match source {
        "registration" => "",
        "patient-chart" => "cht",
        "laboratory" => "lab",
        "radiology" => "rad",
        "medication" => "med",
        "immunizations" => "imm",
        "scheduling" => "sch",
        "claims" => "clm",
        "documents" => "doc",
        "communication" => "com",
        _ => "dir",
    }
}

/// What a walk leads to: some of what it found, by every other route to it.
pub(in super::super) fn follow_ups(route: &Route, ids: &BTreeSet<String>) -> Vec<Route> {
    let found = ids.iter().take(2).cloned();
    match route {
        Route::Search(name, pairs) if pairs.iter().any(|(name, _)| name == "_revinclude") => {
            found.map(|id| Route::Read(name, id)).collect()
        }
        Route::List(listing, pairs) if pairs.is_empty() && listing.path == "appointments" => {
            let both = |id: String| [Route::One(listing, id.clone()), Route::Calendar(id)];
            found.flat_map(both).collect()
        }
        Route::List(listing, pairs) if pairs.is_empty() && listing.has_one => {
            found.map(|id| Route::One(listing, id)).collect()
        }
        Route::Section("documents", pairs) if pairs.is_empty() => {
            found.map(Route::Content).collect()
        }
        _ => Vec::new(),
    }
}
