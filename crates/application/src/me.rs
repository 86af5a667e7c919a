//! The caller's own account.

use std::sync::Arc;

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::account::AccountStatus;
use portal_domain::disclosure::{Answer, Group, Released};
use portal_domain::source::RecordSet;

use crate::answer::Completeness;
use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::record::Reading;

/// `GET /v1/portal/me`
pub(crate) struct Me<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about the account.
pub(crate) struct MeAbout {
    pub(crate) account: Arc<portal_domain::account::AccountSnapshot>,
    pub(crate) tenant: Arc<portal_domain::tenant::Tenant>,
    pub(crate) features: Option<Vec<String>>,
    pub(crate) patient_address: Option<String>,
    pub(crate) completeness: Completeness,
}

#[async_trait]
impl Look for Me<'_> {
    type About = MeAbout;

    fn action(&self) -> Action {
        operation::GET_ME
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<MeAbout>, AccessError> {
        Parameters::read(self.raw, &[])?;
        let account = Arc::clone(grant.account());
        let tenant = Arc::clone(grant.tenant());
        let active = account.status == AccountStatus::Active;
        let mut records = Vec::new();
        let mut completeness = Completeness::default();
        let mut features = None;
        if active {
            let mut reading = Reading::new(&portal.loader, grant, caller);
            reading.load(&[RecordSet::Patient]).await;
            // Without its name an account is still worth showing.
            records.extend(
                reading
                    .released(RecordSet::Patient)
                    .iter()
                    .flat_map(Released::records),
            );
            completeness = reading.completeness(&[RecordSet::Patient]);
            let keys = portal.gate.features(&tenant.id).await;
            features = Some(keys.iter().cloned().collect());
        }
        let patient_address = grant.patient().and_then(|patient| {
            portal
                .loader
                .rules()
                .addresses()
                .outward_patient(patient.id().as_str())
        });
        Ok(Seen {
            answer: Answer::new(vec![Group {
                name: "patient",
                records,
            }]),
            about: MeAbout {
                account,
                tenant,
                features,
                patient_address,
                completeness,
            },
        })
    }
}
