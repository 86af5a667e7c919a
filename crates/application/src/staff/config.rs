//! What a tenant decides for itself: read and replaced whole.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::tenant_config::TenantConfig;
use serde_json::Value;

use super::decide::About;
use super::desk::StaffDesk;
use super::look::StaffLook;
use super::perform::{Done, StaffAct};
use super::{StaffCaller, operation};
use crate::account::entity_tag;
use crate::body::{BodyError, WriteRequest};
use crate::error::{AccessError, InputError, Refusal};
use crate::input::Parameters;
use crate::ports::{IdempotencyRecord, StaffUnitOfWork};

/// A document and its version.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigAnswer {
    /// The document; what is absent in it has its default.
    pub document: Value,
    /// Its version: 0 while the tenant decided nothing.
    pub version: i64,
}

impl From<(Value, i64)> for ConfigAnswer {
    fn from((document, version): (Value, i64)) -> Self {
        Self { document, version }
    }
}

/// `GET tenants/{id}/config`
pub(super) struct GetConfig<'a> {
    pub(super) tenant: &'a str,
    pub(super) raw: &'a [(String, String)],
}

/// `PUT tenants/{id}/config`
pub(super) struct PutConfig<'a> {
    pub(super) tenant: &'a str,
    pub(super) request: &'a WriteRequest,
}

/// Another tenant than the token's is not there.
fn check_tenant(grant: &StaffGrant, tenant: &str) -> Result<(), AccessError> {
    if grant.tenant().id.as_str() == tenant {
        Ok(())
    } else {
        Err(AccessError::NotFound)
    }
}

#[async_trait]
impl StaffLook for GetConfig<'_> {
    type Shown = ConfigAnswer;

    fn action(&self) -> StaffAction {
        operation::GET_CONFIG
    }

    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        _: &StaffCaller,
    ) -> Result<(ConfigAnswer, About), AccessError> {
        check_tenant(grant, self.tenant)?;
        Parameters::read(self.raw, &[])?;
        let stored = desk.staff.records.config(grant).await?;
        Ok((stored.into(), About::default()))
    }
}

#[async_trait]
impl StaffAct for PutConfig<'_> {
    type Input = Value;
    type Made = ConfigAnswer;

    fn action(&self) -> StaffAction {
        operation::PUT_CONFIG
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn subject(&self) -> Option<&str> {
        Some(self.tenant)
    }

    fn holds_tenant(&self) -> bool {
        false
    }

    fn read(&self, grant: &StaffGrant) -> Result<Value, AccessError> {
        check_tenant(grant, self.tenant)?;
        let document = self.request.json()?;
        TenantConfig::parse(&document, "")
            .map_err(|faults| InputError::Body(BodyError::Invalid(faults)))?;
        Ok(document)
    }

    async fn act(
        &self,
        _: &StaffDesk,
        grant: &StaffGrant,
        document: Value,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Done<ConfigAnswer>, AccessError> {
        let (stored, version) = work.lock_config().await?;
        if let Some(wanted) = &self.request.if_match
            && *wanted != entity_tag(version)
        {
            return Err(Refusal::VersionConflict.into());
        }
        let version = if stored == document && version > 0 {
            version
        } else {
            work.put_config(&document, grant.decided_at()).await?
        };
        Ok(Done {
            made: ConfigAnswer { document, version },
            resource_id: version.to_string(),
            about: About::default(),
        })
    }

    async fn again(
        &self,
        _: &StaffDesk,
        _: &StaffGrant,
        _: &IdempotencyRecord,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<ConfigAnswer, AccessError> {
        Ok(work.lock_config().await?.into())
    }
}
