//! What the sources were asked.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use axum::http::{HeaderMap, Method, Uri};
use serde::Serialize;

use crate::source::Source;

/// Calls kept per source; older ones are dropped.
const MAX_KEPT: usize = 20_000;

/// One call as it arrived at a source.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedCall {
    /// The HTTP method.
    pub method: String,
    /// Path and query exactly as sent.
    pub path_and_query: String,
    /// Names in lower case, and values; a value that is no text is empty.
    pub headers: Vec<(String, String)>,
}

impl RecordedCall {
    pub(crate) fn new(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        Self {
            method: method.to_string(),
            path_and_query: uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
        }
    }

    /// The first value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordedCall(****)")
    }
}

/// The latest calls of every source.
#[derive(Default)]
pub(crate) struct Calls(HashMap<Source, VecDeque<RecordedCall>>);

impl Calls {
    pub(crate) fn record(&mut self, source: Source, call: RecordedCall) {
        let kept = self.0.entry(source).or_default();
        if kept.len() == MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back(call);
    }

    pub(crate) fn of(&self, source: Source) -> Vec<RecordedCall> {
        self.0.get(&source).into_iter().flatten().cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
