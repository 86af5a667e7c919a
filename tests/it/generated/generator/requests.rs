//! Requests: every route, with any parameter that it takes.

use super::super::random::Random;
use super::super::reference::Route;
use super::super::reference::json::text;
use super::super::reference::routes::SECTIONS;
use super::super::scopes::TYPES;
use super::super::world::World;
use super::elements::CODES;

type Pairs = Vec<(String, String)>;

/// One request for anything in a world, by an id that somebody has or by what a search can say.
pub(in super::super) fn random_route(random: &mut Random, world: &World) -> Route {
    match random.below(10) {
        0 => Route::Me,
        1 => Route::Summary,
        2 | 3 => {
            let (name, _) = *random.pick(&SECTIONS);
            let range = range(random);
            Route::Section(name, paged(random, "limit", range))
        }
        4 => {
            let filters = of_labs(random);
            Route::Labs(paged(random, "limit", filters))
        }
        5 => Route::Lab(an_id(random, world, "Observation")),
        6..8 => {
            let resource_type = *random.pick(&TYPES);
            let parameters = parameters(random, world, resource_type);
            Route::Search(resource_type, paged(random, "_count", parameters))
        }
        _ => {
            let resource_type = *random.pick(&TYPES);
            Route::Read(resource_type, an_id(random, world, resource_type))
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
    let planted = random.pick(&of_type);
    let id = text(&planted.value, "id");
    let code = match planted.source {
        "registration" => return id.to_owned(),
        "patient-chart" => "cht",
        "laboratory" => "lab",
        "medication" => "med",
        _ => "imm",
    };
    format!("{code}.{id}")
}

/// Every address of a resource that an answer of a type could be read by.
pub(in super::super) fn follow_up(id: &str, resource_type: &'static str) -> Route {
    Route::Read(resource_type, id.to_owned())
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
        _ => {
            maybe(
                random,
                &mut pairs,
                &["status=completed", "status=not-done", "_sort=date"],
            );
            dated(random, &mut pairs, "date");
        }
    }
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
