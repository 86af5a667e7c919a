//! Delegations end by somebody's word, by wrong codes or by time, and both sides are told.

use jiff::Timestamp;
use portal_domain::event::PortalEvent;
use portal_domain::id::{NotificationId, PortalAccountId};
use portal_domain::notification::NotificationCategory;
use portal_domain::proxy_delegation::ProxyDelegation;

use crate::error::{AccessError, Refusal};
use crate::ports::{Ids, StoreError, Stored, UnitOfWork};

/// Has people told things at a time.
#[derive(Clone, Copy)]
pub(crate) struct Notices<'a> {
    pub(crate) ids: &'a dyn Ids,
    pub(crate) now: Timestamp,
}

impl Notices<'_> {
    /// Has an account told something, by the channels that its person chose.
    pub(crate) async fn tell(
        self,
        work: &mut dyn UnitOfWork,
        account: PortalAccountId,
        template_key: &'static str,
    ) -> Result<(), StoreError> {
        let event = PortalEvent::NotificationRequested {
            id: NotificationId::new(self.ids.ulid(self.now)),
            account,
            category: NotificationCategory::Account,
            template_key,
        };
        work.publish(&event, self.now).await
    }

    /// Tells grantor and proxy, as far as they have accounts.
    pub(crate) async fn tell_both(
        self,
        work: &mut dyn UnitOfWork,
        delegation: &ProxyDelegation,
        template_key: &'static str,
    ) -> Result<(), StoreError> {
        let grantor = work.accounts().open_of_patient(&delegation.grantor).await?;
        for account in [grantor, delegation.proxy].into_iter().flatten() {
            self.tell(work, account, template_key).await?;
        }
        Ok(())
    }
}

/// Ends a delegation that nobody ended, and tells both.
pub(crate) async fn expire(
    delegation: &mut ProxyDelegation,
    template_key: &'static str,
    notices: Notices<'_>,
    work: &mut dyn UnitOfWork,
) -> Result<(), AccessError> {
    let event = delegation.expire()?;
    ended(delegation, (&event, template_key), notices, work).await
}

/// Ends a delegation whoever asks for it, and tells both.
pub(crate) async fn revoke(
    delegation: &mut ProxyDelegation,
    notices: Notices<'_>,
    work: &mut dyn UnitOfWork,
) -> Result<(), AccessError> {
    let event = delegation.revoke()?;
    ended(delegation, (&event, "proxy-revoked"), notices, work).await
}

async fn ended(
    delegation: &mut ProxyDelegation,
    (event, template_key): (&PortalEvent, &'static str),
    notices: Notices<'_>,
    work: &mut dyn UnitOfWork,
) -> Result<(), AccessError> {
    if work.delegations().update(delegation, notices.now).await? == Stored::Taken {
        return Err(Refusal::StateConflict.into());
    }
    delegation.version += 1;
    work.delegations().end_invitation(delegation.id).await?;
    work.publish(event, notices.now).await?;
    notices.tell_both(work, delegation, template_key).await?;
    Ok(())
}
