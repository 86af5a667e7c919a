//! The grantor confirms who accepted: from then on the delegation opens what it says.

use async_trait::async_trait;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::proxy_delegation::ProxyDelegation;

use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{IdempotencyRecord, UnitOfWork};

use super::{about, named};

/// `POST /v1/portal/proxy-delegations/{pdel}/confirm`
pub(crate) struct Confirm<'a> {
    pub(crate) id: &'a str,
    pub(crate) request: &'a WriteRequest,
}

/// The caller's own delegation of a path: another patient's is not there.
async fn own(
    grant: &CallerGrant,
    id: &str,
    work: &mut dyn UnitOfWork,
) -> Result<ProxyDelegation, AccessError> {
    let found = work.delegations().lock(named(id)?).await?;
    found
        .filter(|delegation| Ok(&delegation.grantor) == grant.own_record())
        .ok_or(AccessError::NotFound)
}

#[async_trait]
impl Act for Confirm<'_> {
    type Input = ();
    type Made = ProxyDelegation;

    fn action(&self) -> Action {
        operation::CONFIRM_PROXY_DELEGATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn subject(&self) -> Option<&str> {
        Some(self.id)
    }

    fn read(&self, _: &CallerGrant) -> Result<(), AccessError> {
        Ok(self.request.expect_nothing()?)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        (): (),
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<ProxyDelegation>, AccessError> {
        let (grantor, now) = (grant.own_record()?, grant.decided_at());
        work.delegations().lock_grantor(grantor).await?;
        let mut delegation = own(grant, self.id, work).await?;
        // Legal ones are staff's to approve.
        if delegation.terms.relationship.is_legal() {
            return Err(Refusal::StateConflict.into());
        }
        let when = (grant.tenant().day(now), now);
        portal
            .activate_delegation(&mut delegation, when, "proxy-confirmed", work)
            .await?;
        let (id, about) = (delegation.id, about(&delegation));
        Ok(Acted::made(delegation, 200, &id).about(about))
    }

    async fn again(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        _: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<ProxyDelegation, AccessError> {
        own(grant, self.id, work).await
    }
}
