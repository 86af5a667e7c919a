//! What is asked, and which answers are right.

use std::time::{Duration, Instant};

use portal_tests::{Answer, Fixture, Person};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::pods::Pods;
use super::tally::Tally;
use crate::generated::random::Random;

const NAMES: [&str; 4] = ["ada", "ben", "cem", "dia"];
const SUMMARY: [&str; 4] = [
    "registration",
    "patient-chart",
    "medication",
    "immunizations",
];
/// More than are ever down at a time.
const ALL: [&str; 9] = [
    "patient-chart",
    "laboratory",
    "radiology",
    "medication",
    "immunizations",
    "scheduling",
    "claims",
    "documents",
    "communication",
];
const TOKEN_FOR: Duration = Duration::from_mins(2);

/// What a request is answered when nothing is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// What the person has of these sources, or of those of them that are there.
    Own(&'static [&'static str]),
    /// As if it were not there.
    NotFound(&'static str),
    /// This refusal, whatever is down.
    Refused(&'static str),
}

/// A request to be made.
pub(super) struct Asked {
    pub(super) person: usize,
    pub(super) path: String,
    pub(super) token: Option<String>,
    pub(super) right: Right,
}

struct Somebody {
    person: Person,
    token: Mutex<Option<(Instant, String)>>,
}

/// The people, each of whose records carries a text of theirs alone.
pub(super) struct World(Vec<Somebody>);

fn marker(person: &Person) -> String {
    format!("marker-of-{}", person.subject)
}

fn withheld(person: &Person) -> String {
    format!("withheld-from-{}", person.subject)
}

fn with_text(mut record: Value, element: &str, text: &str) -> Value {
    record[element]["text"] = json!(text);
    record
}

impl World {
    pub(super) async fn of(pods: &Pods) -> Self {
        let people = pods.portal.people(&NAMES).await;
        for person in &people {
            let (of, text) = (Fixture::of(&person.patient), marker(person));
            let id = |kind: &str| format!("{kind}-{}", person.patient);
            let medication = of.medication(&id("daily"), &text);
            let lab = of.lab(&id("glucose"), "2024-01-01", "2345-7");
            let hidden = of.unreleased_lab(&id("hidden"), "2024-01-02", "2345-7");
            for record in [
                of.condition(&id("asthma"), &text),
                with_text(medication, "medicationCodeableConcept", &text),
                with_text(lab, "code", &text),
                with_text(hidden, "code", &withheld(person)),
            ] {
                pods.portal.put(&record);
            }
        }
        let somebody = |person| Somebody {
            person,
            token: Mutex::default(),
        };
        Self(people.into_iter().map(somebody).collect())
    }

    pub(super) async fn ask(&self, pods: &Pods, random: &mut Random) -> Asked {
        let person = random.below(self.0.len());
        let other = &self.0[(person + 1) % self.0.len()].person.patient;
        let own = &self.0[person].person.patient;
        let (path, right) = match random.below(12) {
            0 | 1 => (
                "/v1/portal/chart/problems".to_owned(),
                Right::Own(&["patient-chart"]),
            ),
            2 | 3 => (
                "/v1/portal/results/labs".to_owned(),
                Right::Own(&["laboratory"]),
            ),
            4 => (
                "/fhir/R4/MedicationRequest".to_owned(),
                Right::Own(&["medication"]),
            ),
            5 => ("/v1/portal/chart/summary".to_owned(), Right::Own(&SUMMARY)),
            6 => ("/v1/portal/chart/timeline".to_owned(), Right::Own(&ALL)),
            7 => (
                "/fhir/R4/Observation".to_owned(),
                Right::Own(&["laboratory", "patient-chart"]),
            ),
            8 => (
                format!("/fhir/R4/Condition?patient={other}"),
                Right::Refused("403"),
            ),
            9 => (
                format!("/fhir/R4/Condition/cht.asthma-{other}"),
                Right::NotFound("patient-chart"),
            ),
            10 => (
                format!("/fhir/R4/Observation/lab.hidden-{own}"),
                Right::NotFound("laboratory"),
            ),
            _ => (
                "/v1/portal/chart/problems".to_owned(),
                Right::Refused("401"),
            ),
        };
        let token = match right {
            Right::Refused("401") => None,
            _ => Some(self.0[person].token(pods).await),
        };
        Asked {
            person,
            path,
            token,
            right,
        }
    }

    /// What is wrong with an answer, if anything.
    pub(super) fn fault(&self, asked: &Asked, answer: &Answer, tally: &Tally) -> Option<String> {
        for (index, somebody) in self.0.iter().enumerate() {
            let foreign = index != asked.person && answer.says(&marker(&somebody.person));
            if foreign || answer.says(&withheld(&somebody.person)) {
                return Some("an entry that is not to be shown".to_owned());
            }
        }
        let verdict = answer.verdict();
        let (status, sources) = match &asked.right {
            Right::Own(sources) => (200, *sources),
            Right::NotFound(source) => (404, std::slice::from_ref(source)),
            Right::Refused(status) => {
                return (answer.status.to_string() != *status).then_some(verdict);
            }
        };
        if answer.status == status {
            let own = marker(&self.0[asked.person].person);
            let missing = status == 200 && sources.len() == 1 && !answer.says(&own);
            return missing.then(|| "an answer without its entry".to_owned());
        }
        (!tally.excuses(sources, &verdict)).then_some(verdict)
    }
}

impl Somebody {
    async fn token(&self, pods: &Pods) -> String {
        let mut held = self.token.lock().await;
        match &*held {
            Some((since, token)) if since.elapsed() < TOKEN_FOR => token.clone(),
            _ => {
                let token = pods.portal.token(&self.person);
                *held = Some((Instant::now(), token.clone()));
                token
            }
        }
    }
}
