//! Acting for somebody else: what a delegation opens, to whom, when, and that it is told.

mod age;
mod leaks;
mod rights;
mod selection;
mod sensitivity;
mod traces;
mod validity;

use portal_tests::{Answer, Person, TestPortal};
use serde_json::{Value, json};

const PROBLEMS: &str = "/v1/portal/chart/problems";
const ALLERGIES: &str = "/v1/portal/chart/allergies";
const LABS: &str = "/v1/portal/results/labs";

const INVALID: &str = "403 PROXY_DELEGATION_INVALID";
const DENIED: &str = "403 PROXY_SCOPE_DENIED";

/// Ada with one of each kind, and Ben, who may act for her.
struct Two {
    portal: TestPortal,
    ada: Person,
    ben: Person,
    delegation: String,
}

/// As the delegation's changed members say.
async fn two(change: Value) -> Two {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    portal.put_everything(&ada, "ada");
    portal.put_everything(&ben, "ben");
    let delegation = portal.delegate(&ada, &ben, &change).await;
    Two {
        portal,
        ada,
        ben,
        delegation,
    }
}

impl Two {
    /// Ben asks for Ada.
    async fn ask(&self, path: &str) -> Answer {
        self.portal.get_for(&self.ben, &self.delegation, path).await
    }

    /// An app of the portal's own in which Ben acts for Ada.
    async fn app(&self, path: &str) -> Answer {
        let token = self.portal.launched(&self.ben, &self.ada);
        self.portal.get(Some(&token), path).await
    }

    async fn change(&self, change: Value) {
        let changed = self.portal.delegate(&self.ada, &self.ben, &change).await;
        assert_eq!(changed, self.delegation, "changed, not made anew");
    }
}

fn scope(rights: &[&str]) -> Value {
    json!({ "scope": rights })
}
