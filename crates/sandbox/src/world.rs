//! What all handlers share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use crate::calls::Calls;
use crate::delegation::DemoDelegation;
use crate::fault::Faults;
use crate::issuer::Issuer;
use crate::load::{self, LoadError};
use crate::options::Options;
use crate::person::DemoPerson;
use crate::record::Record;
use crate::source::Source;
use crate::store::Store;
use crate::{generate, issuer};

/// The tenant that calls without `X-Tenant-ID` mean.
const FIRST_TENANT: &str = "demo";

/// The state of one sandbox.
pub(crate) struct World {
    /// Origin of every address that the sandbox hands out.
    pub(crate) origin: String,
    pub(crate) people: Vec<DemoPerson>,
    pub(crate) delegations: Vec<DemoDelegation>,
    pub(crate) issuer: Issuer,
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
        let (people, delegations) = fill(&mut store, options)?;
        let issuer = Issuer::new(&origin, &options.realms)?;
        Ok(Self {
            origin,
            people,
            delegations,
            issuer,
            store: RwLock::new(store),
            faults: Mutex::default(),
            calls: Mutex::default(),
            stopped,
        })
    }

    /// Base URL of a source, without a slash at its end.
    pub(crate) fn base_url(&self, source: Source) -> String {
        format!("{}/{}/fhir", self.origin, source.name())
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

/// Puts everybody's records into the store: first those of the folder, then
/// the generated ones, without tenant `demo` when there is a folder.
fn fill(
    store: &mut Store,
    options: &Options,
) -> Result<(Vec<DemoPerson>, Vec<DemoDelegation>), LoadError> {
    let (mut people, mut delegations) = (Vec::new(), Vec::new());
    if let Some(folder) = &options.records {
        let loaded = load::folder(folder, FIRST_TENANT)?;
        people.extend(loaded.people);
        for record in loaded.records {
            place(store, FIRST_TENANT, record, options.chart_copies);
        }
    }
    for generated in generate::everyone(options.seed, options.large) {
        if options.records.is_some() && generated.person.tenant == FIRST_TENANT {
            continue;
        }
        for record in generated.records {
            place(
                store,
                &generated.person.tenant,
                record,
                options.chart_copies,
            );
        }
        people.push(generated.person);
        delegations.extend(generated.delegations);
    }
    Ok((people, delegations))
}

fn place(store: &mut Store, tenant: &str, record: Arc<Record>, chart_copies: bool) {
    let source = record.source();
    if chart_copies && source == Source::Laboratory && record.resource_type == "Observation" {
        store.load(tenant, Source::PatientChart, Arc::clone(&record));
    }
    store.load(tenant, source, record);
}
