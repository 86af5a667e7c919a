//! Who registered opens the link: from then on the record is theirs.

use async_trait::async_trait;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::account::{AccountStatus, PortalAccount};
use portal_domain::id::{PatientId, PortalAccountId};

use crate::account;
use crate::act::{About, Act, Acted};
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{HashPurpose, IdempotencyRecord, ProviderTask, Stored, UnitOfWork};

use super::identity_hash;

/// `POST /v1/portal/registrations/verify`
pub(crate) struct Verify<'a> {
    pub(crate) request: &'a WriteRequest,
}

#[async_trait]
impl Act for Verify<'_> {
    type Input = String;
    type Made = PortalAccount;

    fn action(&self) -> Action {
        operation::VERIFY_REGISTRATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn read(&self, _: &CallerGrant) -> Result<String, AccessError> {
        let read = self.request.read(|members| {
            members.text("token", "expected the token of the link", |text| {
                Some(text.trim().to_ascii_uppercase())
            })
        });
        Ok(read?)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        token: String,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<PortalAccount>, AccessError> {
        if grant.account().is_some() {
            // One person has one account; who looks after others already is helped by staff.
            return Err(Refusal::StateConflict.into());
        }
        let (secrets, now) = (&*portal.secrets, grant.decided_at());
        let identity = identity_hash(secrets, grant.token());
        let hash = secrets.hash(HashPurpose::Code, &[&token]);
        let found = work.registrations().take(hash, identity, now).await?;
        let verification = found.ok_or(Refusal::LinkExpired)?;
        let account = portal.claim(grant, verification.patient, work).await?;
        let about = About {
            patient: account.patient.clone(),
            ..About::default()
        };
        let id = account.id;
        Ok(Acted::made(account, 200, &id).about(about))
    }

    async fn again(
        &self,
        _: &Inner,
        grant: &CallerGrant,
        _: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<PortalAccount, AccessError> {
        account::held(grant, work).await
    }
}

impl Inner {
    /// Makes the account of a patient the caller's: the pending one, or a new one. Somebody else's
    /// stays theirs, and is told.
    async fn claim(
        &self,
        grant: &CallerGrant,
        patient: PatientId,
        work: &mut dyn UnitOfWork,
    ) -> Result<PortalAccount, AccessError> {
        let now = grant.decided_at();
        let token = grant.token();
        let identity = (token.issuer.clone(), token.subject.clone());
        let mut account = match work.accounts().lock_of_patient(&patient).await? {
            Some(account) if account.status == AccountStatus::PendingVerification => account,
            Some(_) => return Err(Refusal::LinkExpired.into()),
            None => {
                let id = PortalAccountId::new(self.ids.ulid(now));
                let (account, created) = PortalAccount::pending(id, patient);
                if work.accounts().insert(&account, now).await? == Stored::Taken {
                    return Err(Refusal::LinkExpired.into());
                }
                work.publish(&created, now).await?;
                account
            }
        };
        let activated = account
            .activate(identity.clone())
            .map_err(|_| Refusal::StateConflict)?;
        if work.accounts().update(&account, now).await? == Stored::Taken {
            return Err(Refusal::StateConflict.into());
        }
        account.version += 1;
        work.publish(&activated, now).await?;
        let linked = ProviderTask::LinkPatient(account.patient.clone());
        work.ask_provider(&identity, linked, now).await?;
        self.notify(work, account.id, "account-activated").await?;
        Ok(account)
    }
}
