//! Random small worlds: few people, a handful of records of each kind, whatever a source may say
//! of them, and a health system that decides anything it may.

mod callers;
mod delegations;
mod elements;
mod parameters;
mod records;
mod requests;
mod results;
mod settings;
mod table;

use portal_tests::{Person, TestPortal};
use serde_json::Value;

use super::markers::Markers;
use super::random::Random;
use super::world::{Account, FEATURES, Planted, Tenant, World};

pub(super) use callers::callers;
pub(super) use delegations::random_delegation;
pub(super) use records::{KINDS, Maker};
pub(super) use requests::{address, by_id, follow_ups, random_route};
pub(super) use settings::random_settings;
pub(super) use table::SOURCES;

/// A world with the people whom tests name.
#[derive(Debug)]
pub(super) struct Generated {
    /// The world.
    pub(super) world: World,
    /// A patient, whom others act for.
    pub(super) ada: Person,
    /// Another patient of the same tenant.
    pub(super) ben: Person,
    /// A child without an account.
    pub(super) child: Person,
    /// Somebody with no record, who acts for others.
    pub(super) proxy: Person,
    /// The parent of the child, a patient too.
    pub(super) parent: Person,
    /// A patient of another tenant, whose Patient has the id of ada's.
    pub(super) namesake: Person,
    /// Where further markers come from.
    pub(super) markers: Markers,
}

/// Makes a world of two tenants, not yet known to any portal.
pub(super) fn generate(
    random: &mut Random,
    tenants: [&str; 2],
    first_marker: u32,
    now: jiff::Timestamp,
) -> Generated {
    let [here, elsewhere] = tenants;
    let mut generated = Generated {
        world: World {
            labelled: vec!["immunizations"],
            ..World::default()
        },
        ada: Person::new(here, "ada"),
        ben: Person::new(here, "ben"),
        child: Person::new(here, "child"),
        proxy: Person::caregiver(here, "proxy"),
        parent: Person::new(here, "parent"),
        namesake: Person::new(elsewhere, "namesake"),
        markers: Markers::from(first_marker),
    };
    generated
        .namesake
        .patient
        .clone_from(&generated.ada.patient);
    for (at, tenant) in tenants.into_iter().enumerate() {
        let settings = random_settings(random);
        // The first has licensed everything; what ends later is the model's affair.
        let chance = if at == 0 { 100 } else { 50 };
        generated.world.tenants.push(Tenant {
            id: tenant.to_owned(),
            settings,
            features: random.some(&FEATURES, chance),
        });
    }
    generated.people(random, now);
    generated.delegations(random);
    generated
}

impl Generated {
    fn people(&mut self, random: &mut Random, now: jiff::Timestamp) {
        let (ada, ben, child) = (self.ada.clone(), self.ben.clone(), self.child.clone());
        let (parent, namesake, proxy) = (
            self.parent.clone(),
            self.namesake.clone(),
            self.proxy.clone(),
        );
        for (person, others, each) in [
            (&ada, &ben, (4, 2)),
            (&child, &ada, (3, 2)),
            (&ben, &ada, (1, 1)),
            (&parent, &ada, (1, 1)),
            (&namesake, &ben, (1, 1)),
        ] {
            let mut maker = Maker::new(&person.patient, &others.patient, now);
            let planted = maker.record(random, &mut self.markers, each);
            self.world
                .planted
                .extend(planted.into_iter().map(|(source, value)| Planted {
                    tenant: person.tenant.clone(),
                    source,
                    listed_for: person.patient.clone(),
                    value,
                }));
        }
        for person in [ada, ben, parent, namesake, proxy] {
            self.world.accounts.push(Account {
                person,
                status: "active",
            });
        }
    }

    fn delegations(&mut self, random: &mut Random) {
        let pairs = [
            (&self.ada, &self.proxy, "caregiver"),
            (&self.child, &self.parent, "parent"),
            (&self.ada, &self.parent, "spouse"),
            (&self.child, &self.proxy, "guardian"),
        ];
        for (grantor, proxy, relationship) in pairs {
            self.world
                .delegations
                .push(random_delegation(random, grantor, proxy, relationship));
        }
    }

    /// Tells a portal of the world: its sources at once, its database by import.
    pub(super) async fn settle(&mut self, portal: &TestPortal) {
        for planted in &self.world.planted {
            put(portal, planted);
        }
        for tenant in &self.world.tenants {
            portal.configure(&tenant.id, &tenant.settings).await;
            license(portal, tenant);
        }
        for account in &self.world.accounts {
            portal.import(&account_line(portal, &account.person)).await;
        }
        let people = [&self.ada, &self.child, &self.parent, &self.proxy];
        for delegation in &mut self.world.delegations {
            let person = |wanted: &dyn Fn(&Person) -> bool| {
                people
                    .iter()
                    .find(|person| wanted(person))
                    .expect("one of the people")
            };
            let grantor = person(&|person| person.patient == delegation.grantor);
            let proxy = person(&|person| person.subject == delegation.proxy);
            delegation.id = portal.delegate(grantor, proxy, &delegation.line()).await;
        }
    }
}

/// Licenses what a tenant has licensed.
pub(super) fn license(portal: &TestPortal, tenant: &Tenant) {
    let keys: Vec<&str> = tenant
        .features
        .iter()
        .copied()
        .chain(["ehr.portal"])
        .collect();
    portal.sandbox.set_entitlements(&tenant.id, &keys);
}

/// Puts a resource where it is listed.
pub(super) fn put(portal: &TestPortal, planted: &Planted) {
    let bytes = planted.value.to_string().into_bytes();
    portal
        .sandbox
        .put_resource_listed_for(
            &planted.listed_for,
            planted.source,
            Some(&planted.tenant),
            bytes,
        )
        .expect("a resource");
}

fn account_line(portal: &TestPortal, person: &Person) -> Value {
    let mut line = serde_json::json!({
        "tenantId": person.tenant, "kind": "patient", "status": "active",
        "patientId": person.patient, "issuer": portal.sandbox.issuer_url(),
        "subject": person.subject,
    });
    if person.patient.is_empty() {
        line["kind"] = "caregiver".into();
        line.as_object_mut().expect("an object").remove("patientId");
    }
    serde_json::json!({"account": line})
}
