//! The sources of a deployment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use portal_application::ports::{
    CallContext, Clock, Component, Content, ContentRequest, FoundSlots, SlotQuery, SourceError,
    SourceRequest, Sources,
};
use portal_domain::disclosure::Fetched;
use portal_domain::id::TenantId;
use portal_domain::source::{RecordSet, Source};
use reqwest::Client;
use url::Url;

use crate::fault::Fault;

use super::addresses::TenantBase;
use super::content;
use super::fetch::{Fetch, Pages, Question};
use super::guard::{Guards, SourceGuard};
use super::page::{self, Reader};
use super::settings::SourceSettings;
use super::{slots, statements};

/// Reads FHIR R4 servers by search, each fetch within the caps of [`super`].
pub struct FhirSources {
    client: Client,
    settings: BTreeMap<Source, SourceSettings>,
    guards: Guards,
    clock: Arc<dyn Clock>,
}

/// How a source is reached.
type Way<'a> = (&'a SourceSettings, &'a SourceGuard, TenantBase);

impl FhirSources {
    /// Sources with their settings. The client must follow no redirects, as the one of
    /// [`crate::http_client::http_client`].
    pub fn new(
        settings: impl IntoIterator<Item = SourceSettings>,
        client: Client,
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
        if faults.is_empty() {
            Ok(Self {
                client,
                settings,
                guards: Guards::new(),
                clock,
            })
        } else {
            Err(faults)
        }
    }

    /// What stands before a source, for those who ask it something else than its records.
    pub fn guard(&self, source: Source) -> Option<Arc<SourceGuard>> {
        self.guards.of(source).map(Arc::clone)
    }

    /// Which sources are asked as usual. The service works without any of them, only less well.
    pub fn components(&self) -> Vec<Component> {
        let component = |guard: &SourceGuard| {
            let (source, healthy) = guard.health();
            Component {
                name: source.as_str(),
                healthy,
                required: false,
            }
        };
        self.guards.all().map(component).collect()
    }

    /// Where and how a source is asked; `None` when it may not be asked for a tenant.
    fn way(&self, source: Source, tenant: &TenantId) -> Option<Way<'_>> {
        let settings = self.settings.get(&source)?;
        let guard = self.guards.of(source)?;
        let base = TenantBase::new(&settings.base_url, tenant)?;
        settings.serves(tenant).then_some((settings, guard, base))
    }

    /// All pages of an answer, from the address that is made of the tenant's base on; none when
    /// there is no such address, because no source could hold what it would ask for.
    async fn pages<T: Send + 'static>(
        &self,
        question: Question<'_>,
        what: &'static str,
        first: impl FnOnce(&TenantBase) -> Option<Url>,
        reader: Reader<T>,
    ) -> Result<Pages<T>, SourceError> {
        let way = self.way(question.source, question.tenant);
        let (settings, guard, base) = way.ok_or(SourceError::Unavailable)?;
        let Some(first) = first(&base) else {
            return Ok(Pages {
                items: Vec::new(),
                unreadable: 0,
                capped: false,
            });
        };
        let fetch = Fetch::new((&self.client, guard), question, base, settings.timeout);
        let deadline = fetch.deadline();
        let pages = tokio::time::timeout_at(deadline.into(), fetch.run(first, reader)).await;
        let pages = pages.unwrap_or(Err(SourceError::TimedOut));
        if let Err(error) = &pages {
            let upstream = question.source.as_str();
            let request_id = &question.context.request_id;
            tracing::warn!(upstream, set = what, %error, %request_id, "upstream.failed");
        }
        pages
    }
}

fn faults_of(source: Source, settings: Option<&SourceSettings>) -> Vec<Fault> {
    let prefix = source.as_str().to_ascii_uppercase().replace('-', "_");
    match settings {
        Some(settings) => settings.faults(&prefix),
        None => vec![Fault::new(format!("{prefix}_URL"), "expected a base URL")],
    }
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
            tenant: request.target.tenant(),
            context: &request.context,
        };
        let as_of = self.clock.now();
        let pages = if set == RecordSet::Statements {
            let first = |base: &TenantBase| statements::address(base, request.target.patient());
            self.pages(question, set.name(), first, statements::records)
                .await?
        } else {
            let first = |base: &TenantBase| base.search(request);
            self.pages(question, set.name(), first, page::records)
                .await?
        };
        Ok(Fetched {
            records: pages.items,
            unreadable: pages.unreadable,
            capped: pages.capped,
            as_of,
        })
    }

    async fn slots(
        &self,
        query: &SlotQuery,
        context: &CallContext,
    ) -> Result<FoundSlots, SourceError> {
        let question = Question {
            source: Source::Scheduling,
            tenant: &query.tenant,
            context,
        };
        let as_of = self.clock.now();
        let first = |base: &TenantBase| slots::address(base, query);
        let pages = self.pages(question, "slots", first, slots::entries).await?;
        Ok(slots::found(query, pages, as_of))
    }

    fn retry_after(&self, source: Source) -> Option<u32> {
        let wait = self.guards.of(source)?.wait()?;
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        Some(seconds.saturating_add(1))
    }

    async fn open(&self, request: &ContentRequest) -> Result<Option<Content>, SourceError> {
        let settings = self.settings.get(&Source::Documents);
        let settings = settings.filter(|settings| settings.serves(request.target.tenant()));
        let settings = settings.ok_or(SourceError::Unavailable)?;
        let base = TenantBase::new(&settings.base_url, request.target.tenant());
        let base = base.ok_or(SourceError::Unavailable)?;
        let begin = request
            .context
            .deadline
            .min(Instant::now() + settings.timeout);
        content::open(&self.client, request, &base, begin).await
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
pub(crate) mod tests;
