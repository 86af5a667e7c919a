//! What the portal itself holds, on FHIR: AuditEvent, Consent and RelatedPerson tell what
//! `/v1/portal` tells, to the same people.

mod access;
mod delegations;
mod log;

use portal_tests::{Answer, Person, TestPortal};
use serde_json::{Value, json};

const LOG: &str = "/v1/portal/me/access-log?limit=100";
const DELEGATIONS: &str = "/v1/portal/proxy-delegations";

/// An id of ours as FHIR has it.
fn address(id: &str) -> String {
    id.replace('_', "-")
}

/// The items of a list of `/v1/portal`.
fn items(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    answer.json()["data"].as_array().cloned().expect("data")
}

/// The resources of a searchset.
fn found(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    answer.resources()
}

/// The code of a system among codings.
fn code<'a>(codings: &'a Value, system: &str) -> Option<&'a str> {
    let codings = codings.as_array()?;
    let coding = codings.iter().find(|coding| coding["system"] == system);
    coding?["code"].as_str()
}

/// Every page from a path on.
async fn walk(portal: &TestPortal, person: &Person, path: &str) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), path.to_owned());
    for _ in 0..200 {
        let page = portal.get_as(person, &path).await;
        all.extend(found(&page));
        match page.next() {
            Some(next) => path = portal.path_of(&next),
            None => return all,
        }
    }
    panic!("the walk ends");
}

/// A third party's app of a person, with these scopes.
fn app(portal: &TestPortal, person: &Person, scope: &str) -> String {
    portal.token_with(person, &json!({"azp": "smart-app", "scope": scope}))
}
