//! What an event would open is read back from its owner first (spec 07). What comes out of here is
//! the owner's word; nothing else can make it.

use portal_domain::id::{PatientId, TenantId};

use super::Inbox;
use super::receive::NotHandled;
use crate::ports::RegisteredPatient;

/// How often a record may have been taken over by another one, one behind the other.
const LONGEST_CHAIN: usize = 5;

/// A tenant that holds the portal's licence.
pub(super) struct LicensedTenant(());

/// A patient whom registration-service knows, alive and under this id.
pub(super) struct KnownPatient(PatientId);

/// Two records that registration-service says are one.
pub(super) struct MergedPatients {
    retired: PatientId,
    surviving: PatientId,
}

/// What became of a patient whom an event named.
pub(super) enum Registration {
    /// They may have an account.
    Known(KnownPatient),
    /// They are known, and may not.
    Unfit(&'static str),
}

impl KnownPatient {
    /// Who.
    pub(super) const fn id(&self) -> &PatientId {
        &self.0
    }
}

impl MergedPatients {
    /// The record that is no more.
    pub(super) const fn retired(&self) -> &PatientId {
        &self.retired
    }

    /// The record that holds everything now.
    pub(super) const fn surviving(&self) -> &PatientId {
        &self.surviving
    }
}

const NOT_CONFIRMED: NotHandled = NotHandled::never("not-confirmed");

impl Inbox {
    /// The entitlement port's word that a tenant may be served.
    pub(super) async fn confirm_licence(
        &self,
        tenant: &TenantId,
    ) -> Result<LicensedTenant, NotHandled> {
        if self.inner.gate.licensed_anew(tenant).await? {
            Ok(LicensedTenant(()))
        } else {
            Err(NOT_CONFIRMED)
        }
    }

    /// registration-service's word that there is such a patient.
    pub(super) async fn confirm_registration(
        &self,
        tenant: &TenantId,
        patient: &PatientId,
    ) -> Result<Registration, NotHandled> {
        let known = self.known(tenant, patient).await?;
        Ok(if known.deceased {
            Registration::Unfit("deceased")
        } else if known.replaced_by.is_some() {
            Registration::Unfit("replaced")
        } else {
            Registration::Known(KnownPatient(known.id))
        })
    }

    /// registration-service's word that one record was taken over by another (FHIR R4,
    /// Patient.link `replaced-by`), and by which one in the end.
    pub(super) async fn confirm_merge(
        &self,
        tenant: &TenantId,
        retired: PatientId,
        surviving: PatientId,
    ) -> Result<MergedPatients, NotHandled> {
        let known = self.known(tenant, &retired).await?;
        if known.replaced_by.as_ref() != Some(&surviving) {
            return Err(NOT_CONFIRMED);
        }
        let mut last = self.known(tenant, &surviving).await?;
        for _ in 0..LONGEST_CHAIN {
            let Some(next) = last.replaced_by.take() else {
                return Ok(MergedPatients {
                    retired,
                    surviving: last.id,
                });
            };
            last = self.known(tenant, &next).await?;
        }
        Err(NOT_CONFIRMED)
    }

    async fn known(
        &self,
        tenant: &TenantId,
        patient: &PatientId,
    ) -> Result<RegisteredPatient, NotHandled> {
        let found = self.inner.directory.find(tenant, patient).await?;
        found.ok_or(NOT_CONFIRMED)
    }
}
