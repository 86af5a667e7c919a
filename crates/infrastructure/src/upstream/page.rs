//! One page: its bytes as they arrive, and the records in it.

use std::time::Instant;

use bytes::Bytes;
use portal_application::large::work_on;
use portal_application::ports::SourceError;
use portal_fhir::{Limits, Page, Record, SearchMode, StructureGuard, read_header, read_searchset};
use reqwest::Response;

use super::body::Body;
use super::call::CallError;
use super::guard::{NoRoom, Reservation};

/// Bytes of a page, after decompression.
pub(super) const MAX_PAGE: usize = 10 * 1_024 * 1_024;
/// Records that are taken of one page.
pub(super) const MAX_ENTRIES: usize = 1_000;
/// Entries beyond which a page is not looked into at all. In between, a source that does not page
/// shows its first records rather than none.
const ABSURD_ENTRIES: usize = 10_000;

/// What one page held.
pub(super) struct PageOf<T> {
    pub(super) items: Vec<T>,
    pub(super) unreadable: usize,
    pub(super) cut: bool,
    pub(super) next: Option<String>,
}

/// How a page is read.
pub(super) type Reader<T> = fn(&Bytes) -> Result<PageOf<T>, SourceError>;

pub(super) const LIMITS: Limits = Limits {
    max_entries: ABSURD_ENTRIES,
    max_depth: 64,
};

/// Reads an answer's body into room that is reserved as it grows, while its structure is watched.
pub(super) async fn receive(
    mut response: Response,
    room: &mut Reservation,
    deadline: Instant,
) -> Result<Body, CallError> {
    let announced = response.content_length().unwrap_or_default();
    let announced = usize::try_from(announced).unwrap_or(usize::MAX);
    let mut guard = StructureGuard::new(LIMITS.page_depth());
    let mut body = Body::new();
    make_room(&mut body, announced, room, deadline).await?;
    while let Some(chunk) = response.chunk().await.map_err(|_| CallError::Invalid)? {
        make_room(&mut body, chunk.len(), room, deadline).await?;
        guard.push(&chunk).map_err(|_| CallError::Invalid)?;
        body.push(&chunk).map_err(|_| CallError::NotAsked)?;
    }
    guard.finish().map_err(|_| CallError::Invalid)?;
    Ok(body)
}

/// Has a body reserve room for further bytes before it takes memory for them.
async fn make_room(
    body: &mut Body,
    further: usize,
    room: &mut Reservation,
    deadline: Instant,
) -> Result<(), CallError> {
    let length = body.len().saturating_add(further);
    if length > MAX_PAGE {
        return Err(CallError::Invalid);
    }
    let reserved = room.grow_to(length, deadline).await;
    reserved.map_err(|NoRoom| CallError::NotAsked)?;
    // No more than is reserved, and all of it, so that nothing is copied on the way.
    let made = body.make_room(room.size());
    made.map_err(|_| CallError::NotAsked)
}

/// Reads a page.
pub(super) async fn read<T: Send + 'static>(
    body: Bytes,
    reader: Reader<T>,
) -> Result<PageOf<T>, SourceError> {
    let read = work_on(body.len(), move || reader(&body)).await;
    read.unwrap_or(Err(SourceError::Invalid))
}

/// A page of a search.
pub(super) fn searchset(body: &Bytes) -> Result<Page, SourceError> {
    read_searchset(body, &LIMITS).map_err(|_| SourceError::Invalid)
}

/// The records of a page of a search.
pub(super) fn records(body: &Bytes) -> Result<PageOf<Record>, SourceError> {
    searchset(body).map(records_of)
}

fn records_of(page: Page) -> PageOf<Record> {
    let mut read = PageOf {
        items: Vec::with_capacity(page.entries.len().min(MAX_ENTRIES)),
        unreadable: page.dropped,
        cut: page.entries.len() > MAX_ENTRIES,
        next: page.next,
    };
    for entry in page.entries.into_iter().take(MAX_ENTRIES) {
        match entry.mode {
            SearchMode::Include | SearchMode::Outcome => {}
            SearchMode::Match => match read_header(&entry.resource, &LIMITS) {
                Ok(header) => read.items.push(Record {
                    header,
                    bytes: entry.resource,
                }),
                Err(_) => read.unreadable += 1,
            },
        }
    }
    read
}
