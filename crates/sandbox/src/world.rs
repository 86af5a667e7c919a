//! What all handlers share.

mod people;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;
use tokio::sync::watch;

use crate::calls::Calls;
use crate::clock;
use crate::delegation::DemoDelegation;
use crate::fault::Faults;
use crate::issuer::{Issuer, MintError};
use crate::load::{self, LoadError};
use crate::notification::Notifications;
use crate::options::Options;
use crate::person::DemoPerson;
use crate::record::Record;
use crate::registered::SharedContacts;
use crate::registrant::DemoRegistrant;
use crate::service::Services;
use crate::source::Source;
use crate::store::Store;
use crate::{generate, issuer, staff};

pub(crate) use people::PatientChange;

/// The tenant that calls without `X-Tenant-ID` mean.
const FIRST_TENANT: &str = "demo";
/// What every tenant has licensed to begin with.
const LICENCES: [&str; 3] = ["ehr.portal", "ehr.claims", "communication"];

/// The state of one sandbox.
pub(crate) struct World {
    /// Origin of every address that the sandbox hands out.
    pub(crate) origin: String,
    pub(crate) people: Vec<DemoPerson>,
    pub(crate) delegations: Vec<DemoDelegation>,
    /// Those who have a record and no account yet.
    pub(crate) registrants: Vec<DemoRegistrant>,
    pub(crate) issuer: Issuer,
    shared_contacts: Mutex<SharedContacts>,
    notifications: Mutex<Notifications>,
    entitlements: Mutex<BTreeMap<String, Vec<String>>>,
    services: Mutex<Services>,
    store: RwLock<Store>,
    faults: Mutex<Faults>,
    calls: Mutex<Calls>,
    stopped: watch::Receiver<bool>,
}

impl World {
    /// Generates and loads all records and makes the issuer's keys; blocks.
    pub(crate) fn build(
        options: &Options,
        origin: String,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, BuildError> {
        let mut store = Store::new(FIRST_TENANT);
        let Filled {
            people,
            delegations,
            registrants,
        } = fill(&mut store, options)?;
        let licensed = people.iter().map(|person| person.tenant.clone());
        let entitlements = licensed.map(|tenant| (tenant, LICENCES.map(str::to_owned).to_vec()));
        Ok(Self {
            issuer: Issuer::new(&origin, &options.realms)?,
            origin,
            entitlements: Mutex::new(entitlements.collect()),
            people,
            delegations,
            registrants,
            shared_contacts: Mutex::default(),
            notifications: Mutex::default(),
            services: Mutex::default(),
            store: RwLock::new(store),
            faults: Mutex::default(),
            calls: Mutex::default(),
            stopped,
        })
    }

    /// Base URL of a source, without a slash at its end.
    pub(crate) fn base_url(&self, source: Source) -> String {
        let fhir = if source.is_fhir() { "/fhir" } else { "" };
        format!("{}/{}{fhir}", self.origin, source.name())
    }

    pub(crate) fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn store_mut(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Contacts that are said to be shared whatever the records say.
    pub(crate) fn shared_contacts(&self) -> MutexGuard<'_, SharedContacts> {
        self.shared_contacts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What communication-service took.
    pub(crate) fn notifications(&self) -> MutexGuard<'_, Notifications> {
        self.notifications
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Services as clients of the sources.
    pub(crate) fn services(&self) -> MutexGuard<'_, Services> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What identity-service says of each tenant.
    pub(crate) fn entitlements(&self) -> MutexGuard<'_, BTreeMap<String, Vec<String>>> {
        self.entitlements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims of somebody by their subject, and the realm that they are of if
    /// it is not the first one.
    pub(crate) fn claims_of(&self, subject: &str) -> Option<(Value, Option<&'static str>)> {
        let person = self.people.iter().find(|one| one.subject == subject);
        let registrant = self.registrants.iter().find(|one| one.subject == subject);
        let claims = person
            .map(DemoPerson::claims)
            .or_else(|| registrant.map(DemoRegistrant::claims));
        if let Some(claims) = claims {
            return Some((claims, None));
        }
        let mut staff = staff::everyone().into_iter();
        let found = staff.find(|one| one.subject == subject)?;
        Some((found.claims(), Some(staff::REALM)))
    }

    /// Signs a token; see [`crate::Sandbox::mint`] for the directives.
    pub(crate) fn mint(&self, claims: Value) -> Result<String, MintError> {
        self.issuer.mint(claims, &|subject| self.claims_of(subject))
    }

    /// Tenants that have people, in their order.
    pub(crate) fn tenants(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let tenants = self.people.iter().map(|person| person.tenant.as_str());
        tenants.filter(|tenant| seen.insert(*tenant)).collect()
    }

    /// Ends when the sandbox stops.
    pub(crate) async fn until_stopped(&self) {
        let mut stopped = self.stopped.clone();
        // An error means that the sandbox is gone, which is a stop as well.
        let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
    }

    /// Waits, but no longer than the sandbox runs; whether the time passed.
    pub(crate) async fn pause(&self, time: std::time::Duration) -> bool {
        if time.is_zero() {
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.until_stopped() => false,
        }
    }
}

/// The sandbox cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Records(#[from] LoadError),
    #[error(transparent)]
    Keys(#[from] issuer::KeyError),
}

/// Who has records.
#[derive(Default)]
struct Filled {
    people: Vec<DemoPerson>,
    delegations: Vec<DemoDelegation>,
    registrants: Vec<DemoRegistrant>,
}

/// Puts everybody's records into the store: first those of the folder, then
/// the generated ones, without tenant `demo` when there is a folder.
fn fill(store: &mut Store, options: &Options) -> Result<Filled, LoadError> {
    let mut filled = Filled::default();
    let mut put = |tenant: &str, records: Vec<Arc<Record>>| {
        for record in records {
            place(store, tenant, record, options.chart_copies);
        }
    };
    if let Some(folder) = &options.records {
        let loaded = load::folder(folder, FIRST_TENANT)?;
        filled.people.extend(loaded.people);
        put(FIRST_TENANT, loaded.records);
    }
    let is_replaced = |tenant: &str| options.records.is_some() && tenant == FIRST_TENANT;
    for generated in generate::everyone(options.seed, options.large) {
        if !is_replaced(&generated.person.tenant) {
            put(&generated.person.tenant, generated.records);
            filled.people.push(generated.person);
            filled.delegations.extend(generated.delegations);
        }
    }
    let tenants: HashSet<String> = filled.people.iter().map(|it| it.tenant.clone()).collect();
    for tenant in tenants {
        put(&tenant, generate::clinic(clock::today()));
    }
    for (registrant, records) in generate::registrants(options.seed) {
        if !is_replaced(&registrant.tenant) {
            put(&registrant.tenant, records);
            filled.registrants.push(registrant);
        }
    }
    Ok(filled)
}

fn place(store: &mut Store, tenant: &str, record: Arc<Record>, chart_copies: bool) {
    let source = record.source();
    if chart_copies && source == Source::Laboratory && record.resource_type == "Observation" {
        store.load(tenant, Source::PatientChart, Arc::clone(&record));
    }
    store.load(tenant, source, record);
}
