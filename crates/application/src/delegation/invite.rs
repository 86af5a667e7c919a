//! A patient invites somebody to act for them.

use async_trait::async_trait;
use jiff::SignedDuration;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::id::ProxyDelegationId;
use portal_domain::proxy_delegation::{MAX_OPEN, ProxyDelegation};

use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{Delivery, HashPurpose, IdempotencyRecord, Invitation, SecretCode, UnitOfWork};

use super::terms::{self, InvitationTerms};
use super::{about, named};

/// How long a code can be used.
const CODE_LIVES: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `POST /v1/portal/proxy-delegations`
pub(crate) struct Invite<'a> {
    pub(crate) request: &'a WriteRequest,
}

#[async_trait]
impl Act for Invite<'_> {
    type Input = InvitationTerms;
    type Made = ProxyDelegation;

    fn action(&self) -> Action {
        operation::CREATE_PROXY_DELEGATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn needs_key(&self) -> bool {
        true
    }

    fn read(&self, grant: &CallerGrant) -> Result<InvitationTerms, AccessError> {
        let today = grant.tenant().day(grant.decided_at());
        let read = self.request.read(|members| terms::read(members, today));
        Ok(read?)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        input: InvitationTerms,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<ProxyDelegation>, AccessError> {
        let (grantor, now) = (grant.own_record()?, grant.decided_at());
        work.delegations().lock_grantor(grantor).await?;
        if work.delegations().count(grantor).await?.open >= MAX_OPEN {
            return Err(Refusal::LimitReached.into());
        }
        let id = ProxyDelegationId::new(portal.ids.ulid(now));
        let today = grant.tenant().day(now);
        let (delegation, event) =
            ProxyDelegation::invite(id, grantor.clone(), input.terms.clone(), today)?;
        let code = code(id, &portal.secrets.code());
        let invitation = Invitation {
            code_hash: portal.secrets.hash(HashPurpose::Code, &[code.expose()]),
            tries: 0,
            expires_at: now + CODE_LIVES,
        };
        work.delegations()
            .insert(&delegation, Some(&invitation), now)
            .await?;
        work.publish(&event, now).await?;
        let delivery = delivery(grant, id, input, &code);
        work.deliver(&delivery, invitation.expires_at).await?;
        let about = about(&delegation);
        Ok(Acted::made(delegation, 201, &id).about(about))
    }

    async fn again(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        record: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<ProxyDelegation, AccessError> {
        let id = named(record.resource_id.as_deref().unwrap_or_default())?;
        let found = work.delegations().lock(id).await?;
        found
            .filter(|delegation| Ok(&delegation.grantor) == grant.own_record())
            .ok_or(AccessError::NotFound)
    }
}

/// What is sent: which invitation it is, and the secret.
fn code(id: ProxyDelegationId, secret: &SecretCode) -> SecretCode {
    SecretCode::new(format!("{}-{}", id.ulid(), secret.expose()))
}

fn delivery(
    grant: &CallerGrant,
    id: ProxyDelegationId,
    input: InvitationTerms,
    code: &SecretCode,
) -> Delivery {
    Delivery {
        id: format!("invitation-{}", id.ulid()),
        tenant: grant.tenant().id.clone(),
        channel: input.channel,
        address: input.address,
        language: grant.tenant().locale.clone(),
        template_key: "proxy-invitation".to_owned(),
        secret: code.expose().to_owned(),
    }
}
