//! `portal-sandbox`: sources, issuer and records on one address.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use portal_sandbox::{
    DemoDelegation, DemoPerson, DemoRegistrant, DemoStaff, Options, Sandbox, start,
};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Simulated sources, an OIDC issuer and synthetic records
///
/// Serves FHIR R4 sources under /registration/fhir, /patient-chart/fhir,
/// /laboratory/fhir, /medication/fhir and /immunizations/fhir, the services
/// /communication and /identity, and an issuer under /realms/REALM with its
/// administration under /admin/realms/REALM. Prints one line of JSON when ready: addresses and
/// people, with who may act for whom, who
/// has no account yet, and staff. GET /_admin lists the routes for tokens, faults and records.
/// Ctrl-C or SIGTERM stops it. Logs go to stderr (`RUST_LOG` selects them).
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    address: SocketAddr,

    /// Folder of FHIR transaction Bundles (*.json, e.g. Synthea's) in place of
    /// the generated people of tenant `demo`
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,

    /// Seed of the generator: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Observations of the one person with a large record
    #[arg(long, value_name = "N", default_value_t = 300)]
    large: usize,

    /// Let patient-chart hold copies of laboratory Observations
    #[arg(long)]
    chart_copies: bool,

    /// Origin for links and `iss`, if it is not that of ADDRESS
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,

    /// Realm of the issuer, with keys of its own; may be repeated
    #[arg(long = "realm", value_name = "NAME", default_values_t = ["demo".to_owned(), "staff".to_owned()])]
    realms: Vec<String>,
}

impl From<Arguments> for Options {
    fn from(arguments: Arguments) -> Self {
        Self {
            address: arguments.address,
            records: arguments.records,
            seed: arguments.seed,
            large: arguments.large,
            chart_copies: arguments.chart_copies,
            public_url: arguments.public_url,
            realms: arguments.realms,
        }
    }
}

/// The line that is printed when all is ready.
#[derive(Serialize)]
struct Ready {
    address: SocketAddr,
    issuer: String,
    #[serde(rename = "staffIssuer")]
    staff_issuer: Option<String>,
    sources: BTreeMap<&'static str, String>,
    people: Vec<DemoPerson>,
    delegations: Vec<DemoDelegation>,
    registrants: Vec<DemoRegistrant>,
    staff: Vec<DemoStaff>,
}

impl Ready {
    fn of(sandbox: &Sandbox) -> Self {
        let sources = Sandbox::source_names();
        Self {
            address: sandbox.address,
            issuer: sandbox.issuer_url(),
            staff_issuer: sandbox.issuer_url_of("staff"),
            sources: sources
                .into_iter()
                .map(|name| (name, sandbox.source_url(name)))
                .collect(),
            people: sandbox.patients(),
            delegations: sandbox.delegations(),
            registrants: sandbox.registrants(),
            staff: sandbox.staff(),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_terminal);
    logs.with_writer(io::stderr).init();
    match run(arguments.into()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(reason = reasons(&error), "the sandbox cannot run");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    // Before the line is printed, so that a signal right after it is heard.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sandbox = start(options).await?;
    let ready = serde_json::to_string(&Ready::of(&sandbox)).map_err(io::Error::other)?;
    writeln!(io::stdout(), "{ready}")?;
    tracing::info!(address = %sandbox.address, "ready");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    sandbox.stop().await
}

/// The error and what lies below it, in one line.
fn reasons(error: &io::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.get_ref().and_then(|inner| inner.source());
    // An error chain of ours is at most a few links long.
    while let Some(reason) = source {
        text.push_str(": ");
        text.push_str(&reason.to_string());
        source = Error::source(reason);
    }
    text
}
