//! The person chooses their language.

use async_trait::async_trait;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::account::PortalAccount;

use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{IdempotencyRecord, Stored, UnitOfWork};

/// What the portal speaks (spec 02, Language).
const LANGUAGES: [&str; 4] = ["en", "ps-AF", "fa-AF", "ar"];

/// `PATCH /v1/portal/me`
pub(crate) struct UpdateMe<'a> {
    pub(crate) request: &'a WriteRequest,
}

#[async_trait]
impl Act for UpdateMe<'_> {
    type Input = &'static str;
    type Made = PortalAccount;

    fn action(&self) -> Action {
        operation::UPDATE_ME
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn read(&self, _: &CallerGrant) -> Result<&'static str, AccessError> {
        let expected = "expected en, ps-AF, fa-AF or ar";
        let read = self.request.read(|members| {
            members.text("preferredLanguage", expected, |text| {
                LANGUAGES.into_iter().find(|known| *known == text)
            })
        });
        Ok(read?)
    }

    async fn act(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        language: &'static str,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<PortalAccount>, AccessError> {
        let mut account = own(grant, work).await?;
        if account.preferred_language.as_deref() != Some(language) {
            account.preferred_language = Some(language.to_owned());
            let stored = work.accounts().update(&account, grant.decided_at()).await?;
            if stored == Stored::Taken {
                return Err(Refusal::StateConflict.into());
            }
            account.version += 1;
        }
        let id = account.id;
        Ok(Acted::made(account, 200, &id))
    }

    async fn again(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        _: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<PortalAccount, AccessError> {
        own(grant, work).await
    }
}

async fn own(grant: &CallerGrant, work: &mut dyn UnitOfWork) -> Result<PortalAccount, AccessError> {
    let id = grant.own_account()?.id;
    let account = work.accounts().lock(id).await?;
    account.ok_or(AccessError::NotFound)
}
