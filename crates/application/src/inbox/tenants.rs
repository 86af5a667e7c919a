//! Tenants come, are locked out, and change.

use portal_domain::audit::EventType;

use super::confirm::LicensedTenant;
use super::handle::Handling;
use super::receive::NotHandled;
use crate::ports::{InboxOutcome, InboxUnitOfWork, TenantStanding};

impl Handling<'_> {
    /// Makes a licensed tenant with what every tenant begins with, or lets it in again. One that is
    /// in has it noted: an older word against it comes too late.
    pub(super) async fn admit_tenant(
        &self,
        _: &LicensedTenant,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        let (region, since) = (&self.inbox.parts.region, self.happened_at());
        match self.standing(work).await? {
            None => work.insert_tenant(region, since, self.now).await?,
            Some(standing) if since <= standing.since => return Ok(InboxOutcome::Ignored("old")),
            Some(standing) => {
                work.set_tenant_suspended(false, since, self.now).await?;
                if !standing.suspended {
                    return Ok(InboxOutcome::Handled);
                }
            }
        }
        self.tenant_changed(work).await
    }

    /// Shuts a tenant out whole, staff included.
    pub(super) async fn lock_tenant_out(
        &self,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        let since = self.happened_at();
        let standing = self.standing(work).await?.ok_or(UNKNOWN_TENANT)?;
        if since < standing.since {
            return Ok(InboxOutcome::Ignored("old"));
        }
        work.set_tenant_suspended(true, since, self.now).await?;
        if standing.suspended {
            return Ok(InboxOutcome::Handled);
        }
        self.tenant_changed(work).await
    }

    /// Has every pod read anew what it remembers of a tenant, its licences included.
    pub(super) async fn read_tenant_anew(
        &self,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        self.standing(work).await?.ok_or(UNKNOWN_TENANT)?;
        work.touch_tenant(self.now).await?;
        Ok(InboxOutcome::Handled)
    }

    /// The tenant of this region, if it is there.
    async fn standing(
        &self,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<Option<TenantStanding>, NotHandled> {
        let standing = work.lock_tenant().await?;
        match &standing {
            Some(standing) if standing.region != self.inbox.parts.region => {
                Err(NotHandled::never("foreign-region"))
            }
            _ => Ok(standing),
        }
    }

    async fn tenant_changed(
        &self,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        let about = (None, self.tenant());
        self.record(EventType::AdminChanged, about, work).await?;
        Ok(InboxOutcome::Handled)
    }
}

pub(super) const UNKNOWN_TENANT: NotHandled = NotHandled::never("unknown-tenant");
