//! How laboratory results of a code went.

use async_trait::async_trait;
use portal_domain::access::{Action, PatientGrant};
use portal_domain::disclosure::{Answer, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::Sort;

use crate::answer::{Completeness, Withheld};
use crate::caller::Caller;
use crate::error::AccessError;
use crate::input::{Parameters, invalid};
use crate::look::{Look, Seen};
use crate::operation;
use crate::portal::Inner;

use super::Reading;
use super::labs::tokens;
use super::search::{matching, missing};
use super::summary::trend_key;

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;

/// `GET /v1/portal/results/labs/trends`
pub(crate) struct LabTrends<'a> {
    pub(crate) raw: &'a [(String, String)],
}

/// What is said about the results of the asked code, which are one list: key by key, each oldest
/// first.
pub(crate) struct TrendsAbout {
    /// How many results each key has, in the order of the list.
    pub(crate) lengths: Vec<usize>,
    pub(crate) withheld: Withheld,
    pub(crate) completeness: Completeness,
}

#[async_trait]
impl Look for LabTrends<'_> {
    type About = TrendsAbout;

    fn action(&self) -> Action {
        operation::LIST_LAB_TRENDS
    }

    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<TrendsAbout>, AccessError> {
        let zone = &grant.tenant().time_zone;
        let parameters = Parameters::read(self.raw, &["code", "from", "to"])?;
        let range = parameters.range(zone)?;
        if parameters.get("code").is_none() {
            return Err(invalid("code").into());
        }
        let query = tokens(&parameters)?;
        let mut reading = Reading::new(&portal.loader, grant, caller);
        reading.load(&[RESULTS]).await;
        missing(&reading, &[RESULTS])?;
        let results = matching(&reading, &[RESULTS], Sort::DateAscending, zone, |header| {
            query.matches(header, zone) && range.holds(header, zone)
        });
        let (results, lengths) = by_key(results);
        let completeness = reading.completeness(&[RESULTS]);
        // A filter on codes would tell what kind of result is held.
        let withheld = reading.said_of_withheld(None, |_| false);
        Ok(Seen {
            answer: Answer::list(reading.masked(results).await),
            about: TrendsAbout {
                lengths,
                withheld,
                completeness,
            },
        })
    }
}

/// A key, if there is one, and its results.
type Series = (Option<(String, String)>, Vec<ReleasedRecord>);

/// The results key by key, in the order in which the keys first come up; one without a key is a
/// series of its own.
fn by_key(results: Vec<ReleasedRecord>) -> (Vec<ReleasedRecord>, Vec<usize>) {
    let mut series: Vec<Series> = Vec::new();
    for result in results {
        let key = trend_key(result.header());
        let known = series
            .iter_mut()
            .find(|(known, _)| key.is_some() && *known == key);
        match known {
            Some((_, results)) => results.push(result),
            None => series.push((key, vec![result])),
        }
    }
    let lengths = series.iter().map(|(_, results)| results.len()).collect();
    let results = series.into_iter().flat_map(|(_, results)| results);
    (results.collect(), lengths)
}
