//! `load`: measures the service against the floor and against nginx as a
//! proxy, on one machine in one run, and writes the table.
//!
//! The rate of a program is 1 / CPU seconds of its own process per request, so
//! the client beside it, which has to share the machine, does not count.
//! Whatever is started is ended: on success, on an error and on Ctrl-C.

mod bench;
mod bulk;
mod closed;
mod cold;
mod hostile;
mod http;
mod isolation;
mod journal;
mod latency;
mod machine;
mod open;
mod outbox;
mod page;
mod peers;
mod program;
mod records;
mod report;
mod sandbox;
mod servers;
mod service;
mod stage;
mod target;
mod usage;

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a step of the benchmark gives.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Where logs, bodies and the report go, below the folder it runs in.
const FOLDER: &str = ".local/bench";

/// Measures the service against the floor
///
/// Run by `make bench`, which starts PostgreSQL, Redis and NATS. Progress goes
/// to stderr; the report to stdout and to .local/bench/report.md.
#[derive(Parser)]
struct Arguments {
    /// Measured seconds of each row
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,

    /// Seconds before that, under the same load
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    warm_up: u64,

    /// Keep-alive connections of the closed loop
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=512))]
    connections: u16,

    /// Seconds of cold summaries; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=300))]
    cold_seconds: u32,

    /// Cold summaries a second
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    cold_rate: u32,

    /// Only rows that have this text in their name
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

// One thread, so that the client leaves a core to the program it asks.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Outcome<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let dir = std::env::current_dir()?.join(FOLDER);
    fs::create_dir_all(&dir)?;
    let report = tokio::select! {
        report = bench::run(arguments, &dir) => report?,
        _ = terminate.recv() => return Err("ended by a signal".into()),
        _ = interrupt.recv() => return Err("interrupted".into()),
    };
    publish(&report.to_string(), &dir)
}

fn publish(report: &str, dir: &Path) -> Outcome<()> {
    fs::write(dir.join("report.md"), report)?;
    io::stdout().write_all(report.as_bytes())?;
    Ok(())
}

/// Tells of progress.
fn say(text: &str) {
    eprintln!("load: {text}");
}
