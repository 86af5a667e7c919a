//! One fetch: page after page until the last, a cap, or the deadline.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use jiff::Timestamp;
use portal_application::ports::{SourceError, SourceRequest};
use portal_domain::disclosure::Fetched;
use portal_domain::source::Source;
use reqwest::Client;
use url::Url;

use crate::call_record::CallRecord;

use super::addresses::TenantBase;
use super::call::{CallError, headers, send};
use super::page::{self, PageRecords};

const MAX_PAGES: usize = 20;
/// Bytes of all pages together, after decompression.
const MAX_BYTES: usize = 32 * 1_024 * 1_024;
/// A retry waits this long and up to twice as long, so that not all of them come at once.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

/// A fetch on its way.
pub(super) struct Fetch<'a> {
    pub(super) client: &'a Client,
    pub(super) source: Source,
    pub(super) request: &'a SourceRequest,
    pub(super) base: TenantBase,
    pub(super) deadline: Instant,
    retried: bool,
    bytes: usize,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(
        client: &'a Client,
        request: &'a SourceRequest,
        base: TenantBase,
        deadline: Instant,
    ) -> Self {
        Self {
            client,
            source: request.set.source(),
            request,
            base,
            deadline,
            retried: false,
            bytes: 0,
        }
    }

    /// All pages from the first. A cap that is reached cuts the set and says so.
    pub(super) async fn run(
        mut self,
        first: Url,
        as_of: Timestamp,
    ) -> Result<Fetched, SourceError> {
        let mut fetched = Fetched {
            records: Vec::new(),
            unreadable: 0,
            capped: false,
            as_of,
        };
        let mut seen = HashSet::from([first.clone()]);
        let mut url = first;
        loop {
            let Some(page) = self.page(&url).await? else {
                fetched.capped = true;
                return Ok(fetched);
            };
            fetched.records.extend(page.records);
            fetched.unreadable += page.unreadable;
            fetched.capped |= page.cut;
            let Some(next) = page.next else {
                return Ok(fetched);
            };
            if seen.len() == MAX_PAGES {
                fetched.capped = true;
                return Ok(fetched);
            }
            url = self.base.next(&url, &next).ok_or(SourceError::Invalid)?;
            if !seen.insert(url.clone()) {
                return Err(SourceError::Invalid);
            }
        }
    }

    /// One page, `None` when it would be too much of all pages together.
    async fn page(&mut self, url: &Url) -> Result<Option<PageRecords>, SourceError> {
        let body = match self.call(url).await {
            Err(CallError::Passing) if !self.retried => {
                self.retried = true;
                tokio::time::sleep(jittered(RETRY_PAUSE)).await;
                self.call(url).await?
            }
            body => body?,
        };
        self.bytes += body.len();
        if self.bytes > MAX_BYTES {
            return Ok(None);
        }
        page::read(body).await.map(Some)
    }

    async fn call(&self, url: &Url) -> Result<bytes::Bytes, CallError> {
        let mut record = CallRecord::begin(self.source.as_str());
        let headers = headers(
            self.request.target.tenant(),
            &self.request.context,
            self.deadline,
        );
        let exchange = async {
            let response = send(self.client, url.clone(), headers, &mut record).await?;
            page::receive(response).await.map_err(CallError::Lasting)
        };
        let answer = tokio::time::timeout_at(self.deadline.into(), exchange).await;
        answer.unwrap_or_else(|_| {
            record.ended("timeout");
            Err(CallError::Lasting(SourceError::TimedOut))
        })
    }
}

fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness there is no jitter, which is no reason to fail.
    let _ = rand::fill(&mut byte);
    pause + pause * u32::from(byte[0]) / 255
}
