//! The other FHIR server, as who fills it sees it.

use portal_tests::{Answer, required};
use serde_json::Value;

use crate::plain;

/// A FHIR server that keeps what it is sent under ids of its own.
pub(crate) struct FhirServer {
    /// Its base, without a slash at its end.
    pub(crate) url: String,
    client: reqwest::Client,
}

impl FhirServer {
    /// The one of this run.
    pub(crate) fn of_the_run() -> Self {
        Self {
            url: required("FHIR_SERVER_URL"),
            client: reqwest::Client::new(),
        }
    }

    /// Has a transaction done, and says under which id each entry is kept.
    pub(crate) async fn transact(&self, bundle: &str) -> Vec<String> {
        let request = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/fhir+json")
            .body(bundle.to_owned());
        let answer = Answer::read(request.send().await.expect("the server answers")).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200, "{text}");
        let entries = answer.json()["entry"].as_array().cloned();
        let entries = entries.expect("an entry for each entry");
        entries.iter().map(kept_as).collect()
    }

    /// Searches once for all that a patient has, because a server's first searches are slow. Whether
    /// an answer had a next page.
    pub(crate) async fn warm(&self, patient: &str) -> bool {
        let mut pages = false;
        for (_, kind, parameter) in plain::HELD {
            let url = format!("{}/{kind}?{parameter}={patient}&_count=500", self.url);
            let asked = self.client.get(url).send().await;
            let answer = Answer::read(asked.expect("the server answers")).await;
            assert_eq!(answer.status, 200, "{kind}");
            pages |= answer.next().is_some();
        }
        pages
    }
}

/// The id in a location such as `Patient/7/_history/1`.
fn kept_as(entry: &Value) -> String {
    let location = entry["response"]["location"].as_str().expect("a location");
    let id = location.split('/').nth(1).expect("a type and an id");
    id.to_owned()
}
