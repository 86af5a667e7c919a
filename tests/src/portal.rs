//! A portal in this process: the service of production over real servers, with a clock that tests
//! move, reached by real HTTP.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use portal::telemetry::Metrics;
use portal_application::ports::Clock as _;
use portal_domain::source::Source;
use portal_infrastructure::postgres::Import;
use portal_sandbox::Sandbox;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::answer::Answer;
use crate::clock::ManualClock;
use crate::database::{Database, insert_account, insert_tenant, set_status};
use crate::environment::required;
use crate::events::{AccessEvents, PortalEvents};
use crate::fixture::Fixture;
use crate::people::{Person, claims};
use crate::platform::{Platform, platform_of};
use crate::pod::{Launch, Pod, SWEEP_EVERY};

pub(crate) const KEY_RING: &str = "test:2020-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// Where the sources are, as settings say it: the sandbox's, or one server for all.
pub(crate) fn source_settings(sandbox: &Sandbox, fhir_url: Option<&str>) -> Vec<(String, String)> {
    if let Some(url) = fhir_url {
        return vec![("FHIR_URL".to_owned(), url.to_owned())];
    }
    let setting = |source: Source| {
        let name = source.as_str();
        let setting = format!("{}_URL", name.to_uppercase().replace('-', "_"));
        (setting, sandbox.source_url(name))
    };
    Source::ALL.into_iter().map(setting).collect()
}

/// Who says what tenants have licensed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Licences {
    /// A list, of everything for every tenant but the bare one.
    #[default]
    Listed,
    /// identity-service, as [`Sandbox::set_entitlements`] has it say.
    Asked,
}

/// What a portal is started with.
#[derive(Debug, Clone, Default)]
pub struct TestOptions {
    /// Transaction Bundles for the sandbox.
    pub records: Option<PathBuf>,
    /// One FHIR server that is every source, in place of the sandbox's.
    pub fhir_url: Option<String>,
    /// A database of its own, for scenes about global things.
    pub own_database: bool,
    /// Whether the relay runs.
    pub relay: bool,
    /// Whether events of other services are consumed, by this pod and by further ones.
    pub inbox: bool,
    /// Settings that differ.
    pub settings: Vec<(String, String)>,
    /// Who says what tenants have licensed.
    pub licences: Licences,
    /// The server of the sandbox that stands for every source; none where each has its own.
    pub one_base: Option<&'static str>,
}

/// A running portal with its sandbox.
pub struct TestPortal {
    /// Sources and issuer.
    pub sandbox: Sandbox,
    /// Its clock.
    pub clock: ManualClock,
    /// Where it is reached, without a slash at its end.
    pub public_url: String,
    /// The tenant of its people.
    pub tenant: String,
    /// A tenant that has licensed the portal and no sub-feature.
    pub bare_tenant: String,
    pub(crate) database: Database,
    pub(crate) pool: PgPool,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) metrics: Metrics,
    pub(crate) prefix: String,
    pub(crate) platform: Option<Platform>,
    spare: Mutex<Vec<String>>,
    pub(crate) client: reqwest::Client,
    blocked: Mutex<Option<sqlx::Transaction<'static, sqlx::Postgres>>>,
    pub(crate) import: tokio::sync::Mutex<Option<Import>>,
    pub(crate) pod: Pod,
}

impl TestPortal {
    /// A portal with a fresh tenant.
    pub async fn start() -> Self {
        Self::with(TestOptions::default()).await
    }

    /// A portal with these options and a fresh tenant.
    pub async fn with(options: TestOptions) -> Self {
        Box::pin(Self::launch(options)).await
    }

