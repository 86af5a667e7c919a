//! A running sandbox, and its handle for tests in the same process.

mod issuer;
mod people;
mod services;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::calls::RecordedCall;
use crate::delegation::DemoDelegation;
use crate::fault::Fault;
use crate::http;
use crate::issuer::Outages;
use crate::options::Options;
use crate::person::DemoPerson;
use crate::record::{InvalidResource, Record};
use crate::source::Source;
use crate::world::World;

/// How long a stop waits for open answers.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A sandbox that listens. Dropped, it stops without waiting.
///
/// Methods that take a source want its name: `registration`, `patient-chart`,
/// `laboratory`, `medication`, `immunizations`, or that of a service without
/// FHIR: `communication` or `identity`; they panic at any other.
pub struct Sandbox {
    /// Where it listens.
    pub address: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

/// Starts a sandbox: listens, generates or loads the records, makes the keys.
///
/// # Errors
///
/// The address is taken, or (`InvalidData`) the folder of records cannot be
/// loaded; the text names the file and the position.
pub async fn start(options: Options) -> io::Result<Sandbox> {
    let listener = TcpListener::bind(options.address).await?;
    let address = listener.local_addr()?;
    let origin = match &options.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{address}"),
    };
    let (stop, stopped) = watch::channel(false);
    let world = tokio::task::spawn_blocking(move || World::build(&options, origin, stopped))
        .await
        .map_err(io::Error::other)?
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let world = Arc::new(world);
    // Answers are small and written in two parts: without this, each would
    // wait for the client's delayed acknowledgement.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let until_stopped = Arc::clone(&world);
    let serve = axum::serve(listener, http::router(Arc::clone(&world)))
        .with_graceful_shutdown(async move { until_stopped.until_stopped().await });
    let server = tokio::spawn(serve.into_future());
    Ok(Sandbox {
        address,
        world,
        stop,
        server,
    })
}

impl Sandbox {
    /// Stops listening, ends hanging answers and waits for the open ones (at
    /// most 3 s).
    ///
    /// # Errors
    ///
    /// The server had failed before.
    pub async fn stop(self) -> io::Result<()> {
        // Nobody to tell means that the server has ended already.
        let _ = self.stop.send(true);
        let mut server = self.server;
        if let Ok(ended) = tokio::time::timeout(STOP_WITHIN, &mut server).await {
            return ended.map_err(io::Error::other)?;
        }
        server.abort();
        Ok(())
    }

    /// The name of every source.
    pub fn source_names() -> Vec<&'static str> {
        crate::source::Source::names()
    }

    /// Base URL of a source.
    pub fn source_url(&self, source: &str) -> String {
        self.world.base_url(named(source))
    }

    /// Everybody with a record, tenant `demo` first.
    pub fn patients(&self) -> Vec<DemoPerson> {
        self.world.people.clone()
    }

    /// Who may act for whom among the generated people.
    pub fn delegations(&self) -> Vec<DemoDelegation> {
        self.world.delegations.clone()
    }

    /// Stores a resource exactly as given, in place of one of the same type
    /// and id. Without a tenant it goes to the first one.
    ///
    /// # Errors
    ///
    /// The bytes are no JSON object with `resourceType` and `id`.
    pub fn put_resource(
        &self,
        source: &str,
        tenant: Option<&str>,
        resource: Vec<u8>,
    ) -> Result<(), InvalidResource> {
        self.put(source, tenant, resource, None)
    }

    /// Like [`Self::put_resource`], but searches for `patient` find the
    /// resource whoever it says it belongs to.
    ///
    /// # Errors
    ///
    /// As [`Self::put_resource`].
    pub fn put_resource_listed_for(
        &self,
        patient: &str,
        source: &str,
        tenant: Option<&str>,
        resource: Vec<u8>,
    ) -> Result<(), InvalidResource> {
        self.put(source, tenant, resource, Some(patient.to_owned()))
    }

    fn put(
        &self,
        source: &str,
        tenant: Option<&str>,
        resource: Vec<u8>,
        listed_for: Option<String>,
    ) -> Result<(), InvalidResource> {
        let record = Arc::new(Record::read(Bytes::from(resource))?);
        self.world
            .store_mut()
            .put(tenant, named(source), record, listed_for);
        Ok(())
    }

    /// The stored bytes of a resource.
    pub fn resource(
        &self,
        source: &str,
        tenant: Option<&str>,
        resource_type: &str,
        id: &str,
    ) -> Option<Bytes> {
        let record = self
            .world
            .store()
            .read(tenant, named(source), resource_type, id);
        record.map(|record| record.bytes.clone())
    }

    /// Removes a resource; whether it was there.
    pub fn delete_resource(
        &self,
        source: &str,
        tenant: Option<&str>,
        resource_type: &str,
        id: &str,
    ) -> bool {
        self.world
            .store_mut()
            .delete(tenant, named(source), resource_type, id)
    }

    /// Makes a source misbehave from the next call on.
    pub fn set_fault(&self, source: &str, fault: Fault) {
        self.world.faults().set(named(source), fault);
    }

    /// Lets every source and the issuer behave.
    pub fn clear_faults(&self) {
        self.world.faults().clear_all();
        *self.world.issuer.outages() = Outages::default();
    }

    /// The calls that a source got since the last reset, oldest first.
    pub fn calls(&self, source: &str) -> Vec<RecordedCall> {
        self.world.calls().of(named(source))
    }

    /// Forgets the calls of every source.
    pub fn reset_calls(&self) {
        self.world.calls().clear();
    }
}

fn named(source: &str) -> Source {
    match Source::named(source) {
        Some(source) => source,
        None => panic!(
            "there is no such source; there are {}",
            Source::names().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::fault::Mode;

    #[tokio::test]
    async fn it_answers_on_its_address_and_stops_while_a_source_hangs() {
        let sandbox = start(Options {
            large: 0,
            ..Options::default()
        })
        .await
        .unwrap();
        sandbox.set_fault("laboratory", Fault::mode(Mode::Hang));
        let mut stream = tokio::net::TcpStream::connect(sandbox.address)
            .await
            .unwrap();
        let request = "GET /laboratory/fhir/Observation HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        while sandbox.calls("laboratory").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let address = sandbox.address;
        let begin = std::time::Instant::now();
        sandbox.stop().await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(2));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_missing_folder_of_records_is_a_clear_error() {
        let options = Options {
            records: Some("no-such-folder".into()),
            ..Options::default()
        };
        let error = start(options).await.err().unwrap();
        assert_eq!(
            error.to_string(),
            "records folder no-such-folder cannot be read"
        );
    }
}
