//! One record by its id.

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::ResourceType;

use crate::answer::Completeness;
use crate::caller::Caller;
use crate::error::AccessError;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::matches::Matches;
use super::provenance::about_what_is_shown;
use super::reach::check_reached;
use super::{Reading, RecordRules};

/// `GET /fhir/R4/{type}/{id}`
pub(crate) struct ReadOne<'a> {
    pub(crate) resource_type: ResourceType,
    pub(crate) id: &'a str,
}

/// Where a record may be, by its id here: the sets that its base is the authority for, and its id
/// there. Nothing for an id that no source was ever given.
pub(crate) fn places(
    rules: &RecordRules,
    grant: &PatientGrant,
    resource_type: ResourceType,
    id: &str,
) -> Option<(Vec<RecordSet>, String)> {
    if resource_type == ResourceType::Patient {
        let own = grant.patient()?.id().as_str().to_owned();
        let named = rules.addresses().inward_patient(id)?;
        return (named == own).then(|| (vec![RecordSet::Patient], own));
    }
    let sets = RecordSet::of_type(resource_type);
    if resource_type.is_of_portal() {
        return Some((sets.collect(), id.to_owned()));
    }
    let (base, upstream_id) = rules.addresses().inward(id)?;
    let sets = sets.filter(|set| rules.base(set.source()) == Some(base));
    Some((sets.collect(), upstream_id))
}

/// The visible record of an id in one of the sets.
pub(crate) async fn find(
    reading: &mut Reading<'_>,
    sets: &[RecordSet],
    upstream_id: &str,
    id: &str,
) -> Result<ReleasedRecord, AccessError> {
    let mut failed = None;
    reading.load_one(sets, upstream_id).await;
    for set in sets {
        failed = failed.or_else(|| reading.error(*set));
        let found = reading
            .released(*set)
            .and_then(|released| released.records().find(|record| &*record.header().id == id));
        if let Some(record) = found {
            return Ok(record);
        }
    }
    Err(failed.map_or(AccessError::NotFound, AccessError::Source))
}

#[async_trait]
impl Look for ReadOne<'_> {
    type About = Completeness;

    fn action(&self) -> Action {
        operation::fhir_read(self.resource_type)
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<Completeness>, AccessError> {
        let (sets, upstream_id) = places(portal.loader.rules(), grant, self.resource_type, self.id)
            .ok_or(AccessError::NotFound)?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        if !sets.is_empty() {
            check_reached(&mut reading, self.resource_type, self.id).await?;
        }
        let record = find(&mut reading, &sets, &upstream_id, self.id).await?;
        let record = Matches::Records(vec![record]);
        let (records, more) = about_what_is_shown(&mut reading, record).await;
        let records = records.into_records();
        if records.is_empty() {
            let failed = more.iter().find_map(|set| reading.error(*set));
            return Err(failed.map_or(AccessError::NotFound, AccessError::Source));
        }
        let completeness = reading.completeness(&[sets, more].concat());
        let records = reading.masked(records).await;
        Ok(Seen {
            answer: Answer::list(records),
            about: completeness,
        })
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