    async fn launch(options: TestOptions) -> Self {
        let sandbox = portal_sandbox::Options {
            records: options.records.clone(),
            ..portal_sandbox::Options::default()
        };
        let sandbox = portal_sandbox::start(sandbox)
            .await
            .expect("the sandbox starts");
        let database = if options.own_database {
            Database::fresh().await
        } else {
            Database::shared().await
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let public_url = format!("http://{address}");
        let unique = ulid::Ulid::new().to_string().to_lowercase();
        let tenants: Vec<String> = (0..4).map(|n| format!("t{n}-{unique}")).collect();
        let bare_tenant = format!("bare-{unique}");
        let licences = licences(&tenants, &bare_tenant);
        let mut settings = settings(&sandbox, &database, &public_url, &licences);
        let one_base = options.one_base.map(|base| sandbox.source_url(base));
        let fhir_url = options.fhir_url.clone().or(one_base);
        settings.extend(source_settings(&sandbox, fhir_url.as_deref()));
        settings.extend(options.settings.iter().cloned());
        if options.licences == Licences::Asked {
            settings.remove("ENTITLEMENTS_STATIC");
            let url = sandbox.source_url("identity");
            settings.insert("ENTITLEMENTS_URL".to_owned(), url);
        }
        let mut platform = None;
        if options.inbox {
            let streams = platform_of(&unique).await;
            settings.insert("INBOX_EVENTS".to_owned(), streams.setting());
            platform = Some(streams);
        }
        let clock = ManualClock::default();
        let metrics = Metrics::install().expect("a recorder");
        let launch = Launch {
            settings: &settings,
            clock: &clock,
            prefix: &unique,
            metrics: &metrics,
            relay: options.relay,
            inbox: options.inbox,
            sweep_every: SWEEP_EVERY,
        };
        let pod = Pod::serve(&launch, listener).await;
        let pool = database.superuser().await;
        for tenant in tenants.iter().chain([&bare_tenant, &"demo".to_owned()]) {
            insert_tenant(&pool, tenant).await;
        }
        let mut spare = tenants;
        Self {
            sandbox,
            clock,
            public_url,
            tenant: spare.remove(0),
            bare_tenant,
            spare: Mutex::new(spare),
            database,
            pool,
            settings,
            client: client(),
            metrics,
            prefix: unique,
            platform,
            blocked: Mutex::new(None),
            import: tokio::sync::Mutex::new(None),
            pod,
        }
    }

    /// What its clock shows.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// Another tenant; without the licence it is known but not served.
    pub async fn tenant(&self, name: &str, licensed: bool) -> String {
        if licensed {
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            return spare.pop().expect("three further tenants are licensed");
        }
        let id = format!("{name}-{}", ulid::Ulid::new()).to_lowercase();
        insert_tenant(&self.pool, &id).await;
        id
    }

    /// A person of the portal's tenant with a Patient and an active account.
    pub async fn person(&self, name: &str) -> Person {
        self.person_of(&self.tenant, name).await
    }

    /// A person of a tenant with a Patient and an active account.
    pub async fn person_of(&self, tenant: &str, name: &str) -> Person {
        let person = Person::new(tenant, name);
        self.put(tenant, &Fixture::of(&person.patient).patient(name));
        self.admit(&person).await;
        person
    }

    /// Gives a person an active account.
    pub async fn admit(&self, person: &Person) {
        insert_account(&self.pool, person, &self.sandbox.issuer_url()).await;
    }

    /// Moves a person's account to a status.
    pub async fn set_status(&self, person: &Person, status: &str) {
        set_status(&self.pool, person, status).await;
    }

    /// Stores a resource at the source that is the authority for it.
    pub fn put(&self, tenant: &str, resource: &Value) {
        self.put_text(tenant, Fixture::source_of(resource), &resource.to_string());
    }

    /// Gives a person one of each kind, with ids `{kind}-{name}`.
    pub fn put_everything(&self, person: &Person, name: &str) {
        for resource in Fixture::of(&person.patient).everything(name) {
            self.put(&person.tenant, &resource);
        }
    }

    /// Stores a resource at a source, byte for byte.
    pub fn put_text(&self, tenant: &str, source: &str, text: &str) {
        self.sandbox
            .put_resource(source, Some(tenant), text.as_bytes().to_vec())
            .expect("a resource");
    }

    /// Has a source list a resource for a person, whoever it says it belongs to.
    pub fn list_for(&self, person: &Person, source: &str, resource: &Value) {
        let bytes = resource.to_string().into_bytes();
        self.sandbox
            .put_resource_listed_for(&person.patient, source, Some(&person.tenant), bytes)
            .expect("a resource");
    }

    /// The claims of a person's usual token.
    pub fn claims(&self, person: &Person) -> Value {
        let now = self.clock.now().as_second();
        let mut claims = claims(person, &format!("{}/fhir/R4", self.public_url));
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + 300);
        claims
    }

    /// Signs claims.
    pub fn mint(&self, claims: Value) -> String {
        self.sandbox.mint(claims)
    }

    /// A person's usual token.
    pub fn token(&self, person: &Person) -> String {
        self.mint(self.claims(person))
    }

