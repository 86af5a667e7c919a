//! From a configuration to adapters. Nothing is connected here: what is down is waited for by those
//! who use it, and the start does not wait at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use portal_application::PatientNames;
use portal_application::hooks::HookDesk;
use portal_application::inbox::InboxParts;
use portal_application::ports::{Clock, DeadLetters};
use portal_application::staff::StaffParts;
use portal_infrastructure::crypto::{Cursors, KeyRing, KeyedHash, RevocationHashes, RingSecrets};
use portal_infrastructure::fault::Fault;
use portal_infrastructure::http_client::{HttpClient, http_client};
use portal_infrastructure::identity::{OidcIntrospection, OidcVerifier};
use portal_infrastructure::nats::NatsBus;
use portal_infrastructure::postgres::{
    Database, DeliverySeal, Login, OutboxListener, PgAccessLog, PgAccountViews, PgAppUses, PgFacts,
    PgJournal, PgJournalRelay, PgOutboxRelay, PgPatientLinks, PgRevocations, PgStaffRecords,
    PgUnitsOfWork, UnitsOfWorkParts,
};
use portal_infrastructure::redis::{RedisRateLimits, RedisRecordCache, RedisSettings};
use portal_infrastructure::unconfigured::Unconfigured;
use portal_infrastructure::upstream::{Credential, FhirSources, SourceSettings};
use portal_presentation::{ActorHash, HealthState, Settings};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use crate::config::{JobsConfig, Profile, RelayConfig, RelayStores, ServeConfig};
use crate::telemetry::Metrics;
use crate::watch::Dependencies;

use super::inbox::InboxEnds;
use super::people::People;
use super::{Background, Parts, RelayEnds, Surroundings, WiringError, jobs};

/// Makes the adapters that serve. Runs inside the runtime.
pub async fn connect(
    config: ServeConfig,
    metrics: Metrics,
    surroundings: Surroundings,
) -> Result<(Parts, Background), WiringError> {
    let made = Made::new(&config, &surroundings)?;
    let mut background = Background {
        dependencies: Dependencies {
            databases: vec![made.app.clone(), made.journal_database.clone()],
            verifier: Some(Arc::clone(&made.verifier)),
            revocations: Some(Arc::clone(&made.revocations)),
            cache: Some(Arc::clone(&made.cache)),
            sources: Some(Arc::clone(&made.sources)),
            bus: None,
        },
        journal: Some(Arc::clone(&made.journal)),
        app_uses: Some(Arc::clone(&made.app_uses)),
        ..Background::default()
    };
    if let Some((stores, jobs)) = &config.relay {
        let wakes = Wakes {
            journal: Arc::clone(&made.wake),
            provider: Arc::clone(&made.provider_wake),
        };
        background
            .add_relay(stores, jobs, wakes, &surroundings)
            .await?;
    }
    let mut inbox = None;
    if let Some(url) = &config.nats_url {
        let bus = background.bus(url, &surroundings).await?;
        background.listen_to_hints(&bus, Arc::clone(&made.hinted));
        inbox = Some(InboxEnds::new(&bus, inbox_parts(&config, &made)));
    }
    let faces = faces(&config, &surroundings);
    let limits = Arc::clone(&made.limits) as _;
    let (secrets, cache) = (Arc::clone(&config.hooks), Arc::clone(&made.cache));
    let hooks = HookDesk::new(secrets as _, cache as _, made.names.clone());
    let dead_letters = background.dead_letters.clone();
    let staff = staff(&made, dead_letters);
    let use_cases = use_cases(config, made, &surroundings);
    Ok((
        Parts {
            use_cases,
            staff,
            inbox,
            hooks,
            limits,
            faces,
            metrics,
        },
        background,
    ))
}

/// Makes the adapters that relay.
pub async fn connect_relay(
    config: &RelayConfig,
    surroundings: &Surroundings,
) -> Result<Background, WiringError> {
    let mut background = Background::default();
    background
        .add_relay(&config.stores, &config.jobs, Wakes::default(), surroundings)
        .await?;
    Ok(background)
}

/// What requests of the same process wake; nothing where it answers none.
#[derive(Default)]
struct Wakes {
    journal: Arc<Notify>,
    provider: Arc<Notify>,
}

impl Background {
    async fn add_relay(
        &mut self,
        stores: &RelayStores,
        jobs: &JobsConfig,
        wakes: Wakes,
        surroundings: &Surroundings,
    ) -> Result<(), WiringError> {
        let worker = database(Login::Worker, &stores.worker_url, surroundings)?;
        let owner = surroundings.ids.ulid(surroundings.clock.now()).to_string();
        let bus = NatsBus::connect(stores.nats_url.expose_secret(), surroundings.bus.clone()).await;
        let bus = Arc::new(bus.map_err(|error| Fault::new("NATS_URL", error.to_string()))?);
        let outbox = Arc::new(PgOutboxRelay::new(worker.clone(), owner.clone()));
        self.dead_letters = Some(Arc::clone(&outbox) as _);
        let outbox_wake = self.listen_to_outbox(&stores.direct_url)?;
        self.relay = Some(RelayEnds {
            journal: Arc::new(PgJournalRelay::new(worker.clone(), owner)),
            journal_wake: wakes.journal,
            outbox,
            outbox_wake,
            bus: Arc::clone(&bus) as _,
            jobs: jobs::ends(stores, jobs, wakes.provider, surroundings)?,
        });
        self.dependencies.databases.push(worker);
        self.dependencies.bus = Some(bus);
        Ok(())
    }

