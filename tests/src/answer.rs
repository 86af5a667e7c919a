//! An answer of the portal, read whole.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Status, headers and body of one answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.expect("the body arrives");
        Self {
            status,
            headers,
            body,
        }
    }

    /// Sends a request as it is written and reads the answer until the connection closes.
    pub async fn over_tcp(address: &str, request: &[u8]) -> Self {
        let mut stream = TcpStream::connect(address)
            .await
            .expect("the portal listens");
        stream.write_all(request).await.expect("it is sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("it answers");
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Self {
            status: status.expect("a status"),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// A header's text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The portal's error code, from a problem or an `OperationOutcome`; empty for other bodies.
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let outcome = &body["issue"][0]["details"]["coding"][0]["code"];
        body["code"]
            .as_str()
            .or(outcome.as_str())
            .unwrap_or_default()
            .to_owned()
    }

    /// Status and code, as the tables of tests show them.
    pub fn verdict(&self) -> String {
        match self.code() {
            code if code.is_empty() => self.status.to_string(),
            code => format!("{} {code}", self.status),
        }
    }

    /// The resources of a Bundle's `match` entries, or of a document's entries.
    pub fn resources(&self) -> Vec<Value> {
        let body = self.json();
        let entries = body["entry"].as_array().cloned().unwrap_or_default();
        entries
            .into_iter()
            .filter(|entry| entry["search"]["mode"] != "outcome")
            .map(|entry| entry["resource"].clone())
            .collect()
    }

    /// The ids of a Bundle's resources or of a list's items, sorted.
    pub fn ids(&self) -> Vec<String> {
        let items = match &self.json()["data"] {
            Value::Array(items) => items.clone(),
            _ => self.resources(),
        };
        let ids = items.iter().filter_map(|item| item["id"].as_str());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort();
        ids
    }

    /// Whether the body holds a text anywhere.
    pub fn says(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    /// The `next` link of a Bundle.
    pub fn next(&self) -> Option<String> {
        let body = self.json();
        let links = body["link"].as_array()?;
        let next = links.iter().find(|link| link["relation"] == "next")?;
        next["url"].as_str().map(str::to_owned)
    }
}
