//! Logs and metrics of the process.

mod lines;
mod metrics;
mod process;

use std::io::Write;
use std::sync::Arc;

use portal_application::ports::Clock;
use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

pub use lines::JsonLines;
pub use metrics::{Metrics, MetricsError};

/// Lines that may wait for the output; further ones are dropped and counted.
const BUFFERED_LINES: usize = 16_384;

/// Keeps the logs flowing. Dropped last, so that the last lines are written.
#[must_use]
pub struct Logs {
    dropped: ErrorCounter,
    _guard: WorkerGuard,
}

impl Logs {
    /// Counts the lines that the output was too slow for.
    pub fn dropped(&self) -> ErrorCounter {
        self.dropped.clone()
    }
}

/// Writes logs as JSON lines to `output` from now on, and panics among them.
pub fn start_logs(
    output: impl Write + Send + 'static,
    level: Level,
    region: &str,
    clock: Arc<dyn Clock>,
) -> Result<Logs, TryInitError> {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(BUFFERED_LINES)
        .thread_name("logs")
        .finish(output);
    let dropped = writer.error_counter();
    let lines = JsonLines::new(writer, region, clock).with_filter(targets(level));
    tracing_subscriber::registry().with(lines).try_init()?;
    log_panics();
    Ok(Logs {
        dropped,
        _guard: guard,
    })
}

// Libraries log URLs and headers at lower levels, and those hold ids and tokens.
fn targets(level: Level) -> Targets {
    Targets::new()
        .with_default(Level::WARN)
        .with_target("sqlx", Level::ERROR)
        .with_target("portal", level)
        .with_target("patient_portal", level)
}

// A panic's message may quote a value; its place is enough to find it.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}
