//! Somebody says who they are. The answer is the same whoever asks.

use async_trait::async_trait;
use jiff::civil::Date;
use portal_domain::access::{Action, CallerGrant};

use crate::act::{Act, Acted};
use crate::body::WriteRequest;
use crate::caller::Caller;
use crate::error::{AccessError, Refusal};
use crate::operation;
use crate::portal::Inner;
use crate::ports::{
    AttemptKind, ContactChannel, HashPurpose, IdempotencyRecord, MedicalRecordNumber, UnitOfWork,
};

use super::Applicant;

/// Attempts of one person in an hour (spec 02, registrations).
const BY_SUBJECT: u32 = 5;
/// Attempts from one network in an hour: families and wards share one.
const BY_ADDRESS: u32 = 30;
/// Attempts for one record number in an hour, whoever makes them.
const BY_MRN: u32 = 5;

/// Who somebody says they are.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) mrn: MedicalRecordNumber,
    pub(crate) birth_date: Date,
    pub(crate) channel: ContactChannel,
}

/// `POST /v1/portal/registrations`
pub(crate) struct Register<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) request: &'a WriteRequest,
}

/// What is to be looked for after the answer; nothing when somebody asked too often.
pub(crate) type Following = Option<(Applicant, Claim)>;

#[async_trait]
impl Act for Register<'_> {
    type Input = Claim;
    type Made = Following;

    fn action(&self) -> Action {
        operation::REGISTER
    }

    fn request(&self) -> &WriteRequest {
        self.request
    }

    fn needs_key(&self) -> bool {
        true
    }

    fn read(&self, _: &CallerGrant) -> Result<Claim, AccessError> {
        let read = self.request.read(|members| {
            let mrn = members.text("mrn", "expected a medical record number", |text| {
                MedicalRecordNumber::parse(text.trim()).ok()
            });
            let birth_date =
                members.text("birthDate", "expected a date such as 1984-03-21", |text| {
                    text.parse::<Date>().ok()
                });
            let channel = members.text("channel", "expected email or phone", ContactChannel::parse);
            Some(Claim {
                mrn: mrn?,
                birth_date: birth_date?,
                channel: channel?,
            })
        });
        Ok(read?)
    }

    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        claim: Claim,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<Following>, AccessError> {
        let applicant = Applicant::new(portal, grant, self.caller);
        let now = grant.decided_at();
        let key = |parts: &[&str]| portal.secrets.hash(HashPurpose::Attempt, parts);
        let attempts = work
            .registrations()
            .count_attempt(AttemptKind::Subject, applicant.identity, now)
            .await?;
        if attempts > BY_SUBJECT {
            return Ok(Acted::refused(Refusal::RateLimited));
        }
        // These two count what others did as well, so nobody is told that they are reached.
        let address = self.caller.request.client_address.as_deref();
        let by_address = work
            .registrations()
            .count_attempt(
                AttemptKind::Address,
                key(&[address.unwrap_or_default()]),
                now,
            )
            .await?;
        let by_mrn = work
            .registrations()
            .count_attempt(AttemptKind::Mrn, key(&[claim.mrn.expose()]), now)
            .await?;
        let follows = by_address <= BY_ADDRESS && by_mrn <= BY_MRN;
        let following = follows.then_some((applicant, claim));
        Ok(Acted::made(following, 202, &""))
    }

    async fn again(
        &self,
        _: &Inner,
        _: &CallerGrant,
        _: &IdempotencyRecord,
        _: &mut dyn UnitOfWork,
    ) -> Result<Following, AccessError> {
        Ok(None)
    }
}
