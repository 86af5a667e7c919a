//! Who people are: nobody is known, and everything is taken.

use async_trait::async_trait;
use jiff::civil::Date;
use portal_application::ports::{
    Delivery, IdentityAdmin, IdentityAdminError, MedicalRecordNumber, Notifier, NotifierError,
    PatientDirectory, RegisteredPatient, SourceError,
};
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};
use portal_domain::tenant::Tenant;

use super::Outside;

#[async_trait]
impl PatientDirectory for Outside {
    async fn match_patient(
        &self,
        _: &Tenant,
        _: &MedicalRecordNumber,
        _: Date,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        Ok(None)
    }

    async fn find(
        &self,
        _: &TenantId,
        _: &PatientId,
    ) -> Result<Option<RegisteredPatient>, SourceError> {
        Ok(None)
    }
}

#[async_trait]
impl IdentityAdmin for Outside {
    async fn link_patient(
        &self,
        _: &Issuer,
        _: &Subject,
        _: Option<&PatientId>,
    ) -> Result<(), IdentityAdminError> {
        Ok(())
    }

    async fn end_sessions(&self, _: &Issuer, _: &Subject) -> Result<(), IdentityAdminError> {
        Ok(())
    }

    async fn revoke_consent(
        &self,
        _: &Issuer,
        _: &Subject,
        _: &str,
    ) -> Result<(), IdentityAdminError> {
        Ok(())
    }
}

#[async_trait]
impl Notifier for Outside {
    async fn send(&self, _: &Delivery) -> Result<(), NotifierError> {
        Ok(())
    }
}
