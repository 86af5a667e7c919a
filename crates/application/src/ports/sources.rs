//! The clinical services.

use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::Fetched;
use portal_domain::id::RequestId;
use portal_domain::source::{RecordSet, Source};

use super::slots::{FoundSlots, SlotQuery};

/// What goes along with a call: whose budget it uses and how it is found again in logs.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// The correlation, `X-Request-ID`.
    pub request_id: RequestId,
    /// The tenant's language, `Accept-Language`.
    pub language: String,
    /// When the answer stops being useful; passed on as `X-Request-Deadline-Ms`.
    pub deadline: Instant,
}

/// One question to a source.
#[derive(Debug, Clone)]
pub struct SourceRequest {
    /// Whose records of which type: only a permit gives it.
    pub target: RecordTarget,
    /// Which set; its source and type.
    pub set: RecordSet,
    /// The category that is asked for; none for every one.
    pub category: Option<&'static str>,
    /// The records of the set by these ids of the source's own; without any the whole set.
    pub ids: Vec<Box<str>>,
    /// Budget and correlation.
    pub context: CallContext,
}

/// One question to a source: which of its Patients carries an identifier.
#[derive(Clone)]
pub struct PatientQuery {
    /// Whose identifier it is: only a permit gives it.
    pub target: RecordTarget,
    /// Who is asked.
    pub source: Source,
    /// The identifier's system.
    pub system: Box<str>,
    /// The identifier's value.
    pub value: Box<str>,
    /// Budget and correlation.
    pub context: CallContext,
}

/// Why a source's part is missing. Carries nothing that the source said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SourceError {
    /// Refused the connection, or answered 4xx or 5xx.
    #[error("source unavailable")]
    Unavailable,
    /// Did not answer within the budget.
    #[error("source timed out")]
    TimedOut,
    /// Answered something that is not a usable searchset.
    #[error("source answered garbage")]
    Invalid,
    /// The store of what the portal itself holds is out of reach.
    #[error("store unavailable")]
    Store,
}

/// One question for the content of a Binary.
#[derive(Debug, Clone)]
pub struct ContentRequest {
    /// Whose document it is reached from: only a permit gives it.
    pub target: RecordTarget,
    /// The source's own id of the Binary.
    pub id: Box<str>,
    /// Budget and correlation; the deadline is that of the first byte.
    pub context: CallContext,
}

/// The content broke off, or went beyond its cap. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("content broken")]
pub struct ContentBroken;

/// A content on its way: never in memory as a whole.
pub struct Content {
    /// One of the media types that may leave.
    pub media_type: &'static str,
    /// Its length in bytes, if the source says so.
    pub length: Option<u64>,
    /// Its bytes, in order. An error means that it has no honest end.
    pub chunks: BoxStream<'static, Result<Bytes, ContentBroken>>,
}

/// Reads sources over FHIR R4 search, within deadline, size, depth and page caps.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The records of a set. Nothing of the answer is believed yet.
    async fn fetch(&self, request: &SourceRequest) -> Result<Fetched, SourceError>;

    /// The Patients that a source has of an identifier. Nothing of the answer is believed yet.
    async fn patients(&self, query: &PatientQuery) -> Result<Fetched, SourceError>;

    /// Seconds for which a source that failed is not asked at all; none for one that is.
    fn retry_after(&self, _source: Source) -> Option<u32> {
        None
    }

    /// The open times that answer a query. What does not is dropped already.
    async fn slots(
        &self,
        _query: &SlotQuery,
        _context: &CallContext,
    ) -> Result<FoundSlots, SourceError> {
        Err(SourceError::Unavailable)
    }

    /// Opens the content of a Binary of [`portal_domain::source::Source::Documents`]. `None` when
    /// the source has none of that id; [`SourceError::Invalid`] when its type may not leave or it
    /// is too large.
    async fn open(&self, request: &ContentRequest) -> Result<Option<Content>, SourceError>;
}
