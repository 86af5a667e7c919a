//! A person takes back what they granted to an app.

use async_trait::async_trait;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::id::{ClientId, PortalAccountId};

use crate::act::{About, Act, Acted};
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{AttemptKind, HashPurpose, IdempotencyRecord, UnitOfWork};

/// Apps an hour that somebody may revoke without having used them. Every entry stays in each pod's
/// list, so that nobody may fill it.
const NEVER_USED: u32 = 20;

/// `DELETE /v1/portal/me/apps/{clientId}`
pub(crate) struct RevokeApp<'a> {
    pub(crate) client: &'a str,
    pub(crate) request: &'a WriteRequest,
}

#[async_trait]
impl Act for RevokeApp<'_> {
    type Input = ClientId;
    type Made = ();

    fn action(&self) -> Action {
        operation::REVOKE_APP
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn subject(&self) -> Option<&str> {
        Some(self.client)
    }

    fn read(&self, _: &CallerGrant) -> Result<ClientId, AccessError> {
        self.request.expect_nothing()?;
        ClientId::parse(self.client).map_err(|_| AccessError::NotFound)
    }

    // An app that was never noticed is revoked all the same: consent is given to the provider, and
    // its first request may come any moment. So the answer tells nothing about the app either.
    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        client: ClientId,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<()>, AccessError> {
        if portal.own_clients.contains(&client) {
            return Err(AccessError::NotFound);
        }
        let (account, now) = (grant.own_account()?.id, grant.decided_at());
        let was_used = work.accounts().forget_app(account, &client).await?;
        if !was_used && may_no_longer_guess(portal, account, grant, work).await? {
            return Ok(Acted::refused(Refusal::RateLimited));
        }
        let token = grant.token();
        let identity = (token.issuer.clone(), token.subject.clone());
        work.revoke_app(&identity, &client, now).await?;
        portal.uses.forget(account, &client);
        let about = About::of_client(&client);
        Ok(Acted::made((), 204, &client).about(about))
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

async fn may_no_longer_guess(
    portal: &Inner,
    account: PortalAccountId,
    grant: &CallerGrant,
    work: &mut dyn UnitOfWork,
) -> Result<bool, AccessError> {
    let parts = ["app", &account.to_string()];
    let key = portal.secrets.hash(HashPurpose::Attempt, &parts);
    let attempts = work
        .registrations()
        .count_attempt(AttemptKind::Subject, key, grant.decided_at())
        .await?;
    Ok(attempts > NEVER_USED)
}
