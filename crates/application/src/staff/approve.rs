//! Two members of staff approve a legal delegation: from the second on it opens what it says.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::account::PortalAccount;
use portal_domain::proxy_delegation::{APPROVALS, ProxyDelegation};

use super::decide::About;
use super::desk::StaffDesk;
use super::operation;
use super::perform::{Done, StaffAct};
use crate::body::WriteRequest;
use crate::delegation::named;
use crate::error::{AccessError, Refusal};
use crate::ports::{HashPurpose, IdempotencyRecord, StaffUnitOfWork};

/// What an approval led to.
#[derive(Debug)]
pub struct Approval {
    /// The delegation.
    pub delegation: ProxyDelegation,
    /// How many more have to approve.
    pub missing: usize,
}

/// `POST proxy-delegations/{pdel}/approve`
pub(super) struct Approve<'a> {
    pub(super) id: &'a str,
    pub(super) request: &'a WriteRequest,
}

/// The delegation of a path.
pub(super) async fn found(
    id: &str,
    work: &mut dyn StaffUnitOfWork,
) -> Result<ProxyDelegation, AccessError> {
    let found = work.delegations().lock(named(id)?).await?;
    found.ok_or(AccessError::NotFound)
}

/// What the journal says of a change of a delegation: it is about the grantor's record.
pub(super) fn about(delegation: &ProxyDelegation) -> About {
    About::one(&delegation.id, Some(&delegation.grantor))
}

impl Approve<'_> {
    /// The delegation and its proxy's account, held in the order in which all hold them: the
    /// account, the grantor (so that what becomes active at the same moment is counted), the
    /// delegation.
    async fn held(
        &self,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<(ProxyDelegation, Option<PortalAccount>), AccessError> {
        let parties = work.parties(named(self.id)?).await?;
        let (grantor, proxy) = parties.ok_or(AccessError::NotFound)?;
        let account = match proxy {
            Some(proxy) => work.accounts().lock(proxy).await?,
            None => None,
        };
        work.delegations().lock_grantor(&grantor).await?;
        let delegation = found(self.id, work).await?;
        if delegation.proxy != proxy || delegation.grantor != grantor {
            return Err(Refusal::StateConflict.into());
        }
        Ok((delegation, account))
    }
}

#[async_trait]
impl StaffAct for Approve<'_> {
    type Input = ();
    type Made = Approval;

    fn action(&self) -> StaffAction {
        operation::APPROVE_DELEGATION
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
    ) -> Result<Done<Approval>, AccessError> {
        let (mut delegation, proxy) = self.held(work).await?;
        let token = grant.token();
        delegation.check_approval(&token.subject, proxy.as_ref())?;
        let who = [token.issuer.as_str(), token.subject.as_str()];
        let staff = desk.inner.secrets.hash(HashPurpose::Identity, &who);
        let now = grant.decided_at();
        let approvals = work
            .delegations()
            .approve(delegation.id, staff, now)
            .await?;
        if approvals >= APPROVALS {
            let when = (grant.tenant().day(now), now);
            desk.inner
                .activate_delegation(&mut delegation, when, "proxy-approved", work)
                .await?;
        }
        Ok(Done {
            resource_id: delegation.id.to_string(),
            about: about(&delegation),
            made: Approval {
                missing: APPROVALS.saturating_sub(approvals),
                delegation,
            },
        })
    }

    async fn again(
        &self,
        _: &StaffDesk,
        _: &StaffGrant,
        _: &IdempotencyRecord,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Approval, AccessError> {
        let delegation = found(self.id, work).await?;
        let missing = work.approvals(delegation.id).await?;
        Ok(Approval {
            missing: APPROVALS.saturating_sub(missing),
            delegation,
        })
    }
}
