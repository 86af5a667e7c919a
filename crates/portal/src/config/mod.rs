//! The configuration: environment first, an optional TOML file, one table of settings.
//!
//! Reading is a pure function over [`Inputs`] and finds all faults at once, each with the setting's
//! name, what is wrong and what would be right, and never with a value.

mod fault;
mod identity;
mod inbox;
mod jobs;
mod keys;
mod licence;
mod limits;
mod parse;
mod people;
mod reader;
mod service;
mod setting;
mod show;
mod sources;
mod stores;
pub mod table;
mod values;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Faults};
pub use jobs::{IdentityAdminConfig, JobsConfig};
pub use licence::{EntitlementsConfig, Licences};
pub use people::{Communication, PeopleConfig, StaffIdentity};
pub use service::{Addresses, Process, Public};
pub use setting::{DefaultValue, Form, Profile, Role, Secrecy, Setting};
pub use show::example;
pub use sources::{SourceConfig, SourcesConfig};
pub use stores::Stores;
pub use values::{Inputs, Origin, Values};

use std::sync::Arc;

use jiff::Timestamp;
use portal_application::RecordRules;
use portal_application::inbox::Subscriptions;
use portal_infrastructure::crypto::{HookSecrets, KeyRing};
use portal_infrastructure::identity::OidcSettings;
use portal_infrastructure::redis::Quotas;
use secrecy::SecretString;

use reader::Reader;

/// What `serve` runs on.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// What every role knows.
    pub process: Process,
    /// The public listener.
    pub public: Public,
    /// Whether this process also publishes events.
    pub with_relay: bool,
    /// The login of requests.
    pub app_url: SecretString,
    /// The login of the journal's writer.
    pub journal_url: SecretString,
    /// The cache.
    pub redis_url: SecretString,
    /// How much one person, or one address, may ask for.
    pub quotas: Quotas,
    /// What the relay publishes from and to, and does beside it; none without a relay.
    pub relay: Option<(RelayStores, JobsConfig)>,
    /// Tokens.
    pub identity: OidcSettings,
    /// The systems that know and reach people.
    pub people: PeopleConfig,
    /// Licences.
    pub licences: Licences,
    /// Clinical services.
    pub sources: SourcesConfig,
    /// How their records are addressed, aged and released.
    pub rules: Arc<RecordRules>,
    /// Sealing keys.
    pub key_ring: Arc<KeyRing>,
    /// Where hints and other services' events come from; none where it is not configured.
    pub nats_url: Option<SecretString>,
    /// Which of those events are consumed.
    pub subscriptions: Arc<Subscriptions>,
    /// Which sources say over HTTP that records have changed.
    pub hooks: Arc<HookSecrets>,
}

/// The relay's ends.
#[derive(Debug, Clone)]
pub struct RelayStores {
    /// The login of the relay.
    pub worker_url: SecretString,
    /// Where the relay listens for events of the outbox.
    pub direct_url: SecretString,
    /// The event bus.
    pub nats_url: SecretString,
}

/// What `relay` runs on.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// What every role knows.
    pub process: Process,
    /// From and to.
    pub stores: RelayStores,
    /// What it does beside publishing.
    pub jobs: JobsConfig,
}

/// What `migrate` and `import` run on.
#[derive(Debug, Clone)]
pub struct OperateConfig {
    /// What every role knows.
    pub process: Process,
    /// The owner's login.
    pub owner_url: SecretString,
    /// The keys that revocations are written under; only lines of those need them.
    pub key_ring: Option<Arc<KeyRing>>,
}

struct Draft {
    process: Option<Process>,
    quotas: Option<Quotas>,
    public: Option<Public>,
    stores: Stores,
    identity: Option<OidcSettings>,
    people: Option<PeopleConfig>,
    jobs: Option<JobsConfig>,
    licences: Option<Licences>,
    sources: Option<SourcesConfig>,
    rules: Option<Arc<RecordRules>>,
    key_ring: Option<Arc<KeyRing>>,
    subscriptions: Option<Arc<Subscriptions>>,
    hooks: Option<Arc<HookSecrets>>,
}

/// A configuration that was read, with what `config check` shows of it.
pub struct Reading<C> {
    /// The configuration.
    pub config: C,
    /// One line a setting, secrets masked.
    pub effective: String,
}

