//! One installation of the portal: servers, sources, settings, and the service while it runs.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use portal_sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use super::folder::Folder;
use super::outcome::Outcome;
use super::running::Running;
use super::servers::Servers;
use super::settings;
use crate::answer::Answer;
use crate::fixture::Fixture;
use crate::people::{Person, claims};

const READY_WITHIN: Duration = Duration::from_secs(30);
const ROLE_WITHIN: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The program, installed for one tenant and migrated. Requests go to the service that
/// [`PortalProcess::start`] starts; it is ended, and all that it wrote removed, with this value.
pub struct PortalProcess {
    /// The service, while it was started and not taken away.
    pub service: Option<Running>,
    /// The sources and the issuer, in this process.
    pub sandbox: Sandbox,
    /// The servers.
    pub servers: Servers,
    /// The tenant, fresh.
    pub tenant: String,
    /// The whole environment of the program.
    pub settings: BTreeMap<String, String>,
    client: reqwest::Client,
    started: AtomicU32,
    folder: Folder,
    /// Messages that were held against their schemas already.
    pub(super) validated: Mutex<HashSet<String>>,
}

impl PortalProcess {
    /// Installs the program: settings, an empty sandbox, the schema and one tenant.
    pub async fn install(name: &str, servers: Servers) -> Self {
        let sandbox = portal_sandbox::start(Options {
            large: 0,
            ..Options::default()
        })
        .await
        .expect("the sandbox starts");
        let tenant = format!("{name}-{}", ulid::Ulid::new()).to_lowercase();
        let settings = settings::of_installation(&servers, &sandbox, &tenant);
        let portal = Self {
            service: None,
            sandbox,
            servers,
            settings,
            client: client(),
            started: AtomicU32::new(0),
            validated: Mutex::default(),
            folder: Folder::new(&format!("{name}-program")),
            tenant,
        };
        let _ = portal.run(&["migrate"]).await.succeeded();
        let _ = portal.import(&[portal.tenant_line()]).await.succeeded();
        portal
    }

    /// Sets a setting for what is started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// Starts the service with these arguments after `serve` and waits until it is ready.
    pub async fn start(&mut self, arguments: &[&str]) {
        let begin = Instant::now();
        let arguments: Vec<_> = ["serve"].iter().chain(arguments).copied().collect();
        self.service = Some(self.spawn(&arguments));
        while !self.is_ready().await {
            let service = self.service.as_mut().expect("it was just started");
            let ended = service.ended();
            let late = begin.elapsed() > READY_WITHIN;
            assert!(ended.is_none() && !late, "not ready: {}", service.output());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Whether the service says that it is ready.
    pub async fn is_ready(&self) -> bool {
        self.try_get(None, "/health/ready")
            .await
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Ends the service at once.
    pub fn kill(&mut self) {
        self.service.take().expect("the service was started").kill();
    }

    /// Starts a role of the program that runs on.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        self.spawn_with(arguments, &self.settings)
    }

    /// Like [`Self::spawn`], with settings of its own: another pod.
    pub fn spawn_with(&self, arguments: &[&str], settings: &BTreeMap<String, String>) -> Running {
        let outputs = self.folder.file(&format!("{:04}", self.next_number()));
        Running::start(&program(), arguments, settings, &outputs, None)
    }

    /// Runs a role of the program to its end, at most 60 s.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        self.spawn(arguments).end(ROLE_WITHIN).await
    }

    /// Like [`Self::run`], with a text as standard input.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        let outputs = self.folder.file(&format!("{:04}", self.next_number()));
        let file = outputs.with_extension("input");
        std::fs::write(&file, input).expect("the folder can be written");
        let running = Running::start(&program(), arguments, &self.settings, &outputs, Some(&file));
        running.end(ROLE_WITHIN).await
    }

    /// Imports lines.
    pub async fn import(&self, lines: &[Value]) -> Outcome {
        let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
        self.run_with_input(&["import", "-"], &lines.join("\n"))
            .await
    }

