//! What changes: nothing does.

use async_trait::async_trait;
use portal_application::ports::{
    AccountViews, AppUse, AppUses, DecidedOn, GrantedDelegation, Hash, HashPurpose, ListedApp,
    SecretCode, Secrets, StoreError, UnitOfWork, UnitsOfWork,
};
use portal_domain::access::PatientGrant;
use portal_domain::id::{ProxyDelegationId, RequestId, TenantId};
use portal_domain::notification::Preferences;
use portal_domain::proxy_delegation::ProxyDelegation;

use super::Outside;

#[async_trait]
impl UnitsOfWork for Outside {
    async fn begin(
        &self,
        _: &TenantId,
        _: DecidedOn,
        _: &RequestId,
    ) -> Result<Option<Box<dyn UnitOfWork>>, StoreError> {
        Err(StoreError::Unavailable)
    }
}

#[async_trait]
impl AccountViews for Outside {
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

impl AppUses for Outside {
    fn note(&self, _: AppUse) {}
}

impl Secrets for Outside {
    fn code(&self) -> SecretCode {
        SecretCode::new("SECRET".to_owned())
    }

    fn hash(&self, _: HashPurpose, _: &[&str]) -> Hash {
        [0; 32]
    }
}