    fn listen_to_outbox(&mut self, url: &SecretString) -> Result<Arc<Notify>, WiringError> {
        let listener = OutboxListener::new(url.expose_secret())
            .map_err(|error| Fault::new("DATABASE_DIRECT_URL", error.to_string()))?;
        let wake = Arc::new(Notify::new());
        let woken = Arc::clone(&wake);
        let listening = tokio::spawn(async move { listener.listen(woken).await });
        self.listening.push(AbortOnDropHandle::new(listening));
        Ok(wake)
    }

    /// The connection to the bus: the relay's where there is one.
    async fn bus(
        &self,
        url: &SecretString,
        surroundings: &Surroundings,
    ) -> Result<Arc<NatsBus>, WiringError> {
        if let Some(bus) = &self.dependencies.bus {
            return Ok(Arc::clone(bus));
        }
        let bus = NatsBus::connect(url.expose_secret(), surroundings.bus.clone()).await;
        Ok(Arc::new(bus.map_err(|error| {
            Fault::new("NATS_URL", error.to_string())
        })?))
    }

    /// Has the list of revocations read at every hint. Without hints it is read soon all the same.
    fn listen_to_hints(&mut self, bus: &NatsBus, hinted: Arc<Notify>) {
        let hints = bus.revocation_hints();
        let listening = tokio::spawn(async move { hints.listen(hinted).await });
        self.listening.push(AbortOnDropHandle::new(listening));
    }
}

/// Adapters that the use cases share with what runs beside them.
struct Made {
    app: Database,
    units: Arc<PgUnitsOfWork>,
    app_uses: Arc<PgAppUses>,
    journal_database: Database,
    verifier: Arc<OidcVerifier>,
    introspection: Arc<OidcIntrospection>,
    revocations: Arc<PgRevocations>,
    hinted: Arc<Notify>,
    sources: Arc<FhirSources>,
    people: People,
    cache: Arc<RedisRecordCache>,
    limits: Arc<RedisRateLimits>,
    journal: Arc<PgJournal>,
    wake: Arc<Notify>,
    provider_wake: Arc<Notify>,
    names: PatientNames,
}

impl Made {
    fn new(config: &ServeConfig, surroundings: &Surroundings) -> Result<Self, WiringError> {
        let (ring, clock) = (&config.key_ring, &surroundings.clock);
        let client = http_client()?;
        let hashes = RevocationHashes::new(ring);
        let identity = config.identity.clone();
        let verifier = OidcVerifier::new(identity, hashes, &client, Arc::clone(clock))?;
        let introspection = OidcIntrospection::new(&verifier, client.clone());
        let sources = sources(config, &client, clock)?;
        let people = People::new(config, &client, clock, &sources)?;
        let journal_database = database(Login::Journal, &config.journal_url, surroundings)?;
        let wake = Arc::new(Notify::new());
        let identities = KeyedHash::new(ring, "journal-identity");
        let journal = PgJournal::start(journal_database.clone(), identities, Arc::clone(&wake));
        let hinted = Arc::new(Notify::new());
        let revocations = PgRevocations::start(journal_database.clone(), Arc::clone(&hinted));
        let app = database(Login::App, &config.app_url, surroundings)?;
        let provider_wake = Arc::new(Notify::new());
        let cache = cache(&config.redis_url, surroundings, ring)?;
        let limits = RedisRateLimits::start(&cache, config.quotas, ring, Arc::clone(clock));
        let links = Arc::new(PgPatientLinks::new(app.clone()));
        let names = PatientNames::new(links, Arc::clone(&config.rules), Arc::clone(clock));
        Ok(Self {
            names,
            units: Arc::new(units_of_work(&app, ring, &provider_wake, surroundings)),
            app_uses: Arc::new(PgAppUses::start(app.clone())),
            app,
            journal_database,
            verifier: Arc::new(verifier),
            introspection: Arc::new(introspection),
            revocations: Arc::new(revocations),
            hinted,
            sources: Arc::new(sources),
            people,
            cache: Arc::new(cache),
            limits: Arc::new(limits),
            journal: Arc::new(journal),
            wake,
            provider_wake,
        })
    }
}