    /// The import line of the tenant.
    pub fn tenant_line(&self) -> Value {
        json!({"tenant": {
            "id": self.tenant, "name": "A test's tenant", "region": "local",
            "timeZone": "Asia/Kabul", "locale": "en", "calendar": "gregory", "currency": "AFN"
        }})
    }

    /// The import line of a person's account.
    pub fn account_line(&self, person: &Person) -> Value {
        json!({"account": {
            "tenantId": person.tenant, "patientId": person.patient, "kind": "patient",
            "issuer": self.sandbox.issuer_url(), "subject": person.subject, "status": "active"
        }})
    }

    /// People with a Patient at registration and an active account.
    pub async fn people(&self, names: &[&str]) -> Vec<Person> {
        let people: Vec<_> = names
            .iter()
            .map(|name| Person::new(&self.tenant, name))
            .collect();
        let lines: Vec<_> = people
            .iter()
            .map(|person| self.account_line(person))
            .collect();
        let _ = self.import(&lines).await.succeeded();
        for person in &people {
            self.put(&Fixture::of(&person.patient).patient("Lovelace"));
        }
        people
    }

    /// One of [`Self::people`].
    pub async fn person(&self, name: &str) -> Person {
        self.people(&[name]).await.remove(0)
    }

    /// Stores a resource at the source that is its authority.
    pub fn put(&self, resource: &Value) {
        let bytes = resource.to_string().into_bytes();
        self.sandbox
            .put_resource(Fixture::source_of(resource), Some(&self.tenant), bytes)
            .expect("a resource");
    }

    /// A token of a person for both surfaces.
    pub fn token(&self, person: &Person) -> String {
        self.token_with(person, &json!({}))
    }

    /// A token of a person with other claims beside or in place of the usual ones.
    pub fn token_with(&self, person: &Person, changes: &Value) -> String {
        let audience = format!("{}/fhir/R4", self.url());
        let mut claims = claims(person, &audience);
        for (name, value) in changes.as_object().expect("claims") {
            claims[name.as_str()] = value.clone();
        }
        self.sandbox.mint(claims)
    }

    /// Where the service is.
    pub fn url(&self) -> &str {
        &self.settings["PUBLIC_URL"]
    }

    /// Asks the service.
    pub async fn get(&self, token: Option<&str>, path: &str) -> Answer {
        self.try_get(token, path)
            .await
            .expect("the service answers")
    }

    /// Asks the service, which may be gone.
    pub async fn try_get(&self, token: Option<&str>, path: &str) -> reqwest::Result<Answer> {
        self.send(self.request(token, path)).await
    }

    /// A GET that can be added to.
    pub fn request(&self, token: Option<&str>, path: &str) -> reqwest::RequestBuilder {
        self.request_at(self.url(), token, path)
    }

    /// Like [`Self::request`], of the pod at an address.
    pub fn request_at(
        &self,
        address: &str,
        token: Option<&str>,
        path: &str,
    ) -> reqwest::RequestBuilder {
        let request = self.client.get(format!("{address}{path}"));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads its answer to the end.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer {
            status,
            headers,
            body: response.bytes().await?,
        })
    }

    /// Asks the admin port.
    pub async fn admin(&self, path: &str) -> Answer {
        let url = format!("http://{}{path}", self.settings["ADMIN_ADDR"]);
        self.send(self.client.get(url))
            .await
            .expect("the admin port answers")
    }

    /// All that every process of this installation wrote to its outputs.
    pub fn output(&self) -> String {
        self.folder.text_of(".stdout") + &self.folder.text_of(".stderr")
    }

    fn next_number(&self) -> u32 {
        self.started.fetch_add(1, Ordering::Relaxed)
    }
}

/// The program lies two folders above the test's, where cargo puts programs.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let folder = test
        .ancestors()
        .nth(2)
        .expect("tests lie in a folder of the programs' folder");
    folder.join("patient-portal")
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("a client")
}
