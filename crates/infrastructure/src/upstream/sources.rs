//! The sources of a deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use portal_application::ports::{
    CallContext, Clock, Component, Content, ContentRequest, FoundSlots, PatientQuery, SlotQuery,
    SourceError, SourceRequest, Sources,
};
use portal_domain::disclosure::{Fetched, Room};
use portal_domain::id::TenantId;
use portal_domain::source::{RecordSet, Source};
use portal_fhir::Record;
use reqwest::Client;
use url::Url;

use crate::fault::Fault;

use super::addresses::TenantBase;
use super::content;
use super::fetch::{Fetch, Pages};
use super::guard::guards;
use super::line::SourceLine;
use super::page::{self, Reader};
use super::settings::SourceSettings;
use super::{slots, statements};

/// Reads FHIR R4 servers by search, each fetch within the caps of [`super`].
pub struct FhirSources {
    lines: BTreeMap<Source, SourceLine>,
    clock: Arc<dyn Clock>,
}

impl FhirSources {
    /// Sources with their settings. The client must follow no redirects, as the one of
    /// [`crate::http_client::http_client`].
    pub fn new(
        settings: impl IntoIterator<Item = SourceSettings>,
        client: &Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Vec<Fault>> {
        let settings: BTreeMap<Source, SourceSettings> = settings
            .into_iter()
            .map(|settings| (settings.source, settings))
            .collect();
        let faults: Vec<Fault> = Source::ALL
            .into_iter()
            .flat_map(|source| faults_of(source, settings.get(&source)))
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let lines = settings.into_values().zip(guards());
        let lines = lines.map(|(settings, guard)| {
            (
                settings.source,
                SourceLine::new(client.clone(), settings, guard),
            )
        });
        Ok(Self {
            lines: lines.collect(),
            clock,
        })
    }

    /// The way to a source, for those who ask it something else than its records.
    pub fn line(&self, source: Source) -> Option<SourceLine> {
        self.lines.get(&source).cloned()
    }

    /// Which sources are asked as usual. The service works without any of them, only less well.
    pub fn components(&self) -> Vec<Component> {
        let component = |line: &SourceLine| {
            let (source, healthy) = line.guard().health();
            Component {
                name: source.as_str(),
                healthy,
                required: false,
            }
        };
        self.lines.values().map(component).collect()
    }

    /// All pages of an answer, from the address that is made of the tenant's base on; none when
    /// there is no such address, because no source could hold what it would ask for.
    async fn pages<T: Send + 'static>(
        &self,
        question: Question<'_>,
        first: impl FnOnce(&TenantBase) -> Option<Url>,
        reader: Reader<T>,
    ) -> Result<Pages<T>, SourceError> {
        let line = self.lines.get(&question.source);
        let line = line.ok_or(SourceError::Unavailable)?;
        let (tenant, context) = question.asked;
        let base = line.base(tenant).ok_or(SourceError::Unavailable)?;
        let Some(first) = first(&base) else {
            return Ok(Pages {
                items: Vec::new(),
                unreadable: 0,
                capped: false,
                room: Room::default(),
            });
        };
        let fetch = Fetch::new(line, (tenant, context), base);
        let deadline = fetch.deadline();
        let pages = tokio::time::timeout_at(deadline.into(), fetch.run(first, reader)).await;
        let pages = pages.unwrap_or(Err(SourceError::TimedOut));
        pages.inspect_err(|error| failed(question.source, question.what, *error, context))
    }
}

fn faults_of(source: Source, settings: Option<&SourceSettings>) -> Vec<Fault> {
    let prefix = source.as_str().to_ascii_uppercase().replace('-', "_");
    match settings {
        Some(settings) => settings.faults(&prefix),
        None => vec![Fault::new(format!("{prefix}_URL"), "expected a base URL")],
    }
}

/// Who is asked for what, and for whom.
#[derive(Clone, Copy)]
struct Question<'a> {
    source: Source,
    what: &'static str,
    asked: (&'a TenantId, &'a CallContext),
}

fn fetched(pages: Pages<Record>, as_of: Timestamp) -> Fetched {
    Fetched {
        records: pages.items,
        unreadable: pages.unreadable,
        capped: pages.capped,
        as_of,
        room: pages.room,
    }
}

fn failed(source: Source, set: &'static str, error: SourceError, context: &CallContext) {
    let upstream = source.as_str();
    tracing::warn!(upstream, set, %error, request_id = %context.request_id, "upstream.failed");
}

#[async_trait]
impl Sources for FhirSources {
    async fn fetch(&self, request: &SourceRequest) -> Result<Fetched, SourceError> {
        let set = request.set;
        if request.target.resource_type() != set.resource_type() {
            return Err(SourceError::Unavailable);
        }
        let question = Question {
            source: set.source(),
            what: set.name(),
            asked: (request.target.tenant(), &request.context),
        };
        let as_of = self.clock.now();
        let pages = if set == RecordSet::Statements {
            let first = |base: &TenantBase| statements::address(base, request.target.at_source());
            self.pages(question, first, statements::records).await?
        } else {
            let first = |base: &TenantBase| base.search(request);
            self.pages(question, first, page::records).await?
        };
        Ok(fetched(pages, as_of))
    }

    async fn patients(&self, query: &PatientQuery) -> Result<Fetched, SourceError> {
        let question = Question {
            source: query.source,
            what: "patient-link",
            asked: (query.target.tenant(), &query.context),
        };
        let as_of = self.clock.now();
        let first = |base: &TenantBase| base.patients(&query.system, &query.value);
        let pages = self.pages(question, first, page::records).await?;
        Ok(fetched(pages, as_of))
    }

    async fn slots(
        &self,
        query: &SlotQuery,
        context: &CallContext,
    ) -> Result<FoundSlots, SourceError> {
        let question = Question {
            source: Source::Scheduling,
            what: "slots",
            asked: (&query.tenant, context),
        };
        let as_of = self.clock.now();
        let first = |base: &TenantBase| slots::address(base, query);
        let pages = self.pages(question, first, slots::entries).await?;
        Ok(slots::found(query, pages, as_of))
    }

    fn retry_after(&self, source: Source) -> Option<u32> {
        let wait = self.lines.get(&source)?.guard().wait()?;
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        Some(seconds.saturating_add(1))
    }

    async fn open(&self, request: &ContentRequest) -> Result<Option<Content>, SourceError> {
        let line = self.lines.get(&Source::Documents);
        content::open(line.ok_or(SourceError::Unavailable)?, request).await
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
pub(crate) mod tests;
