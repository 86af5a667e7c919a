//! Gathers the facts that the decision needs. Handlers cannot reach the ports used here.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use portal_domain::access::AccessFacts;
use portal_domain::account::{AccountSnapshot, AccountStatus};
use portal_domain::id::{Issuer, Subject, TenantId};
use portal_domain::tenant::Tenant;

use crate::caller::Caller;
use crate::ports::{Accounts, Entitlements, Features, StoreError, Tenants};

/// How long a pod remembers tenants and accounts. The journal's fence bounds what a stale
/// snapshot can do: an answer decided on it is not sent.
const REMEMBERED: Duration = Duration::from_secs(5);
const REMEMBERED_ACCOUNTS: u64 = 100_000;
const REMEMBERED_TENANTS: u64 = 10_000;

type Identity = (TenantId, Issuer, Subject);

/// The ports and settings of the gate.
pub(crate) struct Gate {
    tenants: Arc<dyn Tenants>,
    accounts: Arc<dyn Accounts>,
    entitlements: Arc<dyn Entitlements>,
    licence_key: String,
    region: String,
    known_tenants: Cache<TenantId, Arc<Tenant>>,
    known_accounts: Cache<Identity, Arc<AccountSnapshot>>,
}

/// What is not remembered: absence, and accounts that do not read, so that a registration or a
/// reinstatement opens the portal at once.
enum Missing {
    NotFound,
    NotActive(Arc<AccountSnapshot>),
    Store(StoreError),
}

impl Gate {
    pub(crate) fn new(
        tenants: Arc<dyn Tenants>,
        accounts: Arc<dyn Accounts>,
        entitlements: Arc<dyn Entitlements>,
        licence_key: String,
        region: String,
    ) -> Self {
        Self {
            tenants,
            accounts,
            entitlements,
            licence_key,
            region,
            known_tenants: Cache::builder()
                .max_capacity(REMEMBERED_TENANTS)
                .time_to_live(REMEMBERED)
                .build(),
            known_accounts: Cache::builder()
                .max_capacity(REMEMBERED_ACCOUNTS)
                .time_to_live(REMEMBERED)
                .build(),
        }
    }

    /// The facts about a caller, as remembered or as the store has them now.
    pub(crate) async fn facts(&self, caller: &Caller) -> Result<AccessFacts, StoreError> {
        let mut facts = AccessFacts {
            token: Arc::clone(&caller.token),
            stated: caller.stated.clone(),
            tenant: None,
            licensed: false,
            account: None,
        };
        let Ok(tenant_id) = caller.token.tenant() else {
            return Ok(facts);
        };
        facts.licensed = self.features(tenant_id).await.contains(&self.licence_key);
        if !facts.licensed {
            return Ok(facts);
        }
        facts.tenant = self.tenant(tenant_id).await?;
        if facts.tenant.is_some() {
            facts.account = self.account(tenant_id, caller).await?;
        }
        Ok(facts)
    }

    /// What the tenant has licensed; nothing while nobody can say.
    pub(crate) async fn features(&self, tenant: &TenantId) -> Features {
        self.entitlements.features(tenant).await.unwrap_or_default()
    }

    /// Forgets what is remembered of a caller, because the journal found it stale.
    pub(crate) async fn forget(&self, caller: &Caller) {
        if let Ok(tenant) = caller.token.tenant() {
            self.known_tenants.invalidate(tenant).await;
            self.known_accounts
                .invalidate(&identity(tenant, caller))
                .await;
        }
    }

    async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        let find = async {
            let found = self.tenants.find(id).await.map_err(Missing::Store)?;
            found
                .filter(|tenant| tenant.region == self.region)
                .map(Arc::new)
                .ok_or(Missing::NotFound)
        };
        match self.known_tenants.try_get_with_by_ref(id, find).await {
            Ok(found) => Ok(Some(found)),
            Err(missing) => match &*missing {
                Missing::NotFound | Missing::NotActive(_) => Ok(None),
                Missing::Store(error) => Err(*error),
            },
        }
    }

    async fn account(
        &self,
        tenant: &TenantId,
        caller: &Caller,
    ) -> Result<Option<Arc<AccountSnapshot>>, StoreError> {
        let find = async {
            let token = &caller.token;
            let found = self
                .accounts
                .find(tenant, &token.issuer, &token.subject)
                .await;
            let found = Arc::new(found.map_err(Missing::Store)?.ok_or(Missing::NotFound)?);
            match found.status {
                AccountStatus::Active => Ok(found),
                AccountStatus::PendingVerification
                | AccountStatus::Suspended
                | AccountStatus::Closed => Err(Missing::NotActive(found)),
            }
        };
        let key = identity(tenant, caller);
        match self.known_accounts.try_get_with(key, find).await {
            Ok(found) => Ok(Some(found)),
            Err(missing) => match &*missing {
                Missing::NotFound => Ok(None),
                Missing::NotActive(found) => Ok(Some(Arc::clone(found))),
                Missing::Store(error) => Err(*error),
            },
        }
    }
}

fn identity(tenant: &TenantId, caller: &Caller) -> Identity {
    (
        tenant.clone(),
        caller.token.issuer.clone(),
        caller.token.subject.clone(),
    )
}
