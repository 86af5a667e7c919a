//! The service that is measured, as a release program.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::http::{self, Connection};
use crate::program::Program;
use crate::sandbox::Sandbox;

/// Where this deployment is said to be.
pub(crate) const REGION: &str = "local";
/// `aud` of tokens for `/v1/portal`.
pub(crate) const AUDIENCE: &str = "patient-portal";
/// `aud` of tokens for `/internal/portal`.
pub(crate) const INTERNAL_AUDIENCE: &str = "patient-portal-internal";
/// Seals nothing but what lives as long as one run.
/// Points of a minute that no run can spend.
const UNLIMITED: &str = "1000000000";
const KEY_RING: &str = "bench:2024-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Addresses and settings, the same for every start.
pub(crate) struct Settings {
    program: PathBuf,
    dir: PathBuf,
    variables: Vec<(String, String)>,
    pub(crate) public: SocketAddr,
    pub(crate) internal: SocketAddr,
    admin: SocketAddr,
}

/// A running service.
pub(crate) struct Service {
    pub(crate) program: Program,
    /// The relay, when it is a process of its own.
    _relay: Option<Program>,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
}

impl Settings {
    pub(crate) fn new(programs: &Path, dir: &Path, sandbox: &Sandbox) -> Outcome<Self> {
        let (public, internal, admin) = (free_address()?, free_address()?, free_address()?);
        let mut variables = vec![
            ("PORTAL_PROFILE".to_owned(), "development".to_owned()),
            ("PUBLIC_URL".to_owned(), format!("http://{public}")),
            ("HTTP_ADDR".to_owned(), public.to_string()),
            ("INTERNAL_ADDR".to_owned(), internal.to_string()),
            ("ADMIN_ADDR".to_owned(), admin.to_string()),
            ("REGION".to_owned(), REGION.to_owned()),
            ("KEYCLOAK_REALM_URL".to_owned(), sandbox.issuer.clone()),
            ("STAFF_ISSUER_URL".to_owned(), sandbox.staff_issuer.clone()),
            ("PORTAL_AUDIENCE".to_owned(), AUDIENCE.to_owned()),
            ("FIRST_PARTY_CLIENTS".to_owned(), "portal-web".to_owned()),
            ("ACR_LEVELS".to_owned(), "1=1,2=2".to_owned()),
            ("MFA_AMR".to_owned(), "mfa,otp,hwk".to_owned()),
            (
                "ENTITLEMENTS_STATIC".to_owned(),
                format!("{}=ehr.portal", crate::records::TENANT),
            ),
            ("KEY_RING".to_owned(), KEY_RING.to_owned()),
            ("RATE_LIMIT_ACCOUNT".to_owned(), UNLIMITED.to_owned()),
            ("RATE_LIMIT_ADDRESS".to_owned(), UNLIMITED.to_owned()),
        ];
        for (name, url) in &sandbox.sources {
            let setting = name.to_uppercase().replace('-', "_");
            variables.push((format!("{setting}_URL"), url.clone()));
        }
        let program = programs.join("patient-portal");
        let dir = dir.to_owned();
        Ok(Self {
            program,
            dir,
            variables,
            public,
            internal,
            admin,
        })
    }

    /// `aud` of tokens for `/fhir/R4`.
    pub(crate) fn fhir_audience(&self) -> String {
        format!("http://{}/fhir/R4", self.public)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .envs(self.variables.iter().cloned())
            .env_remove("DATABASE_SUPERUSER_URL")
            .env_remove("SERVERS_DIR");
        command
    }

    fn log(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.log"))
    }

    /// Makes the schema and imports the lines of `people`.
    pub(crate) async fn migrate_and_import(&self, people: &Path) -> Outcome<()> {
        let people = people.to_str().ok_or("a folder whose name is not text")?;
        let minutes = Duration::from_mins(2);
        Program::start("migrate", self.command(&["migrate"]), &self.log("migrate"))?
            .finish(minutes)
            .await?;
        let import = self.command(&["import", people]);
        Program::start("import", import, &self.log("import"))?
            .finish(minutes)
            .await
    }

    /// Starts it, with the relay in its process or beside it, and waits until
    /// it is ready.
    pub(crate) async fn start(&self, relay_apart: bool) -> Outcome<Service> {
        let arguments: &[&str] = if relay_apart {
            &["serve", "--without-relay"]
        } else {
            &["serve"]
        };
        let relay = relay_apart
            .then(|| {
                let mut command = self.command(&["relay"]);
                let admin = free_address()?;
                command.env("ADMIN_ADDR", admin.to_string());
                Program::start("relay", command, &self.log("relay"))
            })
            .transpose()?;
        let program = Program::start("service", self.command(arguments), &self.log("service"))?;
        let mut service = Service {
            program,
            _relay: relay,
            address: self.public,
            admin: self.admin,
        };
        service.until_ready().await?;
        Ok(service)
    }
}

impl Service {
    async fn until_ready(&mut self) -> Outcome<()> {
        let end = Instant::now() + Duration::from_secs(30);
        let request = http::get(self.address, "/health/ready", "");
        while Instant::now() < end {
            self.program.must_live()?;
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(answer) = connection.exchange(&request).await
                && answer.status == 200
            {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err("the service is not ready after 30 s".into())
    }

    /// Calls to the sources so far; `None` when there is no answer.
    pub(crate) async fn source_calls(&self) -> Option<u64> {
        let request = http::get(self.admin, "/metrics", "");
        let mut connection = Connection::open(self.admin).await.ok()?;
        let answer = connection.exchange(&request).await.ok()?;
        let text = std::str::from_utf8(answer.body).ok()?;
        Some(sum_of(text, "portal_upstream_calls_total"))
    }
}

/// The sum of a counter over its labels, in Prometheus' text format; 0 when it
/// was never raised.
fn sum_of(text: &str, name: &str) -> u64 {
    let samples = text.lines().filter_map(|line| line.strip_prefix(name));
    samples
        .filter(|rest| rest.starts_with(['{', ' ']))
        .filter_map(|rest| rest.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}

/// An address of the loopback that nobody uses now.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_summed_over_its_labels_and_no_other_is() {
        let text = "# TYPE calls counter\ncalls{a=\"x y\"} 2\ncalls{a=\"z\"} 3\ncalls_total{} 7\n";
        assert_eq!(sum_of(text, "calls"), 5);
        assert_eq!(sum_of("calls 4", "calls"), 4);
        assert_eq!(sum_of(text, "call"), 0);
    }
}
