//! Grantor or proxy ends a delegation, at any time.

use async_trait::async_trait;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::proxy_delegation::ProxyDelegation;

use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::error::AccessError;
use crate::operation;
use crate::portal::Inner;
use crate::ports::{IdempotencyRecord, UnitOfWork};

use super::{about, named};

/// `POST /v1/portal/proxy-delegations/{pdel}/revoke`
pub(crate) struct Revoke<'a> {
    pub(crate) id: &'a str,
    pub(crate) request: &'a WriteRequest,
}

/// A delegation of a path that the caller grants or holds; any other is not there.
async fn of_either_side(
    grant: &CallerGrant,
    id: &str,
    work: &mut dyn UnitOfWork,
) -> Result<ProxyDelegation, AccessError> {
    let account = grant.own_account()?;
    let found = work.delegations().lock(named(id)?).await?;
    found
        .filter(|delegation| {
            let grants = account.patient_id.as_ref() == Some(&delegation.grantor);
            // A legal one is not the patient's to end.
            let voluntary = !delegation.terms.relationship.is_legal();
            (grants && voluntary) || delegation.proxy == Some(account.id)
        })
        .ok_or(AccessError::NotFound)
}

#[async_trait]
impl Act for Revoke<'_> {
    type Input = ();
    type Made = ProxyDelegation;

    fn action(&self) -> Action {
        operation::REVOKE_PROXY_DELEGATION
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
        let now = grant.decided_at();
        let mut delegation = of_either_side(grant, self.id, work).await?;
        portal.end_delegation(&mut delegation, now, work).await?;
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
        of_either_side(grant, self.id, work).await
    }
}
