//! Users of the identity provider: who comes, and who is locked out.

use jiff::SignedDuration;
use portal_domain::account::{AccountStatus, PortalAccount, StatusReason};
use portal_domain::audit::EventType;
use portal_domain::id::{Issuer, PortalAccountId, Subject};
use portal_domain::inbox::NamedUser;

use super::confirm::KnownPatient;
use super::handle::Handling;
use super::receive::NotHandled;
use crate::account::{self, REVOKED_FOR};
use crate::ports::{InboxOutcome, InboxUnitOfWork, Stored};

/// How far the clocks of two services may differ when one locks what the other has just opened.
const SAME_MOMENT: SignedDuration = SignedDuration::from_secs(30);

impl Handling<'_> {
    /// Makes the account of a patient whom nobody was verified as yet: it blocks nobody.
    pub(super) async fn register(
        &self,
        known: &KnownPatient,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        let patient = known.id();
        if work.accounts().lock_of_patient(patient).await?.is_some() {
            return Ok(InboxOutcome::Ignored("known"));
        }
        let id = PortalAccountId::new(self.inbox.inner.ids.ulid(self.now));
        let (account, created) = PortalAccount::pending(id, patient.clone());
        if work.accounts().insert(&account, self.now).await? == Stored::Taken {
            return Ok(InboxOutcome::Ignored("known"));
        }
        work.publish(&created, self.now).await?;
        let about = (Some(patient), &id);
        self.record(EventType::AccountRegistered, about, work)
            .await?;
        Ok(InboxOutcome::Handled)
    }

    /// Locks the accounts of a user, and refuses their tokens, those of who has no account too.
    pub(super) async fn lock_user(
        &self,
        user: &NamedUser,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        for identity in self.identities(user)? {
            let (issuer, subject) = &identity;
            let account = work.accounts().lock_of_identity(issuer, subject).await?;
            if let Some(account) = account {
                self.lock_account(account, StatusReason::IdentityProvider, work)
                    .await?;
            }
            self.refuse_tokens(&identity, work).await?;
        }
        Ok(InboxOutcome::Handled)
    }

    /// Refuses the tokens that a user has by now.
    pub(super) async fn end_sessions_of(
        &self,
        user: &NamedUser,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        for identity in self.identities(user)? {
            self.refuse_tokens(&identity, work).await?;
        }
        Ok(InboxOutcome::Handled)
    }

    /// Refuses the tokens of one session.
    pub(super) async fn end_session(
        &self,
        issuer: Option<&Issuer>,
        session: &str,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        let until = self.now + REVOKED_FOR;
        let issuers: Vec<_> = self.inbox.issuers_of(self.tenant(), issuer).collect();
        if issuers.is_empty() {
            return Err(FOREIGN_ISSUER);
        }
        for issuer in issuers {
            work.revoke_session(issuer, session, self.now, until)
                .await?;
        }
        Ok(InboxOutcome::Handled)
    }

    /// Suspends an active account, unless it became so after the event. `true` when it was.
    pub(super) async fn lock_account(
        &self,
        mut account: PortalAccount,
        reason: StatusReason,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<bool, NotHandled> {
        let since = work.status_since(account.id).await?;
        if account.status != AccountStatus::Active || self.happened_at() + SAME_MOMENT < since {
            return Ok(false);
        }
        let actor = self.envelope.source.to_string();
        let suspended = account.suspend(reason, actor);
        let event = suspended.map_err(|_| NotHandled::Later("store"))?;
        self.store(&account, work).await?;
        work.publish(&event, self.now).await?;
        if let Some(identity) = &account.identity {
            account::lock_out(identity, self.now, work).await?;
        }
        let about = (account.patient.as_ref(), &account.id);
        self.record(EventType::AccountSuspended, about, work)
            .await?;
        if reason != StatusReason::PatientDeceased {
            let inner = &self.inbox.inner;
            inner.notify(work, account.id, "account-suspended").await?;
        }
        Ok(true)
    }

    /// Whom an event means: a user of the issuer that it names, or of each that serves the tenant.
    fn identities(&self, user: &NamedUser) -> Result<Vec<(Issuer, Subject)>, NotHandled> {
        let issuers = self.inbox.issuers_of(self.tenant(), user.issuer.as_ref());
        let identities: Vec<_> = issuers
            .map(|issuer| (issuer.clone(), user.subject.clone()))
            .collect();
        if identities.is_empty() {
            return Err(FOREIGN_ISSUER);
        }
        Ok(identities)
    }

    /// Of a later login they count.
    async fn refuse_tokens(
        &self,
        identity: &(Issuer, Subject),
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        let moments = (self.happened_at(), self.now);
        Ok(account::refuse_tokens(identity, moments, work).await?)
    }
}

const FOREIGN_ISSUER: NotHandled = NotHandled::never("foreign-issuer");
