//! Delegations that patients grant and others hold: each use case one file.

mod accept;
mod confirm;
mod end;
mod invite;
mod list;
mod revoke;
mod terms;

pub use list::{ListedDelegation, ListedRole};

pub(crate) use accept::{Accept, Decline};
pub(crate) use confirm::Confirm;
pub(crate) use end::{Notices, expire};
pub(crate) use invite::Invite;
pub(crate) use list::{GetDelegation, ListDelegations};
pub(crate) use revoke::Revoke;

use jiff::Timestamp;
use jiff::civil::Date;
use portal_domain::id::{PortalAccountId, ProxyDelegationId};
use portal_domain::proxy_delegation::{DelegationRefused, MAX_ACTIVE, ProxyDelegation};

use crate::act::About;
use crate::error::{AccessError, Refusal};
use crate::portal::Inner;
use crate::ports::{StoreError, Stored, UnitOfWork};

impl From<DelegationRefused> for AccessError {
    fn from(_: DelegationRefused) -> Self {
        Self::Refused(Refusal::StateConflict)
    }
}

/// What the journal says of a change of a delegation: it is about the grantor's record.
fn about(delegation: &ProxyDelegation) -> About {
    About {
        patient: Some(delegation.grantor.clone()),
        delegation: Some(delegation.id),
        ..About::default()
    }
}

/// The delegation that a path names. What is no id names nothing.
pub(crate) fn named(id: &str) -> Result<ProxyDelegationId, AccessError> {
    id.parse().map_err(|_| AccessError::NotFound)
}

impl Inner {
    /// Has an account told something, by the channels that its person chose.
    pub(crate) async fn notify(
        &self,
        work: &mut dyn UnitOfWork,
        account: PortalAccountId,
        template_key: &'static str,
    ) -> Result<(), StoreError> {
        self.notices(self.clock.now())
            .tell(work, account, template_key)
            .await
    }

    pub(crate) fn notices(&self, now: Timestamp) -> Notices<'_> {
        Notices {
            ids: &*self.ids,
            now,
        }
    }

    /// Lets a delegation open what it says, if the grantor has room for one more, and tells both.
    pub(crate) async fn activate_delegation(
        &self,
        delegation: &mut ProxyDelegation,
        (today, now): (Date, Timestamp),
        template_key: &'static str,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), AccessError> {
        let count = work.delegations().count(&delegation.grantor).await?;
        if count.active >= MAX_ACTIVE {
            return Err(Refusal::LimitReached.into());
        }
        delegation.activate(today)?;
        if work.delegations().update(delegation, now).await? == Stored::Taken {
            return Err(Refusal::StateConflict.into());
        }
        delegation.version += 1;
        self.notify_both(work, delegation, template_key).await?;
        Ok(())
    }

    /// Ends a delegation whoever asks for it, and tells both.
    pub(crate) async fn end_delegation(
        &self,
        delegation: &mut ProxyDelegation,
        now: Timestamp,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), AccessError> {
        end::revoke(delegation, self.notices(now), work).await
    }

    /// Tells grantor and proxy, as far as they have accounts.
    pub(crate) async fn notify_both(
        &self,
        work: &mut dyn UnitOfWork,
        delegation: &ProxyDelegation,
        template_key: &'static str,
    ) -> Result<(), StoreError> {
        self.notices(self.clock.now())
            .tell_both(work, delegation, template_key)
            .await
    }
}
