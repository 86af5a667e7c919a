//! One fetch: page after page until the last, a cap, or the deadline.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use portal_application::ports::{CallContext, SourceError};
use portal_domain::disclosure::Room;
use portal_domain::id::TenantId;
use url::Url;

use super::addresses::TenantBase;
use super::call::{CallError, check, headers};
use super::guard::Reservation;
use super::line::{Calls, SourceLine};
use super::page::{self, PageOf, Reader};

const MAX_PAGES: usize = 20;
/// Bytes of all pages together, after decompression.
const MAX_BYTES: usize = 32 * 1_024 * 1_024;

/// What all pages held together.
pub(super) struct Pages<T> {
    pub(super) items: Vec<T>,
    pub(super) unreadable: usize,
    pub(super) capped: bool,
    /// What the pages take of the budget of memory.
    pub(super) room: Room,
}

/// A fetch on its way.
pub(super) struct Fetch<'a> {
    calls: Calls<'a>,
    asked: (&'a TenantId, &'a CallContext),
    bytes: usize,
}

impl<'a> Fetch<'a> {
    /// For a tenant; the deadline of the request may be nearer than the source's time.
    pub(super) fn new(
        line: &'a SourceLine,
        asked: (&'a TenantId, &'a CallContext),
        base: TenantBase,
    ) -> Self {
        let deadline = Instant::now() + line.timeout();
        Self {
            calls: line.calls(base, asked.1.deadline.min(deadline)),
            asked,
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
            room: Room::default(),
        };
        let mut seen = HashSet::from([first.clone()]);
        let mut url = first;
        loop {
            let Some(page) = self.page(&url, reader, &mut fetched.room).await? else {
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
            url = self
                .calls
                .base()
                .next(&url, &next)
                .ok_or(SourceError::Invalid)?;
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
        room: &mut Room,
    ) -> Result<Option<PageOf<T>>, SourceError> {
        let (body, taken) = self.call(url).await?;
        room.add(taken);
        self.bytes += body.len();
        if self.bytes > MAX_BYTES {
            return Ok(None);
        }
        page::read(body, reader).await.map(Some)
    }

    async fn call(&mut self, url: &Url) -> Result<(Bytes, Arc<Reservation>), CallError> {
        let line = self.calls.line();
        let headers = headers(self.asked.0, self.asked.1);
        let search = line.client().get(url.clone()).headers(headers).build();
        let search = search.map_err(|_| CallError::NotAsked)?;
        let (response, exchange) = self.calls.open(&search).await?;
        let mut room = line.guard().reservation();
        let deadline = self.calls.deadline();
        let reading = async {
            check(&response)?;
            page::receive(response, &mut room, deadline).await
        };
        let body = tokio::time::timeout_at(deadline.into(), reading).await;
        let body = body.unwrap_or(Err(CallError::TimedOut));
        exchange.ended(body.as_ref().err().copied(), room.waited());
        if let Err(CallError::NotAsked) = body {
            line.guard().not_asked("memory");
        }
        Ok(room.hold(body?))
    }

    /// When it is given up.
    pub(super) const fn deadline(&self) -> Instant {
        self.calls.deadline()
    }
}
