//! Systems that no setting names: every call says so.

use async_trait::async_trait;
use jiff::civil::Date;
use portal_application::ports::{
    DeadLetter, DeadLetters, Delivery, IdentityAdmin, IdentityAdminError, MedicalRecordNumber,
    Notifier, NotifierError, PatientDirectory, RegisteredPatient, SourceError, StoreError,
};
use portal_domain::id::{Issuer, OutboxEventId, PatientId, Subject, TenantId};
use portal_domain::tenant::Tenant;

/// A system that is not there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unconfigured;

#[async_trait]
impl PatientDirectory for Unconfigured {
    async fn match_patient(
        &self,
        _: &Tenant,
        _: &MedicalRecordNumber,
        _: Date,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        Err(SourceError::Unavailable)
    }

    async fn find(
        &self,
        _: &TenantId,
        _: &PatientId,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        Err(SourceError::Unavailable)
    }
}

#[async_trait]
impl IdentityAdmin for Unconfigured {
    async fn link_patient(
        &self,
        _: &Issuer,
        _: &Subject,
        _: Option<&PatientId>,
    ) -> Result<(), IdentityAdminError> {
        Err(IdentityAdminError::NotConfigured)
    }

    async fn end_sessions(&self, _: &Issuer, _: &Subject) -> Result<(), IdentityAdminError> {
        Err(IdentityAdminError::NotConfigured)
    }

    async fn revoke_consent(
        &self,
        _: &Issuer,
        _: &Subject,
        _: &str,
    ) -> Result<(), IdentityAdminError> {
        Err(IdentityAdminError::NotConfigured)
    }
}

// Retried by its caller: once the setting is there, what waited is sent.
#[async_trait]
impl Notifier for Unconfigured {
    async fn send(&self, _: &Delivery) -> Result<(), NotifierError> {
        Err(NotifierError::Unavailable)
    }
}

// A process that does not relay has not the login that sees the outbox.
#[async_trait]
impl DeadLetters for Unconfigured {
    async fn dead_letters(
        &self,
        _: &TenantId,
        _: u16,
        _: Option<OutboxEventId>,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        Err(StoreError::Unavailable)
    }

    async fn replay(&self, _: &TenantId, _: OutboxEventId) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable)
    }
}
