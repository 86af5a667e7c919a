//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The back end of every patient-facing channel of a health system.
///
/// Settings come from the environment; `patient-portal config example` lists and explains them.
/// Faults in them end the start with status 78, all of them at once.
#[derive(Debug, Parser)]
#[command(name = "patient-portal", version, max_term_width = 100)]
pub struct Cli {
    /// Where settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where settings come from beside the environment.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// A TOML file: names of settings in lower case, no secrets. The environment wins over it
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// A setting that wins over the environment; may be repeated, and is not for secrets
    #[arg(long, value_name = "NAME=VALUE", global = true, value_parser = name_and_value)]
    pub set: Vec<(String, String)>,
}

/// The roles of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API, publish events and run jobs
    Serve {
        /// Leave publishing and jobs to `patient-portal relay`
        #[arg(long)]
        without_relay: bool,
    },
    /// Publish events and run jobs only
    ///
    /// The journal and the outbox go to NATS. Links and codes go to communication-service, the
    /// identity provider is asked for what changes want of it, what is over ends, and what is of no
    /// use any more is removed.
    Relay,
    /// Bring the schema up to date and make partitions, with the owner's login
    Migrate,
    /// Import tenants, accounts, delegations and revocations, with the owner's login
    ///
    /// Prints an outcome for each line, as JSON, and ends with status 1 if any line failed.
    /// Running it again changes nothing.
    Import {
        /// Newline-delimited JSON: {"tenant": {…}} and {"account": {…}}; `-` is standard input
        file: PathBuf,
    },
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the `OpenAPI` description of /v1/portal
    Openapi {
        /// Of /internal/portal instead
        #[arg(long)]
        internal: bool,
    },
    /// Ask a running service how it is; for containers without a shell
    ///
    /// Ends with status 0 if it answers 200 within two seconds, else 1.
    Healthcheck {
        /// An http URL; without it /health/live at `ADMIN_ADDR`
        #[arg(long)]
        url: Option<String>,
    },
}

/// Ways to look at the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Print what `serve` would run on, secrets masked, or all faults
    Check {
        /// As `serve --without-relay` would run
        #[arg(long)]
        without_relay: bool,
    },
    /// Print every setting with type, default and example: the file .env.example
    Example,
}

fn name_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_setting_may_be_given_after_the_role() {
        let cli = Cli::parse_from(["patient-portal", "serve", "--set", "REGION=a=b"]);
        assert_eq!(cli.settings.set, [("REGION".to_owned(), "a=b".to_owned())]);
    }
}