    /// A person's token with some claims changed; `null` leaves one out.
    pub fn token_with(&self, person: &Person, change: &Value) -> String {
        let mut claims = self.claims(person);
        let members = claims.as_object_mut().expect("an object");
        members.extend(change.as_object().cloned().unwrap_or_default());
        self.mint(claims)
    }

    /// Another pod of the same deployment: it shares every store, and nothing in memory.
    pub async fn another_pod(&self) -> Pod {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        self.another_pod_with(listener, &[]).await
    }

    /// Another pod that relays, too. Only for a portal with a database of its own.
    pub async fn another_relay(&self) -> Pod {
        self.another_sweep(SWEEP_EVERY).await
    }

    /// Another pod that relays, too, and rests so long between two sweeps.
    pub async fn another_sweep(&self, sweep_every: Duration) -> Pod {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let launch = Launch {
            settings: &self.settings,
            clock: &self.clock,
            prefix: &self.prefix,
            metrics: &self.metrics,
            relay: true,
            inbox: self.platform.is_some(),
            sweep_every,
        };
        Pod::serve(&launch, listener).await
    }

    /// Another pod, with settings that differ.
    pub async fn another_pod_with(&self, listener: TcpListener, changed: &[(&str, String)]) -> Pod {
        let mut settings = self.settings.clone();
        for (name, value) in changed {
            settings.insert((*name).to_owned(), value.clone());
        }
        let launch = Launch {
            settings: &settings,
            clock: &self.clock,
            prefix: &self.prefix,
            metrics: &self.metrics,
            relay: false,
            inbox: self.platform.is_some(),
            sweep_every: SWEEP_EVERY,
        };
        Pod::serve(&launch, listener).await
    }

