//! The servers beside the service: their processes, versions and events.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use url::Url;

use crate::Outcome;
use crate::usage;

/// PostgreSQL, Redis and NATS as `dev/servers` started them.
pub(crate) struct Servers {
    postgres: u32,
    redis: u32,
    nats: u32,
    superuser: Url,
}

/// CPU time that each server has used.
#[derive(Clone, Copy)]
pub(crate) struct ServersCpu {
    pub(crate) postgres: Duration,
    pub(crate) redis: Duration,
    pub(crate) nats: Duration,
}

impl ServersCpu {
    /// What was used since an earlier reading.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            postgres: self.postgres.saturating_sub(earlier.postgres),
            redis: self.redis.saturating_sub(earlier.redis),
            nats: self.nats.saturating_sub(earlier.nats),
        }
    }
}

impl Servers {
    /// # Errors
    ///
    /// The environment does not name the servers: `make bench` does.
    pub(crate) fn from_environment() -> Outcome<Self> {
        let named =
            |name: &str| env::var(name).map_err(|_| format!("{name} is not set: run make bench"));
        let dir = PathBuf::from(named("SERVERS_DIR")?);
        let process = |name: &str| -> Outcome<u32> {
            let text = fs::read_to_string(dir.join(format!("{name}.pid")))?;
            let line = text.lines().next().ok_or("an empty pid file")?;
            Ok(line.trim().parse()?)
        };
        Ok(Self {
            postgres: process("postgres")?,
            redis: process("redis")?,
            nats: process("nats")?,
            superuser: Url::parse(&named("DATABASE_SUPERUSER_URL")?)?,
        })
    }

    pub(crate) fn cpu(&self) -> Outcome<ServersCpu> {
        Ok(ServersCpu {
            postgres: usage::cpu_with_children(self.postgres)?,
            redis: usage::cpu(self.redis)?,
            nats: usage::cpu(self.nats)?,
        })
    }

    /// Access events that are committed; `None` without `psql`.
    pub(crate) fn events(&self) -> Option<u64> {
        self.ask("SELECT count(*) FROM access_events")?.parse().ok()
    }

    /// The one value that a statement gives.
    pub(crate) fn ask(&self, statement: &str) -> Option<String> {
        let output = self
            .psql()?
            .args(["--tuples-only", "--no-align", "--command", statement])
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// `psql` as the superuser, with what every use of it needs.
    pub(crate) fn psql(&self) -> Option<Command> {
        let url = &self.superuser;
        let mut command = Command::new("psql");
        command
            .arg("--no-psqlrc")
            .env("PGHOST", url.host_str()?)
            .env("PGPORT", url.port()?.to_string())
            .env("PGUSER", url.username())
            .env("PGPASSWORD", url.password()?)
            .env("PGDATABASE", url.path().trim_start_matches('/'));
        Some(command)
    }
}
