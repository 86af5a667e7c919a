//! What changes, for tests that only look.

use std::time::Duration;

use async_trait::async_trait;
use portal_domain::access::PatientGrant;
use portal_domain::id::{ProxyDelegationId, RequestId, TenantId};
use portal_domain::notification::Preferences;
use portal_domain::proxy_delegation::ProxyDelegation;

use crate::ports::{
    AccountViews, AppUse, AppUses, DecidedOn, GrantedDelegation, Hash, HashPurpose, ListedApp,
    Payer, RateLimits, SecretCode, Secrets, Standing, StoreError, UnitOfWork, UnitsOfWork,
};

/// Refuses every change: these tests only look.
pub(crate) struct NoUnitsOfWork;

#[async_trait]
impl UnitsOfWork for NoUnitsOfWork {
    async fn begin(
        &self,
        _: &TenantId,
        _: DecidedOn,
        _: &RequestId,
    ) -> Result<Option<Box<dyn UnitOfWork>>, StoreError> {
        Err(StoreError::Unavailable)
    }
}

/// Accounts that hold nothing.
pub(crate) struct NoAccountViews;

#[async_trait]
impl AccountViews for NoAccountViews {
    async fn delegations(
        &self,
        _: &PatientGrant,
        _: Option<ProxyDelegationId>,
    ) -> Result<Vec<ProxyDelegation>, StoreError> {
        Ok(Vec::new())
    }

    async fn granted(&self, _: &PatientGrant) -> Result<Vec<GrantedDelegation>, StoreError> {
        Ok(Vec::new())
    }

    async fn preferences(
        &self,
        _: &PatientGrant,
    ) -> Result<Option<(Preferences, i64)>, StoreError> {
        Ok(None)
    }

    async fn apps(&self, _: &PatientGrant) -> Result<Vec<ListedApp>, StoreError> {
        Ok(Vec::new())
    }
}

/// Uses of apps, kept in memory.
#[derive(Default)]
pub(crate) struct MemoryAppUses(pub(crate) std::sync::Mutex<Vec<AppUse>>);

impl AppUses for MemoryAppUses {
    fn note(&self, app_use: AppUse) {
        self.0.lock().unwrap().push(app_use);
    }
}

/// One secret, and no hashing.
pub(crate) struct OneSecret;

impl Secrets for OneSecret {
    fn code(&self) -> SecretCode {
        SecretCode::new("SECRET".to_owned())
    }

    fn hash(&self, _: HashPurpose, _: &[&str]) -> Hash {
        [0; 32]
    }
}

/// Budgets that nobody uses up.
pub(crate) struct Ample;

#[async_trait]
impl RateLimits for Ample {
    async fn take(&self, _: Payer<'_>, points: u32) -> Standing {
        Standing {
            admitted: true,
            quota: u32::MAX,
            window: Duration::from_mins(1),
            remaining: u32::MAX - points,
            resets_in: Duration::from_mins(1),
        }
    }
}
