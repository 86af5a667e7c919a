//! One fetch: page after page until the last, a cap, or the deadline.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use bytes::Bytes;
use portal_application::ports::{CallContext, SourceError};
use portal_domain::id::TenantId;
use portal_domain::source::Source;
use reqwest::Client;
use url::Url;

use crate::call_record::CallRecord;

use super::addresses::TenantBase;
use super::call::{CallError, headers, send};
use super::guard::{CallEnd, SourceGuard};
use super::page::{self, PageOf, Reader};

const MAX_PAGES: usize = 20;
/// Bytes of all pages together, after decompression.
const MAX_BYTES: usize = 32 * 1_024 * 1_024;
/// A retry waits this long and up to twice as long, so that not all of them come at once.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

/// Who had less time than this, and less than half of what its source has, may be late without
/// being to blame.
const FAIR_TIME: Duration = Duration::from_millis(500);

/// Who is asked, for whom.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) source: Source,
    pub(super) tenant: &'a TenantId,
    pub(super) context: &'a CallContext,
}

/// What all pages held together.
pub(super) struct Pages<T> {
    pub(super) items: Vec<T>,
    pub(super) unreadable: usize,
    pub(super) capped: bool,
}

/// A fetch on its way.
pub(super) struct Fetch<'a> {
    client: &'a Client,
    guard: &'a SourceGuard,
    question: Question<'a>,
    base: TenantBase,
    deadline: Instant,
    /// From so much time on, a call that was not answered is the source's fault.
    fair: Duration,
    retried: bool,
    bytes: usize,
}

impl<'a> Fetch<'a> {
    /// Of a request that may take so long, if its own deadline is not nearer.
    pub(super) fn new(
        (client, guard): (&'a Client, &'a SourceGuard),
        question: Question<'a>,
        base: TenantBase,
        timeout: Duration,
    ) -> Self {
        Self {
            client,
            guard,
            question,
            base,
            deadline: question.context.deadline.min(Instant::now() + timeout),
            fair: FAIR_TIME.min(timeout / 2),
            retried: false,
            bytes: 0,
        }
    }

    /// All pages from the first. A cap that is reached cuts the set and says so.
    pub(super) async fn run<T: Send + 'static>(
        mut self,
        first: Url,
        reader: Reader<T>,
    ) -> Result<Pages<T>, SourceError> {
        let mut fetched = Pages {
            items: Vec::new(),
            unreadable: 0,
            capped: false,
        };
        let mut seen = HashSet::from([first.clone()]);
        let mut url = first;
        loop {
            let Some(page) = self.page(&url, reader).await? else {
                fetched.capped = true;
                return Ok(fetched);
            };
            fetched.items.extend(page.items);
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
    async fn page<T: Send + 'static>(
        &mut self,
        url: &Url,
        reader: Reader<T>,
    ) -> Result<Option<PageOf<T>>, SourceError> {
        let body = match self.call(url).await {
            Err(CallError::Passing) if !self.retried && self.guard.may_retry() => {
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
        page::read(body, reader).await.map(Some)
    }

    async fn call(&self, url: &Url) -> Result<Bytes, CallError> {
        let call = self.guard.enter(self.deadline).await?;
        let mut record = CallRecord::begin(self.question.source.as_str());
        let mut room = self.guard.reservation();
        let begun = Instant::now();
        let exchange = async {
            let Question {
                tenant, context, ..
            } = self.question;
            let headers = headers(tenant, context, self.deadline);
            let response = send(self.client, url.clone(), headers, &mut record).await?;
            page::receive(response, &mut room, self.deadline).await
        };
        let answer = tokio::time::timeout_at(self.deadline.into(), exchange).await;
        let answer = answer.unwrap_or_else(|_| {
            record.ended("timeout");
            Err(CallError::TimedOut)
        });
        let had_its_time = !room.waited() && begun.elapsed() >= self.fair;
        call.ended(match answer.as_ref().map_err(|error| error.end()) {
            Ok(_) => CallEnd::Answered,
            Err(CallEnd::TimedOut) if !had_its_time => CallEnd::Unjudged,
            Err(end) => end,
        });
        if let Err(CallError::NotAsked) = answer {
            self.guard.not_asked("memory");
        }
        Ok(room.hold(answer?))
    }

    /// When it is given up.
    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }
}

fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness there is no jitter, which is no reason to fail.
    let _ = rand::fill(&mut byte);
    pause + pause * u32::from(byte[0]) / 255
}
