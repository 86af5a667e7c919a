//! What a tenant holds and withholds, above the floor that none can lower.

mod changes;
mod holds;
mod rules;
mod traces;

use portal_application::ports::Clock as _;
use portal_tests::{Answer, Fixture, Person, TestPortal};
use serde_json::{Value, json};

const LABS: &str = "/v1/portal/results/labs";
const OBSERVATIONS: &str = "/fhir/R4/Observation";
const REPORTS: &str = "/fhir/R4/DiagnosticReport";

/// A code that rules of these scenes name.
const NAMED: &str = "2345-7";
const OTHER: &str = "718-7";

struct World {
    portal: TestPortal,
    ada: Person,
    of: Fixture,
}

async fn world() -> World {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let of = Fixture::of(&ada.patient);
    World { portal, ada, of }
}

impl World {
    fn put(&self, resource: &Value) {
        self.portal.put(&self.ada.tenant, resource);
    }

    /// A result that was issued just now.
    fn put_new(&self, id: &str, loinc: &str) {
        self.put(&self.new_lab(id, loinc));
    }

    fn new_lab(&self, id: &str, loinc: &str) -> Value {
        let mut lab = self.of.lab(id, "2024-01-01", loinc);
        lab["issued"] = json!(self.portal.clock.now());
        lab
    }

    async fn policy(&self, policy: &Value) {
        let more = json!({ "releasePolicy": policy });
        self.portal.configure(&self.ada.tenant, &more).await;
    }

    async fn rule(&self, rule: &Value) {
        self.policy(&json!({ "rules": [rule] })).await;
    }

    async fn ask(&self, path: &str) -> Answer {
        self.portal.get_as(&self.ada, path).await
    }

    async fn ids(&self, path: &str) -> Vec<String> {
        let answer = self.ask(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.verdict());
        answer.ids()
    }
}

/// A rule that holds results of the named code for two days.
fn hold() -> Value {
    json!({"match": {"codes": [NAMED]}, "effect": {"holdFor": "PT48H"}, "reasonKey": "doctor-first"})
}

fn withhold() -> Value {
    json!({"match": {"codes": [NAMED]}, "effect": "withhold"})
}
