//! An account for a patient, which nobody is bound to: only verification binds.

use portal_domain::access::StaffGrant;
use portal_domain::account::PortalAccount;
use portal_domain::id::{PatientId, PortalAccountId};

use super::super::decide::About;
use super::super::desk::StaffDesk;
use super::ImportOutcome;
use super::chunk::LineDone;
use crate::body::WriteRequest;
use crate::error::{InputError, Refusal};
use crate::ports::{StaffUnitOfWork, Stored};

fn read(request: &WriteRequest) -> Result<PatientId, InputError> {
    request.read(|members| {
        members.text("patientId", "expected the id of a patient", |text| {
            PatientId::parse(text).ok()
        })
    })
}

/// A line of `POST accounts/bulk`. Refused, it has written nothing.
pub(super) async fn import(
    desk: &StaffDesk,
    grant: &StaffGrant,
    line: &WriteRequest,
    work: &mut dyn StaffUnitOfWork,
) -> LineDone {
    let (patient, now) = (read(line)?, grant.decided_at());
    let id = PortalAccountId::new(desk.inner.ids.ulid(now));
    let (account, event) = PortalAccount::pending(id, patient.clone());
    if work.accounts().insert(&account, now).await? == Stored::Taken {
        let open = work.accounts().open_of_patient(&patient).await?;
        let id = open.ok_or(Refusal::StateConflict)?;
        return Ok((
            ImportOutcome::Unchanged(id.to_string()),
            About::one(&id, Some(&patient)).unchanged(),
        ));
    }
    work.publish(&event, now).await?;
    Ok((
        ImportOutcome::Created(id.to_string()),
        About::one(&id, account.patient.as_ref()),
    ))
}
