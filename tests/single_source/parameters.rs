//! Searches with the parameters that `metadata` declares, by values that the records have.

use serde_json::Value;

use crate::comparison::Comparison;
use crate::dates::date_of;
use crate::plain;
use crate::records::Records;
use crate::walk::{Seen, sorted};

/// Compares what each declared parameter finds.
pub(crate) async fn compare(
    records: &Records,
    pair: &(Seen<'_>, Seen<'_>),
    comparison: &mut Comparison,
) {
    let metadata = pair.0.get("/fhir/R4/metadata").await.json();
    let types = metadata["rest"][0]["resource"].as_array().cloned();
    for declared in types.expect("types") {
        let kind = declared["type"].as_str().expect("a type");
        included(pair, &declared, comparison).await;
        let expected = plain::shown(&records.originals, kind, pair.0.patient);
        let Some(example) = expected.get(expected.len() / 2) else {
            continue;
        };
        for parameter in declared["searchParam"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            for value in values(name, example) {
                one(
                    pair,
                    &format!("/fhir/R4/{kind}?_count=40&{name}={value}"),
                    comparison,
                )
                .await;
            }
        }
    }
}

/// What a search brings along, by its declared includes.
async fn included(pair: &(Seen<'_>, Seen<'_>), declared: &Value, comparison: &mut Comparison) {
    let kind = declared["type"].as_str().expect("a type");
    for (parameter, names) in [
        ("_include", &declared["searchInclude"]),
        ("_revinclude", &declared["searchRevInclude"]),
    ] {
        for name in names
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            let path = format!("/fhir/R4/{kind}?_count=50&{parameter}={name}");
            let one = pair.0.pages(&path).await;
            let other = pair.1.pages(&path).await;
            let (one, other) = (pair.0.comparable(&one), pair.1.comparable(&other));
            comparison.same(
                "searches with an include",
                &path,
                (&sorted(&one), &sorted(&other)),
            );
        }
    }
}

async fn one(pair: &(Seen<'_>, Seen<'_>), path: &str, comparison: &mut Comparison) {
    let one = pair.0.comparable(&pair.0.search(path).await);
    let other = pair.1.comparable(&pair.1.search(path).await);
    comparison.holds("searches that find their example", !one.is_empty(), || {
        path.to_owned()
    });
    comparison.same(
        "searches by a parameter",
        path,
        (&sorted(&one), &sorted(&other)),
    );
}

/// What the example is found by, as one writes it in a query.
fn values(parameter: &str, example: &Value) -> Vec<String> {
    let date = date_of(example).as_str().unwrap_or_default();
    match parameter {
        "date" | "authoredon" | "sent" | "started" | "created" | "onset-date" => {
            let Some((day, _)) = date.split_once('T') else {
                return text(date_of(example));
            };
            vec![format!("ge{day}"), format!("le{day}T23:59:59Z")]
        }
        "status" | "intent" | "gender" => text(&example[parameter]),
        "birthdate" => text(&example["birthDate"]),
        "clinical-status" => tokens(&example["clinicalStatus"]),
        "code" | "category" | "type" => tokens(&example[parameter]),
        "vaccine-code" => tokens(&example["vaccineCode"]),
        "identifier" => text(&example["identifier"][0]["value"]),
        "family" => text(&example["name"][0]["family"]),
        "given" => text(&example["name"][0]["given"][0]),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> Vec<String> {
    let text = value.as_str().map(|text| text.replace(' ', "%20"));
    text.into_iter().collect()
}

/// The first coding of a concept, or of the first of several: with its system and without.
fn tokens(concept: &Value) -> Vec<String> {
    let concept = concept.get(0).unwrap_or(concept);
    let coding = &concept["coding"][0];
    let Some(code) = coding["code"].as_str() else {
        return Vec::new();
    };
    let system = coding["system"]
        .as_str()
        .map(|system| format!("{system}|{code}"));
    system.into_iter().chain([code.to_owned()]).collect()
}
