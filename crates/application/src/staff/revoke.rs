//! Staff end a delegation, legal or not.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::proxy_delegation::ProxyDelegation;

use super::approve::{about, found};
use super::desk::StaffDesk;
use super::operation;
use super::perform::{Done, StaffAct};
use crate::body::WriteRequest;
use crate::error::AccessError;
use crate::ports::{IdempotencyRecord, StaffUnitOfWork};

/// `POST proxy-delegations/{pdel}/revoke`
pub(super) struct Revoke<'a> {
    pub(super) id: &'a str,
    pub(super) request: &'a WriteRequest,
}

#[async_trait]
impl StaffAct for Revoke<'_> {
    type Input = ();
    type Made = ProxyDelegation;

    fn action(&self) -> StaffAction {
        operation::REVOKE_DELEGATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn subject(&self) -> Option<&str> {
        Some(self.id)
    }

    fn read(&self, _: &StaffGrant) -> Result<(), AccessError> {
        Ok(self.request.expect_nothing()?)
    }

    async fn act(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        (): (),
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Done<ProxyDelegation>, AccessError> {
        let now = grant.decided_at();
        let mut delegation = found(self.id, work).await?;
        desk.inner
            .end_delegation(&mut delegation, now, work)
            .await?;
        Ok(Done {
            resource_id: delegation.id.to_string(),
            about: about(&delegation),
            made: delegation,
        })
    }

    async fn again(
        &self,
        _: &StaffDesk,
        _: &StaffGrant,
        _: &IdempotencyRecord,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<ProxyDelegation, AccessError> {
        found(self.id, work).await
    }
}
