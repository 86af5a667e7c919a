//! The sources of a deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use portal_application::ports::{
    CallContext, Clock, Component, Content, ContentRequest, PatientQuery, SourceError,
    SourceRequest, Sources,
};
use portal_domain::disclosure::Fetched;
use portal_domain::source::Source;
use reqwest::Client;
use url::Url;

use crate::fault::Fault;

use super::addresses::TenantBase;
use super::content;
use super::fetch::Fetch;
use super::guard::guards;
use super::line::SourceLine;
use super::settings::SourceSettings;

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

    /// Where and how a set is asked for; `None` when the source may not be asked.
    fn way(&self, request: &SourceRequest) -> Option<(&SourceLine, TenantBase)> {
        let line = self.lines.get(&request.set.source())?;
        let same_type = request.target.resource_type() == request.set.resource_type();
        let base = line.base(request.target.tenant())?;
        same_type.then_some((line, base))
    }
}

fn faults_of(source: Source, settings: Option<&SourceSettings>) -> Vec<Fault> {
    let prefix = source.as_str().to_ascii_uppercase().replace('-', "_");
    match settings {
        Some(settings) => settings.faults(&prefix),
        None => vec![Fault::new(format!("{prefix}_URL"), "expected a base URL")],
    }
}

async fn run(fetch: Fetch<'_>, first: Url, as_of: Timestamp) -> Result<Fetched, SourceError> {
    let deadline = fetch.deadline();
    let fetched = tokio::time::timeout_at(deadline.into(), fetch.run(first, as_of)).await;
    fetched.unwrap_or(Err(SourceError::TimedOut))
}

fn failed(source: Source, set: &'static str, error: SourceError, context: &CallContext) {
    let upstream = source.as_str();
    tracing::warn!(upstream, set, %error, request_id = %context.request_id, "upstream.failed");
}

#[async_trait]
impl Sources for FhirSources {
    async fn fetch(&self, request: &SourceRequest) -> Result<Fetched, SourceError> {
        let (line, base) = self.way(request).ok_or(SourceError::Unavailable)?;
        let as_of = self.clock.now();
        let Some(first) = base.search(request) else {
            // No source can hold a record of such an id, and none is asked for it.
            return Ok(Fetched {
                records: Vec::new(),
                unreadable: 0,
                capped: false,
                as_of,
            });
        };
        let asked = (request.target.tenant(), &request.context);
        let fetched = run(Fetch::new(line, asked, base), first, as_of).await;
        fetched
            .inspect_err(|error| failed(request.set.source(), request.set.name(), *error, asked.1))
    }

    async fn patients(&self, query: &PatientQuery) -> Result<Fetched, SourceError> {
        let tenant = query.target.tenant();
        let line = self.lines.get(&query.source);
        let line = line.ok_or(SourceError::Unavailable)?;
        let base = line.base(tenant).ok_or(SourceError::Unavailable)?;
        let first = base.patients(&query.system, &query.value);
        let first = first.ok_or(SourceError::Unavailable)?;
        let fetch = Fetch::new(line, (tenant, &query.context), base);
        let fetched = run(fetch, first, self.clock.now()).await;
        fetched.inspect_err(|error| failed(query.source, "patient-link", *error, &query.context))
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
