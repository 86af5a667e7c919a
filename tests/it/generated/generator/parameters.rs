//! What a request can ask for beside its path.

use super::super::random::Random;
use super::super::world::World;
use super::elements::CODES;
use super::requests::an_id;

type Pairs = Vec<(String, String)>;

pub(super) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

pub(super) fn paged(random: &mut Random, name: &str, mut pairs: Pairs) -> Pairs {
    if random.chance(60) {
        pairs.push(pair(name, (1 + random.below(4)).to_string()));
    }
    pairs
}

pub(super) fn range(random: &mut Random) -> Pairs {
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

pub(super) fn token(random: &mut Random) -> String {
    let (system, code) = *random.pick(&CODES);
    match random.below(4) {
        0 => format!("{system}|{code}"),
        1 => format!("|{code}"),
        2 => format!("{system}|"),
        _ => code.to_owned(),
    }
}

pub(super) fn of_labs(random: &mut Random) -> Pairs {
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

pub(super) fn parameters(random: &mut Random, world: &World, resource_type: &'static str) -> Pairs {
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
