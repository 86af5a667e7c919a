//! What the portal itself holds of a patient, as FHIR: the access log as resources of type AuditEvent,
//! delegations as Consent, and who holds them as RelatedPerson. It is read anew for each request and
//! goes the way of every other set from there on.

mod audit_agents;
mod audit_entities;
mod audit_event;
mod consent;
mod elements;
mod related_person;
mod window;

use std::sync::Arc;

use bytes::Bytes;
use portal_domain::access::{PatientGrant, RecordTarget};
use portal_domain::disclosure::{Fetched, Owned, Room};
use portal_domain::source::RecordSet;
use portal_fhir::{Limits, Record, read_header};
use serde::Serialize;

use crate::ports::{AccessLog, AccountViews, Clock, GrantedDelegation, LogWindow, StoreError};

use super::RecordRules;

use audit_event::audit_event;
use consent::consent;
use elements::Here;
use related_person::related_person;

pub(super) use window::{of_id, of_search};

/// Reads what the portal itself holds.
pub(crate) struct HeldRecords {
    pub(crate) log: Arc<dyn AccessLog>,
    pub(crate) views: Arc<dyn AccountViews>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl HeldRecords {
    /// A set of what the portal holds of the grant's patient; of the log what a window shows.
    pub(crate) async fn load(
        &self,
        grant: &PatientGrant,
        (target, set): (&RecordTarget, RecordSet),
        window: &LogWindow,
        rules: &RecordRules,
    ) -> Result<Owned, StoreError> {
        let as_of = self.clock.now();
        let patient = rules.addresses().outward_patient(target.patient().as_str());
        let patient = patient.ok_or(StoreError::Corrupt)?;
        let here = Here {
            addresses: rules.addresses(),
            account: grant.account(),
            public_url: rules.public_url(),
        };
        let records: Vec<Option<Record>> = match set {
            RecordSet::AuditEvents => {
                let events = self.log.window(grant, window).await?;
                let events = events.iter();
                events.map(|it| written(&audit_event(it, &here))).collect()
            }
            _ => of_delegations(set, &self.views.granted(grant).await?, &here),
        };
        let held = Fetched {
            unreadable: records.iter().filter(|record| record.is_none()).count(),
            records: records.into_iter().flatten().collect(),
            capped: false,
            as_of,
            room: Room::default(),
        };
        let base = format!("{}/fhir/R4", here.public_url);
        let zone = &grant.tenant().time_zone;
        Ok(Owned::of_portal(target, set, held, (&patient, &base), zone))
    }
}

fn of_delegations(
    set: RecordSet,
    granted: &[GrantedDelegation],
    here: &Here<'_>,
) -> Vec<Option<Record>> {
    let granted = granted.iter();
    match set {
        RecordSet::Consents => granted.map(|it| written(&consent(it, here))).collect(),
        RecordSet::RelatedPersons => granted
            .filter_map(|it| related_person(it, here))
            .map(|person| written(&person))
            .collect(),
        _ => Vec::new(),
    }
}

/// Nothing for what cannot be read again.
fn written(resource: &impl Serialize) -> Option<Record> {
    let bytes = serde_json::to_vec(resource).ok()?;
    let header = read_header(&bytes, &Limits::default()).ok()?;
    let bytes = Bytes::from(bytes);
    Some(Record { header, bytes })
}
