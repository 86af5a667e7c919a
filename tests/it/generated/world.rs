//! A small world as the tests know it: whose resources stand where, who may act for whom, and what
//! the health system decided. The portal learns of it through its sources and its database alone.

use std::collections::BTreeSet;

use portal_tests::Person;
use serde_json::Value;

use super::scopes::Scopes;

/// One resource at a source.
#[derive(Debug, Clone)]
pub(super) struct Planted {
    /// The tenant.
    pub(super) tenant: String,
    /// The source.
    pub(super) source: &'static str,
    /// The Patient's id for which the source lists it.
    pub(super) listed_for: String,
    /// The resource.
    pub(super) value: Value,
}

/// One account.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// Whose.
    pub(super) person: Person,
    /// Its status.
    pub(super) status: &'static str,
}

/// One delegation, under the id that the portal gave it.
#[derive(Debug, Clone)]
pub(super) struct Delegation {
    /// Its id.
    pub(super) id: String,
    /// Its tenant.
    pub(super) tenant: String,
    /// The Patient's id whose record it opens.
    pub(super) grantor: String,
    /// The subject who may act.
    pub(super) proxy: String,
    /// What the proxy is to the patient.
    pub(super) relationship: &'static str,
    /// `active`, `revoked`, ….
    pub(super) status: &'static str,
    /// Its rights.
    pub(super) scope: BTreeSet<&'static str>,
    /// The sensitive categories that were ticked.
    pub(super) sensitive: BTreeSet<&'static str>,
    /// Its first day.
    pub(super) valid_from: String,
    /// Its last day.
    pub(super) valid_to: Option<String>,
    /// Whether a court ordered it.
    pub(super) court_order: bool,
}

/// One tenant with what it decided.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    /// Its id.
    pub(super) id: String,
    /// `releasePolicy`, `ageBands`, `sensitivityCodes`.
    pub(super) settings: Value,
    /// The sub-features that it has licensed.
    pub(super) features: BTreeSet<&'static str>,
}

/// Every sub-feature that opens records.
pub(super) const FEATURES: [&str; 2] = ["ehr.claims", "communication"];

/// Everything.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    /// The tenants.
    pub(super) tenants: Vec<Tenant>,
    /// The accounts.
    pub(super) accounts: Vec<Account>,
    /// The delegations.
    pub(super) delegations: Vec<Delegation>,
    /// The resources.
    pub(super) planted: Vec<Planted>,
    /// The sources whose labels are complete.
    pub(super) labelled: Vec<&'static str>,
}

/// Whose record a token is launched for, as its `patient` claim says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// No claim.
    None,
    /// This Patient's id.
    Of(String),
}

/// Somebody who asks, with one token.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// What tests call them.
    pub(super) name: &'static str,
    /// Whose login.
    pub(super) person: Person,
    /// Whether the client is one of the portal's own.
    pub(super) first_party: bool,
    /// The launch context.
    pub(super) claim: Claim,
    /// What `X-Acting-For` says on the portal's own surface.
    pub(super) acting_for: Option<String>,
    /// The scopes.
    pub(super) scopes: Scopes,
}

impl World {
    /// A tenant by its id.
    pub(super) fn tenant(&self, id: &str) -> &Tenant {
        self.tenants
            .iter()
            .find(|tenant| tenant.id == id)
            .expect("a tenant of the world")
    }

    /// The account of a login.
    pub(super) fn account(&self, person: &Person) -> Option<&Account> {
        self.accounts.iter().find(|account| {
            account.person.subject == person.subject && account.person.tenant == person.tenant
        })
    }

    /// The account of a patient.
    pub(super) fn account_of_patient(&self, tenant: &str, patient: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.person.patient == patient && account.person.tenant == tenant)
    }

    /// The resource of an address, for who reads of a failure.
    pub(super) fn resource_of(&self, address: &str) -> String {
        let found = self.planted.iter().find(|planted| {
            let id = planted.value["id"].as_str().unwrap_or_default();
            address == id
                || address
                    .split_once('.')
                    .is_some_and(|(_, local)| local == id)
        });
        found.map_or_else(|| address.to_owned(), |planted| planted.value.to_string())
    }

    /// Where a marker stands, for who reads of a failure.
    pub(super) fn place_of(&self, marker: u32) -> String {
        self.planted
            .iter()
            .find_map(|planted| {
                let place = super::markers::place_of(&planted.value, marker)?;
                let Planted {
                    source,
                    listed_for,
                    value,
                    ..
                } = planted;
                Some(format!("{source}: {place} of {listed_for}: {value}"))
            })
            .unwrap_or_else(|| "nowhere".to_owned())
    }
}
