//! One deployment: a portal, its people, and what it calls their records.

use portal_domain::source::Source;
use portal_tests::{Person, TestOptions, TestPortal};
use serde_json::json;

use crate::content::Names;
use crate::fhir_server::FhirServer;
use crate::records::{Records, TENANT, address, parsed};

/// A portal over one way of keeping the records.
pub(crate) struct Deployment {
    pub(crate) name: &'static str,
    pub(crate) portal: TestPortal,
    /// Each with the id that the records have for them, in the same order everywhere.
    pub(crate) people: Vec<(String, Person)>,
    pub(crate) names: Names,
}

impl Deployment {
    /// A source for each kind of record: the sandbox's.
    pub(crate) async fn with_separate_sources(records: &Records) -> Self {
        let options = TestOptions {
            records: records.folder.clone(),
            own_database: true,
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        for resource in &records.further {
            portal.put(TENANT, resource);
        }
        let names = records.originals.iter().flat_map(|original| {
            let (address, id) = (address(original), escaped(original["id"].as_str()));
            let codes = Source::ALL.iter().map(|source| source.default_code());
            let coded = codes.map(|code| format!("{code}.{id}"));
            let all: Vec<_> = coded.chain([id.clone()]).collect();
            all.into_iter().map(move |name| (name, address.clone()))
        });
        let names = Names::new(names);
        Self::of("separate", portal, names, |id| id.to_owned()).await
    }

    /// One server for everything, which keeps it under ids of its own.
    pub(crate) async fn with_a_single_source(records: &Records) -> Self {
        let server = FhirServer::of_the_run();
        let mut kept = Vec::new();
        for transaction in &records.transactions {
            let bundle = parsed(transaction);
            let entries = bundle["entry"].as_array().expect("entries");
            let addresses = entries.iter().map(|entry| address(&entry["resource"]));
            kept.extend(
                server
                    .transact(transaction)
                    .await
                    .into_iter()
                    .zip(addresses),
            );
        }
        let options = TestOptions {
            records: records.folder.clone(),
            fhir_url: Some(server.url.clone()),
            own_database: true,
            settings: single_source_settings(records.marked),
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let id_of = |patient: &str| {
            let address = format!("Patient/{patient}");
            let found = kept.iter().find(|(_, original)| *original == address);
            found.expect("each patient is kept").0.clone()
        };
        let mut pages = false;
        for patient in kept.iter().filter(|(_, it)| it.starts_with("Patient/")) {
            pages |= server.warm(&patient.0).await;
        }
        assert!(pages, "the server has nobody's records on two pages");
        let names = Names::new(kept.iter().cloned());
        Self::of("single", portal, names, id_of).await
    }

    async fn of(
        name: &'static str,
        portal: TestPortal,
        names: Names,
        id_of: impl Fn(&str) -> String,
    ) -> Self {
        let mut people = Vec::new();
        for demo in portal.sandbox.patients() {
            if demo.tenant != TENANT {
                continue;
            }
            let person = Person {
                tenant: demo.tenant,
                patient: id_of(&demo.patient_id),
                subject: demo.subject,
            };
            portal.admit(&person).await;
            people.push((demo.patient_id, person));
        }
        delegate(&portal, &people[0].1).await;
        Self {
            name,
            portal,
            people,
            names,
        }
    }
}

/// Somebody of each kind acts for a patient, the last of them no more.
async fn delegate(portal: &TestPortal, patient: &Person) {
    let mut proxies = Vec::new();
    for kind in [
        "parent",
        "guardian",
        "caregiver",
        "authorized_representative",
        "spouse",
    ] {
        let proxy = portal.caregiver_of(TENANT, kind).await;
        let change = json!({"relationshipType": kind, "validTo": "2090-12-31"});
        portal.delegate(patient, &proxy, &change).await;
        proxies.push(proxy);
    }
    let last = proxies.last().expect("there are some");
    portal.end_delegation(patient, last).await;
}

/// As an operator sets them for a server of one tenant: it knows no tenants and, unless it is sent
/// them, no marks of what is released.
fn single_source_settings(marked: bool) -> Vec<(String, String)> {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let tenancy = Source::ALL.into_iter().map(|source| {
        let prefix = source.as_str().to_uppercase().replace('-', "_");
        set(&format!("{prefix}_TENANCY"), &format!("single:{TENANT}"))
    });
    let release = if marked { "marked" } else { "byStatus" };
    tenancy
        .chain([
            set("LABORATORY_RELEASE", release),
            set(
                "ENTITLEMENTS_STATIC",
                &format!("{TENANT}=ehr.portal,ehr.claims,communication"),
            ),
        ])
        .collect()
}

/// An id as addresses have it.
pub(crate) fn escaped(id: Option<&str>) -> String {
    id.expect("an id").replace('.', ".d").replace('_', ".u")
}
