//! The invited accepts or declines, with the code that was sent to them.

use async_trait::async_trait;
use jiff::Timestamp;
use portal_domain::access::{Action, CallerGrant, Denial};
use portal_domain::account::{AccountStatus, PortalAccount};
use portal_domain::id::{PortalAccountId, ProxyDelegationId};
use portal_domain::proxy_delegation::{DelegationStatus, ProxyDelegation};
use ulid::Ulid;

use crate::account;
use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{HashPurpose, IdempotencyRecord, Invitation, Stored, UnitOfWork};

use super::{about, expire, named};

/// Wrong codes that end an invitation.
const TRIES: u8 = 5;

/// `POST /v1/portal/proxy-delegations/accept`
pub(crate) struct Accept<'a> {
    pub(crate) request: &'a WriteRequest,
}

/// `POST /v1/portal/proxy-delegations/decline`
pub(crate) struct Decline<'a> {
    pub(crate) request: &'a WriteRequest,
}

/// A code as it was sent, or something else.
pub(crate) struct SentCode {
    text: String,
    delegation: Option<ProxyDelegationId>,
}

fn read_code(request: &WriteRequest) -> Result<SentCode, AccessError> {
    let text = request.read(|members| {
        members.text("code", "expected the code that was sent", |text| {
            Some(text.trim().to_ascii_uppercase())
        })
    })?;
    let id = text.split_once('-').map(|(id, _)| id);
    let id = id.and_then(|id| Ulid::from_string(id).ok());
    Ok(SentCode {
        delegation: id.map(ProxyDelegationId::new),
        text,
    })
}

/// What a code opens: the delegation that waits for it, or a refusal that is the same for every
/// code that opens nothing.
enum Opened {
    Delegation(Box<ProxyDelegation>),
    Refused(Acted<ProxyDelegation>),
}

async fn open(
    portal: &Inner,
    code: &SentCode,
    now: Timestamp,
    work: &mut dyn UnitOfWork,
) -> Result<Opened, AccessError> {
    let refused = || Refusal::LinkExpired;
    let id = code.delegation.ok_or_else(refused)?;
    let delegation = work.delegations().lock(id).await?.ok_or_else(refused)?;
    let invitation = work.delegations().invitation(id).await?;
    let invitation = invitation.ok_or_else(refused)?;
    if delegation.status != DelegationStatus::Invited || invitation.expires_at <= now {
        return Err(refused().into());
    }
    let hash = portal.secrets.hash(HashPurpose::Code, &[&code.text]);
    if hash == invitation.code_hash {
        return Ok(Opened::Delegation(Box::new(delegation)));
    }
    wrong_code(portal, delegation, invitation, work).await
}

/// Counts a wrong code. The last one that may be tried ends the invitation.
async fn wrong_code(
    portal: &Inner,
    mut delegation: ProxyDelegation,
    invitation: Invitation,
    work: &mut dyn UnitOfWork,
) -> Result<Opened, AccessError> {
    let now = portal.clock.now();
    let about = about(&delegation);
    if invitation.tries + 1 < TRIES {
        work.delegations().count_wrong_code(delegation.id).await?;
    } else {
        let notices = portal.notices(now);
        expire(&mut delegation, "proxy-invitation-ended", notices, work).await?;
    }
    let refused = Acted::refused(Refusal::LinkExpired).about(about);
    Ok(Opened::Refused(refused))
}

/// The account of who accepts; somebody without one gets a caregiver's.
async fn acceptor(
    portal: &Inner,
    grant: &CallerGrant,
    work: &mut dyn UnitOfWork,
) -> Result<PortalAccount, AccessError> {
    let now = grant.decided_at();
    if let Some(known) = grant.account() {
        if known.status != AccountStatus::Active {
            return Err(Denial::AccountNotActive.into());
        }
        let account = work.accounts().lock(known.id).await?;
        return account.ok_or(AccessError::NotFound);
    }
    let token = grant.token();
    let identity = (token.issuer.clone(), token.subject.clone());
    let id = PortalAccountId::new(portal.ids.ulid(now));
    let (account, event) = PortalAccount::caregiver(id, identity);
    match work.accounts().insert(&account, now).await? {
        Stored::Done => work.publish(&event, now).await?,
        // Made by another request of the same person in this moment.
        Stored::Taken => return Err(Refusal::StateConflict.into()),
    }
    Ok(account)
}

#[async_trait]
impl Act for Accept<'_> {
    type Input = SentCode;
    type Made = ProxyDelegation;

    fn action(&self) -> Action {
        operation::ACCEPT_PROXY_DELEGATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn needs_key(&self) -> bool {
        true
    }

    fn read(&self, _: &CallerGrant) -> Result<SentCode, AccessError> {
        read_code(self.request)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        code: SentCode,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<ProxyDelegation>, AccessError> {
        let now = grant.decided_at();
        let mut delegation = match open(portal, &code, now, work).await? {
            Opened::Delegation(delegation) => *delegation,
            Opened::Refused(refused) => return Ok(refused),
        };
        let proxy = acceptor(portal, grant, work).await?;
        let event = delegation.accept(&proxy, grant.tenant().day(now))?;
        if work.delegations().update(&delegation, now).await? == Stored::Taken {
            return Err(Refusal::StateConflict.into());
        }
        work.delegations().end_invitation(delegation.id).await?;
        work.publish(&event, now).await?;
        portal
            .notify_both(work, &delegation, "proxy-accepted")
            .await?;
        delegation.version += 1;
        let (id, about) = (delegation.id, about(&delegation));
        Ok(Acted::made(delegation, 200, &id).about(about))
    }

    async fn again(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        record: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<ProxyDelegation, AccessError> {
        let id = named(record.resource_id.as_deref().unwrap_or_default())?;
        let own = account::held(grant, work).await?.id;
        let found = work.delegations().lock(id).await?;
        found
            .filter(|delegation| delegation.proxy == Some(own))
            .ok_or(AccessError::NotFound)
    }
}

#[async_trait]
impl Act for Decline<'_> {
    type Input = SentCode;
    type Made = ();

    fn action(&self) -> Action {
        operation::DECLINE_PROXY_DELEGATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn read(&self, _: &CallerGrant) -> Result<SentCode, AccessError> {
        read_code(self.request)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        code: SentCode,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<()>, AccessError> {
        let now = grant.decided_at();
        let mut delegation = match open(portal, &code, now, work).await? {
            Opened::Delegation(delegation) => *delegation,
            Opened::Refused(refused) => {
                return Ok(Acted::refused(Refusal::LinkExpired).about(refused.about));
            }
        };
        let event = delegation.decline()?;
        work.delegations().update(&delegation, now).await?;
        work.delegations().end_invitation(delegation.id).await?;
        work.publish(&event, now).await?;
        portal
            .notify_both(work, &delegation, "proxy-declined")
            .await?;
        Ok(Acted::made((), 204, &delegation.id).about(about(&delegation)))
    }

    async fn again(
        &self,
        _: &Inner,
        _: &CallerGrant,
        _: &IdempotencyRecord,
        _: &mut dyn UnitOfWork,
    ) -> Result<(), AccessError> {
        Ok(())
    }
}
