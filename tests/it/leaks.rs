//! Leaks that others have had, by number, each with the honest request that passes.

mod index;
mod oracles;
mod ownership;
mod proxies;
mod revoked;
mod scopes;
mod sensitive;
mod staleness;
mod tokens;

use portal_tests::{Answer, Fixture, Person, TestPortal, scene};
use serde_json::{Value, json};

struct Two {
    portal: TestPortal,
    ada: Person,
    ben: Person,
}

/// Two patients of one tenant, each with one of everything.
async fn two() -> Two {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    for (person, name) in [(&ada, "ada"), (&ben, "ben")] {
        let of = Fixture::of(&person.patient);
        let id = |kind: &str| format!("{kind}-{name}");
        portal.put(
            &person.tenant,
            &of.condition(&id("condition"), &format!("marker-{name}")),
        );
        portal.put(
            &person.tenant,
            &of.allergy(&id("allergy"), &format!("marker-{name}")),
        );
        portal.put(&person.tenant, &of.lab(&id("lab"), "2024-01-01", "2345-7"));
        portal.put(&person.tenant, &of.vital(&id("vital"), "2024-01-01", "70"));
        portal.put(
            &person.tenant,
            &of.medication(&id("medication"), &format!("marker-{name}")),
        );
    }
    Two { portal, ada, ben }
}

fn ids(answer: &Answer) -> Vec<String> {
    answer
        .resources()
        .iter()
        .filter_map(|resource| resource["id"].as_str().map(str::to_owned))
        .collect()
}