/// Reads what `serve` needs.
pub fn serve(inputs: &Inputs<'_>, with_relay: bool) -> Result<Reading<ServeConfig>, Faults> {
    let roles: &[Role] = if with_relay {
        &[Role::Serve, Role::Relay]
    } else {
        &[Role::Serve]
    };
    read(inputs, roles, |draft| {
        let relay = relay_stores(&draft.stores).zip(draft.jobs);
        let relay = relay.filter(|_| with_relay);
        if with_relay && relay.is_none() {
            return None;
        }
        Some(ServeConfig {
            process: draft.process?,
            public: draft.public?,
            with_relay,
            app_url: draft.stores.app?,
            journal_url: draft.stores.journal?,
            redis_url: draft.stores.redis?,
            quotas: draft.quotas?,
            relay,
            nats_url: draft.stores.nats,
            subscriptions: draft.subscriptions?,
            hooks: draft.hooks?,
            identity: draft.identity?,
            people: draft.people?,
            licences: draft.licences?,
            sources: draft.sources?,
            rules: draft.rules?,
            key_ring: draft.key_ring?,
        })
    })
}

/// Reads what `relay` needs.
pub fn relay(inputs: &Inputs<'_>) -> Result<Reading<RelayConfig>, Faults> {
    read(inputs, &[Role::Relay], |draft| {
        Some(RelayConfig {
            stores: relay_stores(&draft.stores)?,
            process: draft.process?,
            jobs: draft.jobs?,
        })
    })
}

/// Reads what `migrate` and `import` need.
pub fn operate(inputs: &Inputs<'_>) -> Result<Reading<OperateConfig>, Faults> {
    read(inputs, &[Role::Operate], |draft| {
        Some(OperateConfig {
            process: draft.process?,
            owner_url: draft.stores.owner?,
            key_ring: draft.key_ring,
        })
    })
}

/// Reads what a process without a role needs, such as a health check.
pub fn process(inputs: &Inputs<'_>) -> Result<Reading<Process>, Faults> {
    read(inputs, &[], |draft| draft.process)
}

fn relay_stores(stores: &Stores) -> Option<RelayStores> {
    let worker_url = stores.worker.clone()?;
    let direct_url = stores.direct.as_ref().or(stores.app.as_ref());
    Some(RelayStores {
        direct_url: direct_url.unwrap_or(&worker_url).clone(),
        worker_url,
        nats_url: stores.nats.clone()?,
    })
}

fn read<C>(
    inputs: &Inputs<'_>,
    roles: &[Role],
    finish: impl FnOnce(Draft) -> Option<C>,
) -> Result<Reading<C>, Faults> {
    let (values, faults) = values::resolve(inputs);
    let mut reader = Reader::new(&values, roles, faults);
    if let Some(profile) = reader.read(&service::PORTAL_PROFILE, service::profile) {
        reader.profile = profile;
    }
    let draft = draft(&mut reader, inputs.now);
    let effective = show::effective(&values, reader.profile);
    let mut faults = reader.faults;
    faults.sort();
    faults.dedup();
    match finish(draft) {
        Some(config) if faults.is_empty() => Ok(Reading { config, effective }),
        _ => Err(Faults(faults)),
    }
}

fn draft(reader: &mut Reader<'_>, now: Timestamp) -> Draft {
    let process = service::process(reader);
    let public = service::public(reader);
    let public_url = public.as_ref().map(|public| public.url.as_str());
    let issuers = identity::issuers(reader);
    let identity = identity::identity(reader, issuers.clone(), public_url);
    let mesh = sources::mesh(reader);
    let people = people::people(reader, identity.as_ref(), mesh);
    let key_ring = keys::key_ring(reader, now);
    let admin = jobs::identity_admin(reader, people.as_ref(), (issuers, public_url));
    let jobs = jobs::jobs(people.as_ref(), admin, key_ring.as_ref());
    let licences = licence::licences(reader, mesh);
    let tenants = licences.as_ref().map(|licences| &licences.tenants);
    let sources = sources::sources(reader, tenants, mesh);
    let rules = match (&sources, public_url) {
        (Some(sources), Some(url)) if reader.faults.is_empty() => {
            sources::rules(reader, sources, url)
        }
        _ => None,
    };
    Draft {
        process,
        quotas: limits::quotas(reader),
        stores: stores::stores(reader),
        key_ring,
        subscriptions: inbox::subscriptions(reader),
        hooks: inbox::hooks(reader),
        public,
        identity,
        people,
        jobs,
        licences,
        sources,
        rules,
    }
}
