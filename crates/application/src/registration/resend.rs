//! The link is sent once more; the old one dies. The answer is the same whoever asks.

use async_trait::async_trait;
use metrics::counter;
use portal_domain::access::{Action, CallerGrant};

use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::caller::Caller;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{AttemptKind, IdempotencyRecord, UnitOfWork};

use super::{Applicant, proving};

/// Links that one person may ask for in an hour, new registrations included.
const BY_SUBJECT: u32 = 5;

/// `POST /v1/portal/registrations/resend`
pub(crate) struct Resend<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) request: &'a WriteRequest,
}

#[async_trait]
impl Act for Resend<'_> {
    type Input = ();
    type Made = Option<Applicant>;

    fn action(&self) -> Action {
        operation::RESEND_VERIFICATION
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn read(&self, _: &CallerGrant) -> Result<(), AccessError> {
        Ok(self.request.expect_nothing()?)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        (): (),
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<Option<Applicant>>, AccessError> {
        let applicant = Applicant::new(portal, grant, self.caller);
        let now = grant.decided_at();
        let attempts = work
            .registrations()
            .count_attempt(AttemptKind::Subject, applicant.identity, now)
            .await?;
        if attempts > BY_SUBJECT {
            return Ok(Acted::refused(Refusal::RateLimited));
        }
        Ok(Acted::made(Some(applicant), 202, &""))
    }

    async fn again(
        &self,
        _: &Inner,
        _: &CallerGrant,
        _: &IdempotencyRecord,
        _: &mut dyn UnitOfWork,
    ) -> Result<Option<Applicant>, AccessError> {
        Ok(None)
    }
}

impl Inner {
    /// Sends a new link to whom the last one went, if there was one and nothing speaks against it
    /// now.
    pub(crate) async fn follow_resend(&self, applicant: &Applicant) {
        let resent = self.try_resend(applicant).await;
        let outcome = resent.unwrap_or("unavailable");
        counter!("portal_registrations_total", "outcome" => outcome).increment(1);
        tracing::info!(outcome, "registration.resent");
    }

    async fn try_resend(&self, applicant: &Applicant) -> Result<&'static str, AccessError> {
        let Some(mut work) = self.begin_for(applicant).await? else {
            return Ok("unavailable");
        };
        let Some(last) = work.registrations().newest(applicant.identity).await? else {
            return Ok("nothing-sent");
        };
        // No upstream is waited for while a transaction is open.
        drop(work);
        let tenant = &applicant.tenant.id;
        let found = self.directory.find(tenant, &last.patient).await?;
        let open = found.filter(|patient| !patient.deceased && patient.replaced_by.is_none());
        let Some(contact) = open.and_then(|patient| proving(patient.contacts, last.channel)) else {
            return Ok("no-contact");
        };
        let Some(mut work) = self.begin_for(applicant).await? else {
            return Ok("unavailable");
        };
        self.send_link(applicant, &last.patient, contact, &mut *work)
            .await?;
        let event = self.applicant_event(applicant, &last.patient);
        work.commit(event).await?;
        Ok("link-sent")
    }
}