fn inbox_parts(config: &ServeConfig, made: &Made) -> InboxParts {
    let issuers = config.identity.issuers.iter();
    InboxParts {
        units: Arc::clone(&made.units) as _,
        cache: Arc::clone(&made.cache) as _,
        subscriptions: Arc::clone(&config.subscriptions),
        issuers: issuers
            .map(|one| (one.issuer.clone(), one.tenant.clone()))
            .collect(),
        region: config.process.region.clone(),
    }
}

pub(super) fn units_of_work(
    app: &Database,
    ring: &Arc<KeyRing>,
    provider_wake: &Arc<Notify>,
    surroundings: &Surroundings,
) -> PgUnitsOfWork {
    PgUnitsOfWork::new(UnitsOfWorkParts {
        database: app.clone(),
        identities: KeyedHash::new(ring, "journal-identity"),
        revocations: RevocationHashes::new(ring),
        seal: DeliverySeal::new(Arc::clone(ring)),
        provider_wake: Arc::clone(provider_wake),
        ids: Arc::clone(&surroundings.ids),
        clock: Arc::clone(&surroundings.clock),
    })
}

fn use_cases(
    config: ServeConfig,
    made: Made,
    surroundings: &Surroundings,
) -> portal_application::Parts {
    portal_application::Parts {
        verifier: made.verifier,
        facts: Arc::new(PgFacts::new(made.app.clone())),
        revocations: made.revocations,
        introspection: made.introspection,
        entitlements: made.people.entitlements,
        sources: made.sources,
        directory: made.people.directory,
        notifier: made.people.notifier,
        cache: made.cache,
        limits: made.limits,
        journal: made.journal,
        units: made.units,
        account_views: Arc::new(PgAccountViews::new(made.app.clone())),
        app_uses: made.app_uses,
        secrets: Arc::new(RingSecrets::new(&config.key_ring)),
        access_log: Arc::new(PgAccessLog::new(made.app)),
        cursors: Arc::new(Cursors::new(config.key_ring)),
        clock: Arc::clone(&surroundings.clock),
        ids: Arc::clone(&surroundings.ids),
        rules: config.rules,
        names: made.names,
        own_clients: config.identity.first_party_clients,
        licence_key: config.licences.module_key,
        region: config.process.region,
    }
}

/// A process that does not relay has no dead letters to show.
fn staff(made: &Made, dead_letters: Option<Arc<dyn DeadLetters>>) -> StaffParts {
    StaffParts {
        verifier: made.people.staff.clone(),
        records: Arc::new(PgStaffRecords::new(made.app.clone())),
        units: Arc::clone(&made.units) as _,
        dead_letters: dead_letters.unwrap_or_else(|| Arc::new(Unconfigured)),
    }
}

fn faces(config: &ServeConfig, surroundings: &Surroundings) -> Settings {
    Settings {
        public_url: config.public.url.clone(),
        trusted_proxies: config.public.trusted_proxies.clone(),
        max_in_flight: config.public.max_in_flight,
        request_deadline: Settings::REQUEST_DEADLINE * surroundings.slack,
        production: config.process.profile == Profile::Production,
        step_up_acr: config.identity.acr_levels.step_up().map(str::to_owned),
        health: Arc::new(HealthState::default()),
        clock: Arc::clone(&surroundings.clock),
        ids: Arc::clone(&surroundings.ids),
        actor_hash: actor_hash(&config.key_ring),
    }
}

pub(super) fn database(
    login: Login,
    url: &SecretString,
    surroundings: &Surroundings,
) -> Result<Database, Fault> {
    Database::with_slack(login, url.expose_secret(), surroundings.slack)
        .map_err(|error| Fault::new(login.setting(), error.to_string()))
}

fn cache(
    url: &SecretString,
    surroundings: &Surroundings,
    ring: &Arc<KeyRing>,
) -> Result<RedisRecordCache, Fault> {
    let mut settings = RedisSettings::new(url.clone());
    settings.key_prefix.clone_from(&surroundings.cache_prefix);
    settings.patience *= surroundings.slack;
    RedisRecordCache::new(&settings, ring, Arc::clone(&surroundings.clock))
}

/// Sources of one URL share a credential, and so its tokens.
fn sources(
    config: &ServeConfig,
    client: &HttpClient,
    clock: &Arc<dyn Clock>,
) -> Result<FhirSources, Vec<Fault>> {
    let mut credentials: BTreeMap<&str, Credential> = BTreeMap::new();
    let settings = config.sources.sources.iter().map(|source| {
        let credential = credentials
            .entry(&source.url)
            .or_insert_with(|| Credential::new(&source.credential, client, clock));
        SourceSettings {
            source: source.source,
            base_url: source.url.clone(),
            tenancy: source.tenancy.clone(),
            timeout: source.timeout,
            credential: credential.clone(),
        }
    });
    FhirSources::new(settings, client, Arc::clone(clock))
}

fn actor_hash(ring: &KeyRing) -> ActorHash {
    let hash = KeyedHash::new(ring, "log-actor");
    Arc::new(move |issuer, subject| hash.text(&[issuer.as_str(), subject.as_str()]))
}
