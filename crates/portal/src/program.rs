//! From the command line to a role, and from its end to a status.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use portal_application::ports::Clock as _;
use portal_infrastructure::postgres::MigrateError;
use portal_infrastructure::system::SystemClock;

use crate::cli::{Cli, Command, ConfigCommand, SettingsArgs};
use crate::config::{self, Faults, Inputs, Process};
use crate::healthcheck::{self, HealthcheckError};
use crate::import::ImportError;
use crate::serve::ServeError;
use crate::telemetry::{self, Logs, Metrics};

/// `EX_CONFIG` of sysexits(3): what is wrong is in the configuration, and trying again is in vain.
const CONFIGURATION: u8 = 78;

/// What tasks may take that are still under way when a role has ended.
const LAST_TASKS: Duration = Duration::from_secs(1);

/// Why the program ends with another status than 0.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error("{0}")]
    Configuration(#[from] Faults),
    #[error("cannot read the file of --config ({0})")]
    ConfigFile(io::ErrorKind),
    #[error("cannot start the runtime ({0})")]
    Runtime(io::ErrorKind),
    #[error("cannot start logs and metrics")]
    Telemetry,
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("{}", with_detail(.0))]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Healthcheck(#[from] HealthcheckError),
    #[error("cannot write to standard output ({0})")]
    Output(io::ErrorKind),
}

impl ProgramError {
    fn status(&self) -> u8 {
        match self {
            Self::Configuration(_)
            | Self::ConfigFile(_)
            | Self::Serve(ServeError::Wiring(_) | ServeError::Refused(_))
            | Self::Migrate(MigrateError::Url(_)) => CONFIGURATION,
            Self::Runtime(_)
            | Self::Telemetry
            | Self::Serve(_)
            | Self::Migrate(_)
            | Self::Import(_)
            | Self::Healthcheck(_)
            | Self::Output(_) => 1,
        }
    }
}

// The detail says which logins are missing, for instance.
fn with_detail(error: &MigrateError) -> String {
    match error {
        MigrateError::Failed { detail, .. } if !detail.is_empty() => format!("{error}: {detail}"),
        MigrateError::Failed { .. } | MigrateError::Url(_) | MigrateError::Changed(_) => {
            error.to_string()
        }
    }
}

/// Runs the role that the command line names.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("patient-portal: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn run(cli: Cli) -> Result<(), ProgramError> {
    let settings = Settings::gather(&cli.settings)?;
    match cli.command {
        Command::Serve { without_relay } => serve(&settings, !without_relay),
        Command::Relay => relay(&settings),
        Command::Migrate => migrate(&settings),
        Command::Import { file } => import(&settings, &file),
        Command::Config(ConfigCommand::Check { without_relay }) => {
            let reading = settings.with_inputs(|inputs| config::serve(inputs, !without_relay))?;
            print(&reading.effective)
        }
        Command::Config(ConfigCommand::Example) => print(&config::example()),
        Command::Openapi { internal } => print(&crate::openapi::document(internal)),
        Command::Healthcheck { url } => {
            let url = match url {
                Some(url) => url,
                None => healthcheck::local_url(settings.read(config::process)?.addresses.admin),
            };
            Ok(healthcheck::check(&url)?)
        }
    }
}

fn serve(settings: &Settings, with_relay: bool) -> Result<(), ProgramError> {
    let config = settings.read(|inputs| config::serve(inputs, with_relay))?;
    let (logs, metrics) = start_telemetry(&config.process)?;
    let process = config.process.clone();
    let ended = run_to_end(&process, crate::serve::serve(config, metrics));
    drop(logs);
    ended
}

fn relay(settings: &Settings) -> Result<(), ProgramError> {
    let config = settings.read(config::relay)?;
    let (logs, metrics) = start_telemetry(&config.process)?;
    let process = config.process.clone();
    let ended = run_to_end(&process, crate::serve::relay(config, metrics));
    drop(logs);
    ended
}

fn migrate(settings: &Settings) -> Result<(), ProgramError> {
    let config = settings.read(config::operate)?;
    let logs = start_logs(io::stdout(), &config.process)?;
    let ended = run_to_end(&config.process, crate::migrate::run(&config));
    drop(logs);
    ended
}

// Standard output is for the outcomes.
fn import(settings: &Settings, file: &Path) -> Result<(), ProgramError> {
    let config = settings.read(config::operate)?;
    let logs = start_logs(io::stderr(), &config.process)?;
    let ended = run_to_end(&config.process, crate::import::run(&config, file));
    drop(logs);
    ended
}

fn start_logs(
    output: impl io::Write + Send + 'static,
    process: &Process,
) -> Result<Logs, ProgramError> {
    telemetry::start_logs(
        output,
        process.log_level,
        &process.region,
        Arc::new(SystemClock),
    )
    .map_err(|_| ProgramError::Telemetry)
}

fn start_telemetry(process: &Process) -> Result<(Logs, Metrics), ProgramError> {
    let logs = start_logs(io::stdout(), process)?;
    let metrics = Metrics::install().map_err(|_| ProgramError::Telemetry)?;
    let metrics = metrics.with_lines_dropped(logs.dropped());
    Ok((logs, metrics))
}

fn run_to_end<E>(
    process: &Process,
    role: impl Future<Output = Result<(), E>>,
) -> Result<(), ProgramError>
where
    ProgramError: From<E>,
{
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = process.worker_threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build();
    let runtime = runtime.map_err(|error| ProgramError::Runtime(error.kind()))?;
    let ended = runtime.block_on(role);
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_timeout(LAST_TASKS);
    Ok(ended?)
}

fn print(text: &str) -> Result<(), ProgramError> {
    use io::Write as _;
    let written = io::stdout().write_all(text.as_bytes());
    written.map_err(|error| ProgramError::Output(error.kind()))
}

/// What the process was given.
struct Settings {
    flags: Vec<(String, String)>,
    environment: BTreeMap<String, String>,
    file: Option<String>,
}

impl Settings {
    fn gather(args: &SettingsArgs) -> Result<Self, ProgramError> {
        let file = args
            .config
            .as_ref()
            .map(std::fs::read_to_string)
            .transpose();
        // A value that is not UTF-8 fits no setting's form once it is made so.
        let environment = std::env::vars_os()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect();
        Ok(Self {
            flags: args.set.clone(),
            environment,
            file: file.map_err(|error| ProgramError::ConfigFile(error.kind()))?,
        })
    }

    fn with_inputs<T>(&self, read: impl FnOnce(&Inputs<'_>) -> T) -> T {
        read(&Inputs {
            flags: &self.flags,
            environment: &self.environment,
            file: self.file.as_deref(),
            read_file: &|path| std::fs::read_to_string(path),
            now: SystemClock.now(),
        })
    }

    fn read<C>(
        &self,
        read: impl FnOnce(&Inputs<'_>) -> Result<config::Reading<C>, Faults>,
    ) -> Result<C, ProgramError> {
        Ok(self.with_inputs(read)?.config)
    }
}
