//! How one person reads at one deployment.

use std::collections::BTreeSet;
use std::time::Duration;

use portal_tests::{Answer, Person};
use serde_json::Value;

use crate::deployment::Deployment;

/// Pages in a walk that ends.
const MAX_PAGES: usize = 200;
/// How often a late source is asked again, and how long it is left alone.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// One person at one deployment.
pub(crate) struct Seen<'a> {
    pub(crate) deployment: &'a Deployment,
    /// The id that the records have for the patient.
    pub(crate) patient: &'a str,
    pub(crate) person: &'a Person,
}

impl Deployment {
    /// One of its people, who looks.
    pub(crate) fn seen_by<'a>(&'a self, (patient, person): &'a (String, Person)) -> Seen<'a> {
        Seen {
            deployment: self,
            patient,
            person,
        }
    }
}

impl Seen<'_> {
    /// Asks as the person, again while a source is late: a busy machine makes no difference.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        for _ in 0..TRIES {
            let answer = self.get_once(path).await;
            let late = matches!(answer.status, 503 | 504);
            if !late && answer.header("x-portal-degraded").is_empty() {
                return answer;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.get_once(path).await
    }

    /// Asks as the person, and takes what comes.
    pub(crate) async fn get_once(&self, path: &str) -> Answer {
        self.deployment.portal.get_as(self.person, path).await
    }

    /// The resources of all pages of a search, each once.
    pub(crate) async fn search(&self, path: &str) -> Vec<Value> {
        let found = self.pages(path).await;
        let ids: BTreeSet<_> = found.iter().map(|it| it["id"].to_string()).collect();
        assert_eq!(ids.len(), found.len(), "{path}: each once");
        found
    }

    /// The resources of all pages, with what each page brings along.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Value> {
        let mut next = Some(path.to_owned());
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let Some(path) = next else { break };
            let page = self.get(&path).await;
            let name = self.deployment.name;
            assert_eq!(page.status, 200, "{name} {path}: {}", page.verdict());
            assert!(
                !page.says("OperationOutcome"),
                "{name} {path}: something is missing"
            );
            found.extend(page.resources());
            let link = page.next();
            next = link.map(|link| self.deployment.portal.path_of(&link));
        }
        assert!(next.is_none(), "{path}: the walk does not end");
        found
    }

    /// The items of all pages of a list.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let mut cursor = String::new();
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let page = self.get(&format!("{path}{cursor}")).await;
            let name = self.deployment.name;
            assert_eq!(page.status, 200, "{name} {path}: {}", page.verdict());
            let page = page.json();
            assert_eq!(page["meta"]["incomplete"], Value::Null, "{name} {path}");
            found.extend(page["data"].as_array().cloned().expect("a list"));
            let Some(next) = page["nextCursor"].as_str() else {
                return found;
            };
            cursor = format!("&cursor={next}");
        }
        panic!("{path}: the walk does not end");
    }

    /// What was shown, comparable with what another deployment shows.
    pub(crate) fn comparable(&self, shown: &[Value]) -> Vec<Value> {
        let names = &self.deployment.names;
        shown.iter().map(|value| names.comparable(value)).collect()
    }
}

/// The same in an order that depends on nothing but what they are.
pub(crate) fn sorted(values: &[Value]) -> Vec<String> {
    let mut texts: Vec<_> = values.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}