    /// Asks another pod with a token and further headers.
    pub async fn get_at(
        &self,
        pod: &Pod,
        token: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .client
            .get(format!("{}{path}", pod.url))
            .bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("the pod answers")).await
    }

    /// Asks with these headers and no others.
    pub async fn send(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.client.get(format!("{}{path}", self.public_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// Asks as a person whose token has these scopes.
    pub async fn get_with_scope(&self, person: &Person, scope: &str, path: &str) -> Answer {
        let token = self.token_with(person, &json!({ "scope": scope }));
        self.get(Some(&token), path).await
    }

    /// Asks with a token, or anonymously.
    pub async fn get(&self, token: Option<&str>, path: &str) -> Answer {
        match token {
            Some(token) => self.get_token_with(token, path, &[]).await,
            None => self.send(path, &[]).await,
        }
    }

    /// Asks with a token and further headers.
    pub async fn get_token_with(
        &self,
        token: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        self.send(path, &all).await
    }

    /// Asks as a person.
    pub async fn get_as(&self, person: &Person, path: &str) -> Answer {
        self.get(Some(&self.token(person)), path).await
    }

    /// Asks as a person, with further headers.
    pub async fn get_with(&self, person: &Person, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.get_token_with(&self.token(person), path, headers)
            .await
    }

    /// Asks as a person until it is not 503 any more, at most 10 seconds.
    pub async fn get_eventually(&self, person: &Person, path: &str) -> Answer {
        let mut answer = self.get_as(person, path).await;
        for _ in 0..100 {
            if answer.status != 503 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer = self.get_as(person, path).await;
        }
        answer
    }

    /// Asks as a person with a path that no client library touches on its way.
    pub async fn get_raw(&self, person: &Person, path: &str) -> Answer {
        let address = self.public_url.trim_start_matches("http://");
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
             Connection: close\r\n\r\n",
            self.token(person)
        );
        Answer::over_tcp(address, head.as_bytes()).await
    }

    /// Posts a form as a person.
    pub async fn post_form(&self, person: &Person, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self
            .client
            .post(format!("{}{path}", self.public_url))
            .bearer_auth(self.token(person))
            .form(form);
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// A person's token that may change what is theirs, with a second factor of this moment.
    pub fn writing_token(&self, person: &Person) -> String {
        let now = self.clock.now().as_second();
        let scope = "openid profile patient/*.read patient/*.write";
        self.token_with(person, &json!({"scope": scope, "auth_time": now}))
    }

    /// Sends a JSON body with a token and further headers.
    pub async fn send_json(
        &self,
        (method, path): (&str, &str),
        token: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        self.send_json_to(&self.public_url, (method, path), token, headers, body)
            .await
    }

    /// The same to another pod.
    pub async fn send_json_to(
        &self,
        url: &str,
        (method, path): (&str, &str),
        token: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let method = method.parse().expect("a method");
        let mut request = self
            .client
            .request(method, format!("{url}{path}"))
            .bearer_auth(token)
            .json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// Sends a JSON body with these headers and no others.
    pub async fn send_body(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let method = method.parse().expect("a method");
        let url = format!("{}{path}", self.public_url);
        let mut request = self.client.request(method, url).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// Asks a source itself.
    pub async fn ask_source(&self, url: &str, tenant: &str) -> Answer {
        let request = self.client.get(url).header("X-Tenant-ID", tenant);
        Answer::read(request.send().await.expect("the source answers")).await
    }

    /// The path and query of an absolute link to this portal.
    pub fn path_of(&self, link: &str) -> String {
        link.strip_prefix(&self.public_url)
            .expect("a link to this portal")
            .to_owned()
    }

    /// What a scrape would see.
    pub fn metrics(&self) -> String {
        self.metrics.render()
    }

    /// The access events that the relay publishes from now on.
    pub async fn access_events(&self) -> AccessEvents {
        AccessEvents::subscribe(&required("NATS_URL"), &self.prefix).await
    }

    /// The events of the outbox that the relay publishes from now on.
    pub async fn events(&self) -> PortalEvents {
        PortalEvents::subscribe(&required("NATS_URL"), &self.prefix).await
    }

    /// Keeps the journal from committing. Only for a portal with a database of its own.
    pub async fn block_journal(&self) {
        self.block("access_events").await;
    }

    /// Keeps everybody from a table until the journal is unblocked. Only for a portal with a
    /// database of its own.
    pub async fn block(&self, table: &str) {
        let mut transaction = self.pool.begin().await.expect("a transaction");
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        sqlx::query(sqlx::AssertSqlSafe(lock))
            .execute(&mut *transaction)
            .await
            .expect("a lock");
        *self.blocked.lock().unwrap_or_else(PoisonError::into_inner) = Some(transaction);
    }

    /// Lets the journal commit again.
    pub async fn unblock_journal(&self) {
        let blocked = self
            .blocked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(transaction) = blocked {
            transaction.rollback().await.expect("the lock is given up");
        }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_gzip()
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}

/// The list of entitlements: of everything, and of the portal alone.
fn licences(tenants: &[String], bare: &str) -> String {
    let licensed = tenants.iter().map(String::as_str).chain(["demo", "other"]);
    let whole = licensed.map(|tenant| format!("{tenant}=ehr.portal,ehr.claims,communication"));
    let licences: Vec<_> = whole.chain([format!("{bare}=ehr.portal")]).collect();
    licences.join(";")
}

fn settings(
    sandbox: &Sandbox,
    database: &Database,
    public_url: &str,
    licences: &str,
) -> BTreeMap<String, String> {
    let staff_issuer = sandbox.issuer_url_of("staff").expect("a realm of staff");
    let mut settings: BTreeMap<String, String> = [
        ("PORTAL_PROFILE", "development"),
        ("REGION", "local"),
        ("PUBLIC_URL", public_url),
        ("KEYCLOAK_REALM_URL", &sandbox.issuer_url()),
        ("PORTAL_AUDIENCE", "patient-portal"),
        ("STAFF_ISSUER_URL", &staff_issuer),
        ("FIRST_PARTY_CLIENTS", "portal-web,portal-mobile"),
        ("ACR_LEVELS", "1=1,2=2"),
        ("MFA_AMR", "mfa,otp,hwk"),
        ("ENTITLEMENTS_STATIC", licences),
        ("REDIS_URL", &required("REDIS_URL")),
        ("NATS_URL", &required("NATS_URL")),
        // Budgets are for the scenes about them.
        ("RATE_LIMIT_ACCOUNT", "1000000000"),
        ("RATE_LIMIT_ADDRESS", "1000000000"),
        ("KEY_RING", KEY_RING),
        ("OIDC_CLIENT_ID", "portal-service"),
        ("OIDC_CLIENT_SECRET", "sandbox-secret"),
        ("IDENTITY_ADMIN_CLIENT_ID", sandbox.identity_admin().0),
        ("IDENTITY_ADMIN_CLIENT_SECRET", sandbox.identity_admin().1),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    settings.extend(database.settings());
    settings
}
