//! An import whose lines are sent one after the other, while its outcomes are read.

use std::convert::Infallible;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;

use crate::portal::TestPortal;
use crate::staff::Staff;

/// An import on its way.
#[derive(Debug)]
pub struct StaffImport {
    lines: mpsc::Sender<Result<Bytes, Infallible>>,
    answer: reqwest::Response,
    text: Vec<u8>,
}

impl StaffImport {
    /// Sends text: whole lines, or parts of them.
    pub async fn send(&mut self, text: &'static str) {
        let text = Bytes::from_static(text.as_bytes());
        self.lines.send(Ok(text)).await.expect("it is read");
    }

    /// The next outcome; none when the portal has ended the import.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("JSON"));
            }
            let chunk = self.answer.chunk().await.expect("the answer goes on")?;
            self.text.extend_from_slice(&chunk);
        }
    }
}

impl TestPortal {
    /// Begins an import as somebody of staff with its first lines.
    pub async fn staff_import(
        &self,
        staff: &Staff,
        path: &str,
        first: &'static str,
    ) -> StaffImport {
        let (mut lines, body) = mpsc::channel(4);
        let text = Bytes::from_static(first.as_bytes());
        lines.send(Ok(text)).await.expect("there is room");
        let request = self
            .client
            .post(format!("{}/internal/portal/{path}", self.pod.internal_url))
            .bearer_auth(self.staff_token(staff))
            .header("Content-Type", "application/x-ndjson")
            .body(reqwest::Body::wrap_stream(body.map(|part| part)));
        let answer = request.send().await.expect("the portal answers");
        StaffImport {
            lines,
            answer,
            text: Vec::new(),
        }
    }
}
