//! One exchange with a service that speaks REST: sent, counted, ended in time, its answer read up
//! to a size.

use std::time::{Duration, Instant};

use portal_fhir::json::{Kind, Tree};
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::call_record::CallRecord;
use crate::http_client::{is_json, read_body};

/// Bytes of an answer, after decompression.
const MAX_BODY: usize = 256 * 1_024;
const MAX_DEPTH: usize = 64;

/// There is no answer. Carries nothing of the request: its address and body may name people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExchangeError {
    /// Nobody could be reached, or the connection broke.
    Unreachable,
    /// Not in time.
    TimedOut,
    /// A body that is too large, cut off, or no JSON.
    Unreadable,
}

/// What a service answered.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    /// The JSON of a success; empty for anything else.
    pub(crate) body: Vec<u8>,
}

impl Answered {
    /// The body as one object, in which no member stands twice.
    pub(crate) fn object(&self) -> Option<Tree<'_>> {
        let tree = Tree::parse(&self.body, MAX_DEPTH).ok()?;
        (tree.root().kind() == Kind::Object).then_some(tree)
    }
}

/// Sends a request and waits for the end of its answer, until the deadline at most.
pub(crate) async fn exchange(
    request: RequestBuilder,
    upstream: &'static str,
    deadline: Instant,
) -> Result<Answered, ExchangeError> {
    let mut record = CallRecord::begin(upstream);
    let answer = tokio::time::timeout_at(deadline.into(), send(request, &mut record)).await;
    answer.unwrap_or_else(|_| {
        record.ended("timeout");
        Err(ExchangeError::TimedOut)
    })
}

/// The same within a time from now on.
pub(crate) async fn exchange_within(
    request: RequestBuilder,
    upstream: &'static str,
    patience: Duration,
) -> Result<Answered, ExchangeError> {
    exchange(request, upstream, Instant::now() + patience).await
}

async fn send(request: RequestBuilder, record: &mut CallRecord) -> Result<Answered, ExchangeError> {
    let response = request.send().await.map_err(|_| {
        record.ended("connect_error");
        ExchangeError::Unreachable
    })?;
    record.answered(response.status());
    answered(response).await
}

/// Reads an answer whose headers are here.
pub(crate) async fn answered(response: Response) -> Result<Answered, ExchangeError> {
    let status = response.status();
    let body = if status == StatusCode::OK {
        read(response).await?
    } else {
        Vec::new()
    };
    Ok(Answered { status, body })
}

async fn read(response: Response) -> Result<Vec<u8>, ExchangeError> {
    if !is_json(response.headers()) {
        return Err(ExchangeError::Unreadable);
    }
    let body = read_body(response, MAX_BODY).await;
    body.map_err(|_| ExchangeError::Unreadable)
}
