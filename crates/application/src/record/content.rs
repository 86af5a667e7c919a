//! The content of a document or report: reached from what names it, never held as a whole.

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, Released, ReleasedRecord, Sealed};
use portal_domain::source::{RecordSet, Source};
use portal_fhir::ResourceType;

use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::Parameters;
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;
use crate::ports::Content;

use super::Reading;
use super::read::{find, places};

/// `GET /fhir/R4/Binary/{id}`
pub(crate) struct ReadBinary<'a> {
    pub(crate) id: &'a str,
}

/// `GET /v1/portal/documents/{id}/content`
pub(crate) struct ReadDocument<'a> {
    pub(crate) id: &'a str,
    pub(crate) raw: &'a [(String, String)],
}

/// What names contents: documents, and reports in the form that they are presented in.
const NAMING: [RecordSet; 3] = [
    RecordSet::DocumentReferences,
    RecordSet::LaboratoryReports,
    RecordSet::RadiologyReports,
];

type Opened = Seen<Sealed<Content>>;

#[async_trait]
impl Look for ReadBinary<'_> {
    type About = Sealed<Content>;

    fn action(&self) -> Action {
        operation::READ_BINARY
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Opened, AccessError> {
        let rules = portal.loader.rules();
        let upstream_id = rules.id_at(Source::Documents, self.id);
        let upstream_id = upstream_id.ok_or(AccessError::NotFound)?;
        let address = address(rules.public_url(), self.id);
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let naming = naming(&mut reading, &address).await?;
        opened(&reading, naming, &upstream_id).await
    }
}

#[async_trait]
impl Look for ReadDocument<'_> {
    type About = Sealed<Content>;

    fn action(&self) -> Action {
        operation::GET_DOCUMENT_CONTENT
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Opened, AccessError> {
        Parameters::read(self.raw, &[])?;
        let rules = portal.loader.rules();
        let kind = ResourceType::DocumentReference;
        let (sets, upstream_id) =
            places(rules, grant, kind, self.id).ok_or(AccessError::NotFound)?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        let document = find(&mut reading, &sets, &upstream_id, self.id).await?;
        let prefix = address(rules.public_url(), "");
        let mut links = document.header().links.iter();
        let binary = links.find_map(|link| link.target.strip_prefix(&prefix));
        let upstream_id = binary.and_then(|id| rules.id_at(Source::Documents, id));
        let upstream_id = upstream_id.ok_or(AccessError::NotFound)?;
        opened(&reading, document, &upstream_id).await
    }
}

fn address(public_url: &str, id: &str) -> String {
    format!("{public_url}/fhir/R4/Binary/{id}")
}

/// The first visible record that names an address. All that may name one are loaded whatever is
/// asked for, so that the calls tell nobody what there is.
async fn naming(reading: &mut Reading<'_>, address: &str) -> Result<ReleasedRecord, AccessError> {
    let grant = reading.grant();
    let may_see = |set: &RecordSet| grant.read(set.resource_type()).is_some();
    let sets: Vec<RecordSet> = NAMING.into_iter().filter(may_see).collect();
    reading.load(&sets).await;
    let names = |record: &ReleasedRecord| {
        let mut links = record.header().links.iter();
        links.any(|link| &*link.target == address)
    };
    for set in &sets {
        let released = reading.released(*set);
        let mut records = released.iter().flat_map(Released::records);
        if let Some(record) = records.find(names) {
            return Ok(record);
        }
    }
    let failed = sets.iter().find_map(|set| reading.error(*set));
    Err(failed.map_or(AccessError::NotFound, AccessError::Source))
}

/// The journal names what the content was reached from.
async fn opened(
    reading: &Reading<'_>,
    naming: ReleasedRecord,
    upstream_id: &str,
) -> Result<Opened, AccessError> {
    let content = reading.open(upstream_id).await?;
    Ok(Seen {
        answer: Answer::list(vec![naming]),
        about: Sealed::new(content.ok_or(AccessError::NotFound)?),
    })
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
