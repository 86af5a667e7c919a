//! What measures and what is measured, filled, started and warm.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use crate::http::{Connection, bearer, get};
use crate::peers::{self, Peer};
use crate::records;
use crate::report::Size;
use crate::sandbox::Sandbox;
use crate::servers::Servers;
use crate::service::{AUDIENCE, REGION, Service, Settings};
use crate::{Outcome, say, usage};

/// Patients whose immunizations make about 24 KB and 100 KB, and how many.
pub(crate) const READERS: [(Size, &str, usize); 2] = [
    (Size::Small, "reader-small", 21),
    (Size::Large, "reader-large", 87),
];

/// How long the service is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) servers: Servers,
    pub(crate) sandbox: Sandbox,
    pub(crate) settings: Settings,
    pub(crate) service: Service,
    pub(crate) floor: Peer,
    /// `None` when nginx cannot be started.
    pub(crate) nginx: Option<Peer>,
    /// Memory of the service before the first request, in KiB.
    pub(crate) idle_kib: Option<u64>,
}

impl Stage {
    /// Fills the sources, also with `cold` patients, imports everybody and
    /// starts all programs, the relay within the service.
    pub(crate) async fn start(dir: &Path, cold: &[String]) -> Outcome<Self> {
        let servers = Servers::from_environment()?;
        let programs = programs()?;
        say("starting the sandbox and filling its sources");
        let mut sandbox = Sandbox::start(&programs, dir).await?;
        fill(&mut sandbox, cold).await?;
        say("migrating, importing, starting the service");
        let settings = Settings::new(&programs, dir, &sandbox)?;
        let people = write_people(dir, &sandbox.issuer, cold)?;
        settings.migrate_and_import(&people).await?;
        let service = settings.start(false).await?;
        sleep(IDLE).await;
        let idle_kib = usage::resident_kib(service.program.id());
        let bodies = keep_bodies(&mut sandbox, &settings, dir).await?;
        fs::write(dir.join("jwks.json"), sandbox.key_set().await?)?;
        let floor = peers::floor(&programs, dir, &sandbox.issuer, &bodies).await?;
        let nginx = peers::nginx(dir, sandbox.address)
            .await
            .inspect_err(|error| say(&format!("without nginx: {error}")))
            .ok();
        Ok(Self {
            servers,
            sandbox,
            settings,
            service,
            floor,
            nginx,
            idle_kib,
        })
    }
}

/// The folder of this program, where the others are too.
fn programs() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().ok_or("a program without a folder")?.to_owned())
}

async fn fill(sandbox: &mut Sandbox, cold: &[String]) -> Outcome<()> {
    for (_, patient, immunizations) in READERS {
        fill_one(sandbox, patient, immunizations).await?;
    }
    for patient in cold {
        fill_one(sandbox, patient, 1).await?;
    }
    Ok(())
}

async fn fill_one(sandbox: &mut Sandbox, patient: &str, immunizations: usize) -> Outcome<()> {
    let person = records::person(patient);
    sandbox.put("registration", &person).await?;
    for (source, resource) in records::chart(patient) {
        sandbox.put(source, &resource).await?;
    }
    for number in 0..immunizations {
        let resource = records::immunization(patient, number);
        sandbox.put("immunizations", &resource).await?;
    }
    Ok(())
}

/// Writes the lines of the import.
fn write_people(dir: &Path, issuer: &str, cold: &[String]) -> Outcome<PathBuf> {
    let mut lines = String::new();
    writeln!(lines, "{}", records::tenant_line(REGION))?;
    let readers = READERS.iter().map(|(_, patient, _)| *patient);
    for patient in readers.chain(cold.iter().map(String::as_str)) {
        writeln!(lines, "{}", records::account_line(patient, issuer))?;
    }
    writeln!(lines, "{}", records::agent_line(issuer))?;
    for (_, patient, _) in READERS {
        writeln!(lines, "{}", records::delegation_line(patient, issuer))?;
    }
    let file = dir.join("people.ndjson");
    fs::write(&file, lines)?;
    Ok(file)
}

/// A token of five minutes for both surfaces of the service.
pub(crate) async fn token(
    sandbox: &mut Sandbox,
    settings: &Settings,
    patient: &str,
) -> Outcome<String> {
    let fhir_audience = settings.fhir_audience();
    let claims = records::claims(patient, &[AUDIENCE, &fhir_audience]);
    sandbox.token(&claims).await
}

const SECTION: &str = "/v1/portal/chart/immunizations?limit=100";

/// The request for the section of which the goal speaks.
pub(crate) fn section(service: SocketAddr, token: &str) -> Vec<u8> {
    get(service, SECTION, &bearer(token))
}

/// The same request of somebody who acts for the patient.
pub(crate) async fn section_for(
    service: SocketAddr,
    token: &str,
    patient: &str,
) -> Outcome<Vec<u8>> {
    let me = ask(service, &get(service, "/v1/portal/me", &bearer(token))).await?;
    let me: serde_json::Value = serde_json::from_slice(&me)?;
    let mut delegators = me["mayActFor"].as_array().into_iter().flatten();
    let delegation = delegators
        .find(|delegator| delegator["patientId"] == patient)
        .and_then(|delegator| delegator["delegationId"].as_str())
        .ok_or("nobody to act for")?;
    let headers = format!("{}X-Acting-For: {delegation}\r\n", bearer(token));
    Ok(get(service, SECTION, &headers))
}

/// Saves what the service answers, for the floor to answer the same.
async fn keep_bodies(
    sandbox: &mut Sandbox,
    settings: &Settings,
    dir: &Path,
) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (_, patient, _) in READERS {
        let token = token(sandbox, settings, patient).await?;
        let service = settings.public;
        let body = ask(service, &section(service, &token)).await?;
        say(&format!("{patient}: {} bytes", body.len()));
        let file = dir.join(format!("{patient}.json"));
        fs::write(&file, body)?;
        files.push(file);
    }
    Ok(files)
}

/// The body of the second of two equal requests, which finds the cache warm.
pub(crate) async fn ask(address: SocketAddr, request: &[u8]) -> Outcome<Vec<u8>> {
    let mut connection = Connection::open(address).await?;
    connection.exchange(request).await?;
    let answer = connection.exchange(request).await?;
    if answer.status == 200 {
        return Ok(answer.body.to_vec());
    }
    let start = answer.body.get(..400).unwrap_or(answer.body);
    let start = String::from_utf8_lossy(start);
    Err(format!("an answer that should be 200 is {}: {start}", answer.status).into())
}
