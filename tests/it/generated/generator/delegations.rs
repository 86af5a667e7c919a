//! Delegations.

use std::collections::BTreeSet;

use portal_tests::Person;
use serde_json::{Value, json};

use super::super::random::Random;
use super::super::world::Delegation;

/// The rights that open something of what is served.
pub(in super::super) const RIGHTS: [&str; 15] = [
    "summary",
    "allergies",
    "medications",
    "vitals",
    "immunizations",
    "problems",
    "documents",
    "labs",
    "radiology",
    "appointments.view",
    "appointments.manage",
    "messages",
    "billing",
    "export",
    "apps",
];
const CATEGORIES: [&str; 7] = [
    "mental-health",
    "substance-use",
    "sexual-reproductive",
    "hiv-sti",
    "genetic",
    "violence",
    "restricted",
];

/// A delegation that is in force for years, with any rights.
pub(in super::super) fn random_delegation(
    random: &mut Random,
    grantor: &Person,
    proxy: &Person,
    relationship: &'static str,
) -> Delegation {
    let mut scope = random.some(&RIGHTS, 70);
    // One that opens nothing here: no delegation is empty.
    scope.insert("refills");
    let voluntary = !["parent", "guardian"].contains(&relationship);
    let sensitive = if voluntary {
        random.some(&CATEGORIES, 30)
    } else {
        BTreeSet::new()
    };
    Delegation {
        id: String::new(),
        tenant: grantor.tenant.clone(),
        grantor: grantor.patient.clone(),
        proxy: proxy.subject.clone(),
        relationship,
        status: "active",
        scope,
        sensitive,
        valid_from: "2020-01-01".to_owned(),
        valid_to: random.chance(30).then(|| "2090-01-01".to_owned()),
        court_order: relationship == "guardian" && random.chance(50),
    }
}

impl Delegation {
    /// The members of its import line.
    pub(in super::super) fn line(&self) -> Value {
        let mut line = json!({
            "relationshipType": self.relationship, "scope": self.scope, "status": self.status,
            "sensitive": self.sensitive, "validFrom": self.valid_from, "validTo": self.valid_to,
        });
        if self.court_order {
            line["courtOrder"] = json!(true);
        }
        line
    }
}
