//! The sandbox: sources and issuer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Outcome;
use crate::http::{self, Connection};
use crate::program::Program;
use crate::records::TENANT;

/// A running sandbox.
pub(crate) struct Sandbox {
    _program: Program,
    connection: Connection,
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
    /// That of staff.
    pub(crate) staff_issuer: String,
    /// Base URL by name.
    pub(crate) sources: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Ready {
    address: SocketAddr,
    issuer: String,
    #[serde(rename = "staffIssuer")]
    staff_issuer: String,
    sources: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Minted {
    access_token: String,
}

impl Sandbox {
    pub(crate) async fn start(programs: &Path, dir: &Path) -> Outcome<Self> {
        let mut command = Command::new(programs.join("portal-sandbox"));
        command.env("RUST_LOG", "warn");
        let log = dir.join("sandbox.log");
        let (program, line) = Program::start_telling("portal-sandbox", command, &log).await?;
        let ready: Ready = serde_json::from_str(&line)?;
        Ok(Self {
            _program: program,
            connection: Connection::open(ready.address).await?,
            address: ready.address,
            issuer: ready.issuer,
            staff_issuer: ready.staff_issuer,
            sources: ready.sources,
        })
    }

    /// Stores a resource of the benchmark's tenant.
    pub(crate) async fn put(&mut self, source: &str, resource: &Value) -> Outcome<()> {
        let path = format!("/_admin/records/{source}?tenant={TENANT}");
        self.post(&path, resource).await.map(drop)
    }

    /// A signed token with these claims.
    pub(crate) async fn token(&mut self, claims: &Value) -> Outcome<String> {
        let answer = self.post("/_admin/token", claims).await?;
        Ok(serde_json::from_slice::<Minted>(&answer)?.access_token)
    }

    /// Makes every source wait before each answer.
    pub(crate) async fn delay_sources(&mut self, latency_ms: u64) -> Outcome<()> {
        let names: Vec<String> = self.sources.keys().cloned().collect();
        for name in names {
            let path = format!("/_admin/sources/{name}/fault");
            self.post(&path, &json!({ "latencyMs": latency_ms }))
                .await?;
        }
        Ok(())
    }

    /// Has a source misbehave in a way that the sandbox knows.
    pub(crate) async fn fault(&mut self, source: &str, mode: &str) -> Outcome<()> {
        let path = format!("/_admin/sources/{source}/fault");
        self.post(&path, &json!({ "mode": mode })).await.map(drop)
    }

    /// The issuer's keys.
    pub(crate) async fn key_set(&mut self) -> Outcome<Vec<u8>> {
        let path = url::Url::parse(&self.issuer)?.path().to_owned();
        let path = format!("{path}/protocol/openid-connect/certs");
        let request = http::get(self.address, &path, "");
        self.send(&request).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Outcome<Vec<u8>> {
        let request = http::post(self.address, path, body.to_string().as_bytes());
        self.send(&request).await
    }

    async fn send(&mut self, request: &[u8]) -> Outcome<Vec<u8>> {
        let answer = self.connection.exchange(request).await?;
        if (200..300).contains(&answer.status) {
            Ok(answer.body.to_vec())
        } else {
            Err(format!("the sandbox answers {}", answer.status).into())
        }
    }
}
