//! From somebody who says who they are to an account that is theirs. A registration is a link on
//! its way to a contact that registration-service holds, and nothing else: it binds and blocks
//! nothing.

mod matching;
mod register;
mod resend;
mod verify;

pub(crate) use register::Register;
pub(crate) use resend::Resend;
pub(crate) use verify::Verify;

use jiff::SignedDuration;
use portal_domain::access::{CallerGrant, VerifiedToken};
use portal_domain::audit::{AccessEvent, ActorKind};
use portal_domain::id::{PatientId, TenantId};
use portal_domain::tenant::Tenant;
use std::sync::Arc;

use crate::caller::Caller;
use crate::operation;
use crate::portal::Inner;
use crate::ports::{
    Contact, ContactChannel, Delivery, Hash, HashPurpose, SecretCode, Secrets, StoreError,
    UnitOfWork, Verification,
};

/// How long a link can be used.
const LINK_LIVES: SignedDuration = SignedDuration::from_hours(24);

/// Who registered, for what is done after the answer.
pub(crate) struct Applicant {
    pub(crate) caller: Caller,
    pub(crate) tenant: Arc<Tenant>,
    identity: Hash,
}

impl Applicant {
    fn new(portal: &Inner, grant: &CallerGrant, caller: &Caller) -> Self {
        Self {
            caller: caller.clone(),
            tenant: Arc::clone(grant.tenant()),
            identity: identity_hash(&*portal.secrets, grant.token()),
        }
    }
}

fn identity_hash(secrets: &dyn Secrets, token: &VerifiedToken) -> Hash {
    let parts = [token.issuer.as_str(), token.subject.as_str()];
    secrets.hash(HashPurpose::Identity, &parts)
}

impl Inner {
    /// What the journal says of something that the portal did for an applicant.
    fn applicant_event(&self, applicant: &Applicant, patient: &PatientId) -> AccessEvent {
        let mut event = self.event(&applicant.caller, &operation::REGISTER, None);
        event.actor = ActorKind::System;
        event.patient_id = Some(patient.clone());
        event
    }

    /// Stores a new link in the place of earlier ones, and sends it.
    async fn send_link(
        &self,
        applicant: &Applicant,
        patient: &PatientId,
        contact: Contact,
        work: &mut dyn UnitOfWork,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let token = self.secrets.code();
        let verification = Verification {
            token_hash: self.secrets.hash(HashPurpose::Code, &[token.expose()]),
            identity_hash: applicant.identity,
            patient: patient.clone(),
            channel: contact.channel,
            expires_at: now + LINK_LIVES,
        };
        work.registrations().replace(&verification, now).await?;
        let id = format!("verification-{}", self.ids.ulid(now));
        let delivery = link(
            id,
            (&applicant.tenant.id, &applicant.tenant.locale),
            contact,
            &token,
        );
        work.deliver(&delivery, verification.expires_at).await
    }
}

fn link(
    id: String,
    (tenant, language): (&TenantId, &str),
    contact: Contact,
    token: &SecretCode,
) -> Delivery {
    Delivery {
        id,
        tenant: tenant.clone(),
        channel: contact.channel,
        address: contact.address,
        language: language.to_owned(),
        template_key: "account-verification".to_owned(),
        secret: token.expose().to_owned(),
    }
}

/// The contact that proves who somebody is: one that is the patient's alone.
fn proving(contacts: Vec<Contact>, channel: ContactChannel) -> Option<Contact> {
    contacts
        .into_iter()
        .find(|contact| contact.channel == channel && !contact.shared)
}
