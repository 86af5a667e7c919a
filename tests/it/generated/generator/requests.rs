//! Requests: every route, with any parameter that it takes.

use std::collections::BTreeSet;

use super::super::random::Random;
use super::super::reference::Route;
use super::super::reference::json::text;
use super::super::reference::listings::LISTINGS;
use super::super::reference::routes::SECTIONS;
use super::super::scopes::{TYPES, searched};
use super::super::world::{Planted, World};
use super::elements::CODES;

type Pairs = Vec<(String, String)>;

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
fn an_id(random: &mut Random, world: &World, resource_type: &str) -> String {
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

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

fn paged(random: &mut Random, name: &str, mut pairs: Pairs) -> Pairs {
    if random.chance(60) {
        pairs.push(pair(name, (1 + random.below(4)).to_string()));
    }
    pairs
}

fn range(random: &mut Random) -> Pairs {
    let mut pairs = Vec::new();
    if random.chance(20) {
        pairs.push(pair(
            "from",
            random.pick(&["2017", "2018-06", "2019-02-03"]).to_string(),
        ));
    }
    if random.chance(20) {
        pairs.push(pair(
            "to",
            random.pick(&["2020", "2021-06", "2022-02-03"]).to_string(),
        ));
    }
    pairs
}

fn token(random: &mut Random) -> String {
    let (system, code) = *random.pick(&CODES);
    match random.below(4) {
        0 => format!("{system}|{code}"),
        1 => format!("|{code}"),
        2 => format!("{system}|"),
        _ => code.to_owned(),
    }
}

fn of_labs(random: &mut Random) -> Pairs {
    let mut pairs = range(random);
    if random.chance(20) {
        pairs.push(pair("code", token(random)));
    }
    if random.chance(15) {
        pairs.push(pair(
            "category",
            *random.pick(&["laboratory", "vital-signs"]),
        ));
    }
    pairs
}

fn date(random: &mut Random) -> String {
    let prefix = *random.pick(&["", "eq", "ge", "gt", "le", "lt"]);
    format!(
        "{prefix}{}",
        random.pick(&["2018", "2019-05", "2020-03-04"])
    )
}

fn parameters(random: &mut Random, world: &World, resource_type: &'static str) -> Pairs {
    let mut pairs = Vec::new();
    match resource_type {
        "Patient" => maybe(
            random,
            &mut pairs,
            &[
                "gender=female",
                "gender=male",
                "identifier=urn",
                "birthdate=ge2010",
            ],
        ),
        "AllergyIntolerance" => maybe(random, &mut pairs, &["clinical-status=active"]),
        "Condition" => {
            let own = [
                "clinical-status=active",
                "category=problem-list-item",
                "recorded-date=ge2030",
            ];
            maybe(random, &mut pairs, &own);
            dated(random, &mut pairs, "onset-date");
            coded(random, &mut pairs);
        }
        "Observation" | "DiagnosticReport" => {
            let own = [
                "category=laboratory",
                "category=vital-signs,LAB",
                "status=final,amended",
            ];
            maybe(random, &mut pairs, &own);
            dated(random, &mut pairs, "date");
            coded(random, &mut pairs);
            maybe(random, &mut pairs, &["_sort=date", "_sort=-date"]);
        }
        "MedicationRequest" => {
            maybe(
                random,
                &mut pairs,
                &["status=active", "intent=order", "intent=plan"],
            );
            dated(random, &mut pairs, "authoredon");
        }
        "Immunization" => {
            maybe(
                random,
                &mut pairs,
                &["status=completed", "status=not-done", "_sort=date"],
            );
            dated(random, &mut pairs, "date");
        }
        other => of_table(random, &mut pairs, other),
    }
    bringing(random, &mut pairs, resource_type);
    if random.chance(10) {
        pairs.push(pair("_id", an_id(random, world, resource_type)));
    }
    if random.chance(8) {
        pairs.push(pair(
            "_elements",
            *random.pick(&["status", "code,note", "name"]),
        ));
    } else if random.chance(10) {
        pairs.push(pair("_summary", "count"));
    }
    pairs
}

/// The parameters of the types of the table: statuses, kinds and dates.
fn of_table(random: &mut Random, pairs: &mut Pairs, resource_type: &str) {
    let (own, date): (&[&str], Option<&str>) = match resource_type {
        "ImagingStudy" => (&["status=available"], Some("started")),
        "ExplanationOfBenefit" => (&["status=active,draft"], Some("created")),
        "Communication" => (&["_sort=sent"], Some("sent")),
        "DocumentReference" => (&["status=current", "status=superseded"], Some("date")),
        "Procedure" => (&["status=completed"], Some("date")),
        "ServiceRequest" => (&["status=active", "_sort=-authored"], Some("authored")),
        "QuestionnaireResponse" => (&["status=completed", "status=amended"], Some("authored")),
        "Appointment" => (&["status=booked,cancelled", "_sort=date"], Some("date")),
        "Goal" => (
            &["lifecycle-status=active", "lifecycle-status=completed"],
            None,
        ),
        "Specimen" | "Provenance" => (&[], None),
        _ => (&["status=active", "status=completed,finished"], None),
    };
    if !own.is_empty() {
        maybe(random, pairs, own);
    }
    if let Some(date) = date {
        dated(random, pairs, date);
    }
    let kinds = ["Encounter", "DocumentReference", "Specimen", "Device"];
    let kinds = kinds.contains(&resource_type).then_some("type");
    let codes = ["Procedure", "ServiceRequest"];
    let codes = codes.contains(&resource_type).then_some("code");
    if let Some(name) = kinds.or(codes).filter(|_| random.chance(25)) {
        pairs.push(pair(name, token(random)));
    }
}

/// What matches bring along.
fn bringing(random: &mut Random, pairs: &mut Pairs, resource_type: &str) {
    if random.chance(15) {
        pairs.push(pair("_revinclude", "Provenance:target"));
    }
    let may_name = ["MedicationRequest", "MedicationDispense"].contains(&resource_type);
    if may_name && random.chance(40) {
        pairs.push(pair("_include", format!("{resource_type}:medication")));
    }
}

fn maybe(random: &mut Random, pairs: &mut Pairs, of: &[&str]) {
    if random.chance(30) {
        let (name, value) = random.pick(of).split_once('=').expect("name and value");
        pairs.push(pair(name, value));
    }
}

fn dated(random: &mut Random, pairs: &mut Pairs, name: &str) {
    if random.chance(15) {
        pairs.push(pair(name, date(random)));
    }
}

fn coded(random: &mut Random, pairs: &mut Pairs) {
    if random.chance(15) {
        pairs.push(pair("code", token(random)));
    }
}
