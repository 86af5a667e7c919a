//! What the store knows of callers, remembered for a while.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use portal_domain::access::VerifiedToken;
use portal_domain::account::{AccountSnapshot, AccountStatus};
use portal_domain::id::{Issuer, Subject, TenantId};
use portal_domain::proxy_delegation::DelegationSnapshot;
use portal_domain::tenant::Tenant;

use crate::ports::{Facts, StoreError, StoredFacts};

use super::Memory;

/// How long a pod remembers facts. The journal's fence bounds what a stale snapshot can do: an
/// answer decided on it is not sent.
const REMEMBERED: Duration = Duration::from_secs(5);
const REMEMBERED_CALLERS: u64 = 100_000;
pub(super) const REMEMBERED_TENANTS: u64 = 10_000;
/// A tenant's parsed settings outlive the snapshots: they are good while the version is the same.
const PARSED_FOR: Duration = Duration::from_mins(10);

type Identity = (TenantId, Issuer, Subject);

/// What is known of one caller, all of one moment.
#[derive(Default)]
pub(super) struct Known {
    pub(super) tenant: Option<Arc<Tenant>>,
    pub(super) account: Option<Arc<AccountSnapshot>>,
    pub(super) delegations: Arc<[Arc<DelegationSnapshot>]>,
}

/// A snapshot, and whether it was in memory.
pub(super) struct Snapshot {
    pub(super) known: Arc<Known>,
    pub(super) remembered: bool,
}

/// The snapshots of this pod.
pub(super) struct Snapshots {
    facts: Arc<dyn Facts>,
    region: String,
    callers: Cache<Identity, Arc<Known>>,
    tenants: Cache<TenantId, Arc<Tenant>>,
}

/// Absence, and accounts that do not read, are not remembered: a registration or a reinstatement
/// opens the portal at once.
enum NotRemembered {
    Known(Arc<Known>),
    Store(StoreError),
}

impl Snapshots {
    pub(super) fn new(facts: Arc<dyn Facts>, region: String) -> Self {
        Self {
            facts,
            region,
            callers: Cache::builder()
                .max_capacity(REMEMBERED_CALLERS)
                .time_to_live(REMEMBERED)
                .build(),
            tenants: Cache::builder()
                .max_capacity(REMEMBERED_TENANTS)
                .time_to_live(PARSED_FOR)
                .build(),
        }
    }

    /// What is known of a caller; from the store in one round trip where nothing is remembered.
    pub(super) async fn of(
        &self,
        tenant: &TenantId,
        token: &VerifiedToken,
        memory: Memory,
    ) -> Result<Snapshot, StoreError> {
        let key = identity(tenant, token);
        if memory == Memory::Forbidden {
            return self.anew(key, tenant, token).await;
        }
        if let Some(known) = self.callers.get(&key).await {
            return Ok(Snapshot {
                known,
                remembered: true,
            });
        }
        let known = match self
            .callers
            .try_get_with(key, self.find(tenant, token))
            .await
        {
            Ok(known) => known,
            Err(other) => match &*other {
                NotRemembered::Known(known) => Arc::clone(known),
                NotRemembered::Store(error) => return Err(*error),
            },
        };
        Ok(Snapshot {
            known,
            remembered: false,
        })
    }

    /// From the store, whatever is remembered and whoever is asking it at the moment: a question
    /// that began before a change must not answer for one behind it.
    async fn anew(
        &self,
        key: Identity,
        tenant: &TenantId,
        token: &VerifiedToken,
    ) -> Result<Snapshot, StoreError> {
        self.callers.invalidate(&key).await;
        let known = match self.find(tenant, token).await {
            Ok(known) => {
                self.callers.insert(key, Arc::clone(&known)).await;
                known
            }
            Err(NotRemembered::Known(known)) => known,
            Err(NotRemembered::Store(error)) => return Err(error),
        };
        Ok(Snapshot {
            known,
            remembered: false,
        })
    }

    async fn find(
        &self,
        tenant: &TenantId,
        token: &VerifiedToken,
    ) -> Result<Arc<Known>, NotRemembered> {
        let parsed = self.tenants.get(tenant).await;
        let found = self
            .facts
            .find(tenant, &token.issuer, &token.subject, parsed.as_ref())
            .await
            .map_err(NotRemembered::Store)?;
        let known = Arc::new(self.served(found));
        if let Some(found) = &known.tenant {
            self.tenants.insert(tenant.clone(), Arc::clone(found)).await;
        }
        let reads = known
            .account
            .as_ref()
            .is_some_and(|account| account.status == AccountStatus::Active);
        if reads {
            Ok(known)
        } else {
            Err(NotRemembered::Known(known))
        }
    }

    /// A tenant of another region is none of ours, and neither is anything of it.
    fn served(&self, found: StoredFacts) -> Known {
        match found.tenant {
            Some(tenant) if tenant.region == self.region => Known {
                tenant: Some(tenant),
                account: found.account,
                delegations: found.delegations.into(),
            },
            Some(_) | None => Known::default(),
        }
    }
}

fn identity(tenant: &TenantId, token: &VerifiedToken) -> Identity {
    (tenant.clone(), token.issuer.clone(), token.subject.clone())
}
