//! The caller's own account, and whom it may act for.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use portal_domain::access::{ActingFor, Action, PatientGrant};
use portal_domain::account::{AccountSnapshot, AccountStatus};
use portal_domain::disclosure::{Answer, Group, Released, ReleasedRecord};
use portal_domain::proxy_delegation::DelegationSnapshot;
use portal_domain::source::RecordSet;
use portal_domain::tenant::Tenant;

use crate::answer::{Completeness, Delegator};
use crate::caller::Caller;
use crate::error::AccessError;
use crate::gate::Memory;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::record::Reading;

/// Somebody whom the caller may act for, and their Patient.
type Found = (Delegator, Vec<ReleasedRecord>);

/// Patients looked up at once for their names.
const NAMES_AT_ONCE: usize = 8;

/// `GET /v1/portal/me`
pub(crate) struct Me<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about the account.
pub(crate) struct MeAbout {
    pub(crate) account: Arc<AccountSnapshot>,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) features: Option<Vec<String>>,
    pub(crate) patient_address: Option<String>,
    pub(crate) acting_for: Option<Delegator>,
    pub(crate) may_act_for: Option<Vec<Delegator>>,
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
        let active = account.status == AccountStatus::Active;
        let tenant = Arc::clone(grant.tenant());
        let mut about = MeAbout {
            patient_address: account
                .patient_id
                .as_ref()
                .and_then(|patient| portal.outward_patient(patient)),
            account,
            tenant,
            features: None,
            acting_for: None,
            may_act_for: None,
            completeness: Completeness::default(),
        };
        let (mut own, mut delegators) = (Vec::new(), Vec::new());
        if active {
            let keys = portal.gate.features(&about.tenant.id).await;
            about.features = Some(keys.iter().cloned().collect());
            (own, about.completeness) = own_record(portal, grant, caller).await?;
            let (found, completeness) = portal.delegators(grant, caller).await?;
            about.completeness.merge(completeness);
            let acting = grant.proxy().map(|proxy| proxy.delegation().id);
            about.acting_for = found
                .iter()
                .map(|(delegator, _)| delegator)
                .find(|delegator| Some(delegator.delegation.id) == acting)
                .cloned();
            let (may, records): (Vec<_>, Vec<_>) = found.into_iter().unzip();
            about.may_act_for = Some(may);
            delegators = records.into_iter().flatten().collect();
        }
        let groups = [("patient", own), ("delegators", delegators)];
        let groups = groups.map(|(name, records)| Group { name, records });
        Ok(Seen {
            answer: Answer::new(groups.into()),
            about,
        })
    }
}

/// The caller's own Patient. Without its name an account is still worth showing.
async fn own_record(
    portal: &Inner,
    grant: &PatientGrant,
    caller: &Caller,
) -> Result<(Vec<ReleasedRecord>, Completeness), AccessError> {
    if grant.proxy().is_none() {
        return Ok(portal.patient_of(grant, caller).await);
    }
    // Who acts for somebody still sees their own name, by a grant of their own.
    let own = caller.acting_for(ActingFor::Oneself);
    Ok(
        match portal
            .decide(&own, &operation::GET_ME, Memory::Allowed)
            .await?
        {
            Ok(own_grant) => portal.patient_of(&own_grant, &own).await,
            Err(_) => Default::default(),
        },
    )
}

impl Inner {
    async fn patient_of(
        &self,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> (Vec<ReleasedRecord>, Completeness) {
        let mut reading = Reading::new(&self.loader, grant, caller);
        reading.load(&[RecordSet::Patient]).await;
        let released = reading.released(RecordSet::Patient);
        let records = released.iter().flat_map(Released::records).collect();
        (records, reading.completeness(&[RecordSet::Patient]))
    }

    /// Whom the caller may act for now, each by a decision of its own, and what that was made of.
    async fn delegators(
        &self,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<(Vec<Found>, Completeness), AccessError> {
        let today = grant.tenant().day(grant.decided_at());
        let in_force = |delegation: &&Arc<DelegationSnapshot>| delegation.check(today).is_ok();
        // Asked anew: the journal's fence knows the delegation that is acted by alone, and would
        // keep an answer that names a patient whose delegation ended a moment ago.
        let gathered = self
            .gate
            .facts(caller, &operation::GET_ME, Memory::Forbidden)
            .await?;
        let delegations = gathered.facts.delegations.iter().filter(in_force).cloned();
        let looks = delegations.map(|delegation| self.delegator(delegation, caller));
        let looks: Vec<_> = stream::iter(looks).buffered(NAMES_AT_ONCE).collect().await;
        let (mut delegators, mut completeness) = (Vec::new(), Completeness::default());
        for look in looks {
            let (found, about) = look?;
            delegators.extend(found);
            completeness.merge(about);
        }
        Ok((delegators, completeness))
    }

    /// One of them, if the delegation opens anything. A name that cannot be had is left out, and so
    /// is who cannot be decided on without the source of birth dates; both are said.
    async fn delegator(
        &self,
        delegation: Arc<DelegationSnapshot>,
        caller: &Caller,
    ) -> Result<(Option<Found>, Completeness), AccessError> {
        let caller = caller.acting_for(ActingFor::Delegation(delegation.id));
        let decided = self
            .decide(&caller, &operation::GET_ME, Memory::Allowed)
            .await;
        let grant = match decided {
            Ok(Ok(grant)) => grant,
            Ok(Err(_)) => return Ok(Default::default()),
            Err(AccessError::Source(_)) => {
                let source = RecordSet::Patient.source();
                let retry_after = self.loader.retry_after(source);
                return Ok((None, Completeness::without(source, retry_after)));
            }
            Err(error) => return Err(error),
        };
        let (records, completeness) = self.patient_of(&grant, &caller).await;
        let patient_address = self.outward_patient(&delegation.grantor);
        let found = grant.proxy().map(|proxy| {
            let delegator = Delegator {
                rights: proxy.rights(),
                patient_address,
                delegation,
            };
            (delegator, records)
        });
        Ok((found, completeness))
    }

    fn outward_patient(&self, patient: &portal_domain::id::PatientId) -> Option<String> {
        self.loader
            .rules()
            .addresses()
            .outward_patient(patient.as_str())
    }
}
