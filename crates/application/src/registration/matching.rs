//! After the answer: whether the claim is true, and where the link goes.

use std::time::Duration;

use metrics::counter;
use portal_domain::account::AccountStatus;

use crate::portal::Inner;
use crate::ports::{DecidedOn, RegisteredPatient, SourceError, StoreError, UnitOfWork};

use super::register::Claim;
use super::{Applicant, proving};

/// How often registration-service is asked, and how long is waited between.
const TRIES: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(2);

/// Why nothing was sent although somebody may wait for it.
enum Failed {
    Source,
    Store,
}

impl From<SourceError> for Failed {
    fn from(_: SourceError) -> Self {
        Self::Source
    }
}

impl From<StoreError> for Failed {
    fn from(_: StoreError) -> Self {
        Self::Store
    }
}

impl Inner {
    /// Looks for the patient of a claim, and sends the link to a contact of theirs. Nobody is told
    /// what came of it.
    pub(crate) async fn follow_claim(&self, applicant: &Applicant, claim: &Claim) {
        for attempt in 1..=TRIES {
            let outcome = match self.try_claim(applicant, claim).await {
                Ok(outcome) => outcome,
                Err(_) if attempt < TRIES => {
                    tokio::time::sleep(BETWEEN).await;
                    continue;
                }
                Err(Failed::Source) => "source-unavailable",
                Err(Failed::Store) => "store-unavailable",
            };
            counter!("portal_registrations_total", "outcome" => outcome).increment(1);
            tracing::info!(outcome, "registration.followed");
            return;
        }
    }

    async fn try_claim(
        &self,
        applicant: &Applicant,
        claim: &Claim,
    ) -> Result<&'static str, Failed> {
        let found = self
            .directory
            .match_patient(&applicant.tenant, &claim.mrn, claim.birth_date)
            .await?;
        match found {
            Some(patient) if !patient.deceased && patient.replaced_by.is_none() => {
                self.offer_link(applicant, claim, patient).await
            }
            Some(_) | None => Ok("no-match"),
        }
    }

    async fn offer_link(
        &self,
        applicant: &Applicant,
        claim: &Claim,
        patient: RegisteredPatient,
    ) -> Result<&'static str, Failed> {
        let Some(mut work) = self.begin_for(applicant).await? else {
            return Err(Failed::Store);
        };
        let account = work.accounts().lock_of_patient(&patient.id).await?;
        let held = account.filter(|account| account.status != AccountStatus::PendingVerification);
        let outcome = match (held, proving(patient.contacts, claim.channel)) {
            (Some(account), _) => {
                self.notify(&mut *work, account.id, "registration-attempted")
                    .await?;
                "account-exists"
            }
            (None, Some(contact)) => {
                self.send_link(applicant, &patient.id, contact, &mut *work)
                    .await?;
                "link-sent"
            }
            (None, None) => "no-contact",
        };
        let event = self.applicant_event(applicant, &patient.id);
        work.commit(event).await?;
        Ok(outcome)
    }

    /// Begins a change that no request waits for.
    pub(super) async fn begin_for(
        &self,
        applicant: &Applicant,
    ) -> Result<Option<Box<dyn UnitOfWork>>, StoreError> {
        let request_id = &applicant.caller.request.request_id;
        self.units
            .begin(&applicant.tenant.id, DecidedOn::default(), request_id)
            .await
    }
}
