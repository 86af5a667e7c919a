//! An account for a patient, which nobody is bound to: only verification binds.

use async_trait::async_trait;
use portal_domain::access::{StaffAction, StaffGrant};
use portal_domain::account::PortalAccount;
use portal_domain::id::{PatientId, PortalAccountId};

use super::super::decide::About;
use super::super::desk::StaffDesk;
use super::super::operation;
use super::super::perform::{Done, StaffAct};
use super::ImportOutcome;
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::ports::{IdempotencyRecord, StaffUnitOfWork, Stored};

/// A line of `POST accounts/bulk`
pub(super) struct ImportAccount {
    pub(super) request: WriteRequest,
}

#[async_trait]
impl StaffAct for ImportAccount {
    type Input = PatientId;
    type Made = ImportOutcome;

    fn action(&self) -> StaffAction {
        operation::IMPORT_ACCOUNTS
    }

    fn request(&self) -> &WriteRequest {
        &self.request
    }

    fn subject(&self) -> Option<&str> {
        None
    }

    fn read(&self, _: &StaffGrant) -> Result<PatientId, AccessError> {
        Ok(self.request.read(|members| {
            members.text("patientId", "expected the id of a patient", |text| {
                PatientId::parse(text).ok()
            })
        })?)
    }

    async fn act(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        patient: PatientId,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Done<ImportOutcome>, AccessError> {
        let now = grant.decided_at();
        let id = PortalAccountId::new(desk.inner.ids.ulid(now));
        let (account, event) = PortalAccount::pending(id, patient.clone());
        if work.accounts().insert(&account, now).await? == Stored::Taken {
            let open = work.accounts().open_of_patient(&patient).await?;
            let id = open.ok_or(Refusal::StateConflict)?;
            return Ok(Done {
                made: ImportOutcome::Unchanged(id.to_string()),
                resource_id: id.to_string(),
                about: About::one(&id, Some(&patient)).unchanged(),
            });
        }
        work.publish(&event, now).await?;
        Ok(Done {
            made: ImportOutcome::Created(id.to_string()),
            resource_id: id.to_string(),
            about: About::one(&id, account.patient.as_ref()),
        })
    }

    async fn again(
        &self,
        _: &StaffDesk,
        _: &StaffGrant,
        record: &IdempotencyRecord,
        _: &mut dyn StaffUnitOfWork,
    ) -> Result<ImportOutcome, AccessError> {
        let id = record.resource_id.clone().unwrap_or_default();
        Ok(ImportOutcome::Unchanged(id))
    }
}
