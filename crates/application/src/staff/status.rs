//! An account is suspended, reinstated or closed.

use std::fmt::Write as _;

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::account::{PortalAccount, StatusReason, TransitionRefused};
use portal_domain::document::Members;
use portal_domain::event::PortalEvent;
use portal_domain::id::{Issuer, Subject};
use serde_json::Value;

use super::accounts::named;
use super::decide::About;
use super::desk::StaffDesk;
use super::operation;
use super::perform::{Done, StaffAct};
use crate::account;
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::ports::{
    HashPurpose, IdempotencyRecord, ProviderTask, StaffUnitOfWork, StoreError, Stored,
};

const REASON: &str = "expected a reason, such as person-asked or staff-decision";

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// It is locked.
    Suspend,
    /// It is open again.
    Reinstate,
    /// It ends for ever.
    Close,
}

/// `POST accounts/{pact}/suspend`, `…/reinstate` and `…/close`
pub(super) struct ChangeStatus<'a> {
    pub(super) id: &'a str,
    pub(super) change: StatusChange,
    pub(super) request: &'a WriteRequest,
}

impl From<TransitionRefused> for AccessError {
    fn from(_: TransitionRefused) -> Self {
        Self::Refused(Refusal::StateConflict)
    }
}

impl StatusChange {
    const fn template_key(self) -> &'static str {
        match self {
            Self::Suspend => "account-suspended",
            Self::Reinstate => "account-reinstated",
            Self::Close => "account-closed",
        }
    }
}

impl ChangeStatus<'_> {
    /// Says the change to the account; the event of it.
    fn apply(
        &self,
        account: &mut PortalAccount,
        reason: StatusReason,
        (desk, grant): (&StaffDesk, &StaffGrant),
    ) -> Result<PortalEvent, TransitionRefused> {
        match self.change {
            StatusChange::Suspend => account.suspend(reason, actor_id(desk, grant)),
            StatusChange::Reinstate => account.reinstate(),
            StatusChange::Close => account.close(reason, grant.decided_at()),
        }
    }

    /// Locks the person out; who is closed holds no record any more.
    async fn lock_out(
        &self,
        identity: &(Issuer, Subject),
        now: Timestamp,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<(), StoreError> {
        account::lock_out(identity, now, work).await?;
        if self.change == StatusChange::Close {
            let unlinked = ProviderTask::LinkPatient(None);
            work.ask_provider(identity, unlinked, now).await?;
        }
        Ok(())
    }

    async fn found(&self, work: &mut dyn StaffUnitOfWork) -> Result<PortalAccount, AccessError> {
        let found = work.accounts().lock(named(self.id)?).await?;
        found.ok_or(AccessError::NotFound)
    }
}

/// Who of staff acted, as events name them: nobody without the key can say who that is.
fn actor_id(desk: &StaffDesk, grant: &StaffGrant) -> String {
    let token = grant.token();
    let parts = [token.issuer.as_str(), token.subject.as_str()];
    let hash = desk.inner.secrets.hash(HashPurpose::Identity, &parts);
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn reason(members: &mut Members<'_, '_>, change: StatusChange) -> Option<StatusReason> {
    let read = |value: &Value| value.as_str().and_then(StatusReason::parse);
    match change {
        StatusChange::Suspend | StatusChange::Close => members.required("reason", REASON, read),
        StatusChange::Reinstate => {
            members.optional("reason", REASON, read);
            Some(StatusReason::StaffDecision)
        }
    }
}

#[async_trait]
impl StaffAct for ChangeStatus<'_> {
    type Input = StatusReason;
    type Made = PortalAccount;

    fn action(&self) -> StaffAction {
        match self.change {
            StatusChange::Suspend => operation::SUSPEND_ACCOUNT,
            StatusChange::Reinstate => operation::REINSTATE_ACCOUNT,
            StatusChange::Close => operation::CLOSE_ACCOUNT,
        }
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn subject(&self) -> Option<&str> {
        Some(self.id)
    }

    fn read(&self, _: &StaffGrant) -> Result<StatusReason, AccessError> {
        Ok(self.request.read(|members| reason(members, self.change))?)
    }

    async fn act(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        reason: StatusReason,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Done<PortalAccount>, AccessError> {
        let now = grant.decided_at();
        let mut account = self.found(work).await?;
        let locked_out = match self.change {
            StatusChange::Suspend | StatusChange::Close => account.identity.clone(),
            StatusChange::Reinstate => None,
        };
        let event = self.apply(&mut account, reason, (desk, grant))?;
        if work.accounts().update(&account, now).await? == Stored::Taken {
            return Err(Refusal::StateConflict.into());
        }
        account.version += 1;
        if let Some(identity) = &locked_out {
            self.lock_out(identity, now, work).await?;
        }
        if self.change == StatusChange::Close {
            work.forget(account.id).await?;
        }
        work.publish(&event, now).await?;
        let key = self.change.template_key();
        desk.inner.notify(work, account.id, key).await?;
        Ok(Done {
            resource_id: account.id.to_string(),
            about: About::one(&account.id, account.patient.as_ref()),
            made: account,
        })
    }

    async fn again(
        &self,
        _: &StaffDesk,
        _: &StaffGrant,
        _: &IdempotencyRecord,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<PortalAccount, AccessError> {
        self.found(work).await
    }
}
