//! The token mutator: from one good token each claim and each header is left out, mistyped, made
//! another's, said twice, aged and bent. Every mutant is refused as the table says, or answered
//! exactly as the good token is. What another claim could make up for stands alone: a token whose
//! `acr` is bent has no second factor in `amr`, and the other way about; `azp` and `client_id`
//! likewise. The table is `snapshots/…tokens.snap`: a line a mutant, with the
//! answers of `/v1/portal` and `/fhir/R4`; `same` is the good token's own answer.

mod mutants;

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portal_tests::{Answer, Fixture, Person, TestPortal, long_scene};
use serde_json::Value;

use mutants::{Edit, Mutant, claims, headers};

const PATHS: [&str; 2] = ["/v1/portal/chart/problems", "/fhir/R4/Condition"];

/// A good token in its parts.
struct Good {
    header: Value,
    payload: Value,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mutant_of_a_token_is_refused_or_changes_nothing() {
    long_scene(Duration::from_mins(2), async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let ben = portal.person("ben").await;
        for (person, text) in [(&ada, "ada's own"), (&ben, "ben's own")] {
            let id = format!("c-{}", person.subject);
            portal.put(
                &person.tenant,
                &Fixture::of(&person.patient).condition(&id, text),
            );
        }
        let good = good(&portal, &ada);
        let honest = answers(&portal, &good.token(&portal, None)).await;
        for answer in &honest {
            assert_eq!(
                answer.resources().len(),
                1,
                "the good token sees ada's own record"
            );
        }
        let mut table = String::new();
        let now = portal.now().as_second();
        let elsewhere = portal.tenant("elsewhere", true).await;
        let (in_header, in_payload) = (headers(), claims(now, &ben, &elsewhere));
        for (part, mutants) in [("header", in_header), ("claim", in_payload)] {
            for mutant in mutants {
                let token = good.token(&portal, Some((part, &mutant)));
                let verdicts = verdicts(&portal, &token, &honest).await;
                writeln!(
                    table,
                    "{part} {:<14} {:<28} {verdicts}",
                    mutant.name, mutant.what
                )
                .expect("text grows");
            }
        }
        insta::assert_snapshot!("tokens", table);
    })
    .await;
}

/// The good token: each claim that the table bends is there.
fn good(portal: &TestPortal, person: &Person) -> Good {
    let change =
        serde_json::json!({"client_id": "portal-web", "nbf": portal.now().as_second() - 5});
    let token = portal.token_with(person, &change);
    let part = |at: usize| {
        let text = token.split('.').nth(at).expect("three parts");
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    Good {
        header: part(0),
        payload: part(1),
    }
}

impl Good {
    /// The token, or a mutant of it, with a signature of its own.
    fn token(&self, portal: &TestPortal, mutant: Option<(&str, &Mutant)>) -> String {
        let (mut header, mut payload) = (self.header.to_string(), self.payload.to_string());
        match mutant {
            Some(("header", mutant)) => header = bent(&self.header, mutant),
            Some((_, mutant)) => payload = bent(&alone(&self.payload, mutant.name), mutant),
            None => {}
        }
        portal.sandbox.sign_texts(&header, &payload)
    }
}

/// The claims without those that could make up for one.
fn alone(payload: &Value, name: &str) -> Value {
    let mut payload = payload.clone();
    match name {
        "acr" => payload["amr"] = serde_json::json!(["pwd"]),
        "amr" => payload["acr"] = serde_json::json!("1"),
        "azp" | "client_id" => {
            let other = if name == "azp" { "client_id" } else { "azp" };
            payload.as_object_mut().expect("an object").remove(other);
        }
        _ => {}
    }
    payload
}

/// The text of an object with one member bent.
fn bent(object: &Value, mutant: &Mutant) -> String {
    let mut object = object.clone();
    let members = object.as_object_mut().expect("an object");
    let own = members.get(mutant.name).cloned();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let value = match &mutant.edit {
        Edit::Missing => {
            members.remove(mutant.name);
            return object.to_string();
        }
        Edit::Twice(second) => {
            let text = object.to_string();
            let head = text.strip_suffix('}').expect("an object");
            let first = own.map_or_else(
                || format!(",\"{}\":{second}", mutant.name),
                |_| String::new(),
            );
            return format!("{head}{first},\"{}\":{second}}}", mutant.name);
        }
        Edit::Is(value) => value.clone(),
        Edit::Letters(change) => change(&text(&own.unwrap_or_default())).into(),
    };
    members.insert(mutant.name.to_owned(), value);
    object.to_string()
}

async fn answers(portal: &TestPortal, token: &str) -> [Answer; 2] {
    let [portals, fhirs] = PATHS;
    [
        portal.get(Some(token), portals).await,
        portal.get(Some(token), fhirs).await,
    ]
}

/// How both faces answer. An answer that is none of a refusal must be the good token's own.
async fn verdicts(portal: &TestPortal, token: &str, honest: &[Answer; 2]) -> String {
    let found = answers(portal, token).await;
    let said = found.iter().zip(honest).map(|(answer, honest)| {
        if answer.status != 200 {
            return answer.verdict();
        }
        let same = answer.resources() == honest.resources();
        let total = answer.json()["total"] == honest.json()["total"];
        if same && total {
            "same".to_owned()
        } else {
            "ANOTHER ANSWER".to_owned()
        }
    });
    let said: Vec<String> = said.collect();
    if said[0] == said[1] {
        said[0].clone()
    } else {
        said.join(" | ")
    }
}
