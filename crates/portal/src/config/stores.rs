//! PostgreSQL's logins, Redis and NATS.

use secrecy::SecretString;

use super::parse;
use super::reader::Reader;
use super::setting::{Form, Role, Secrecy, Setting};

const POSTGRES: Form = Form::Own("URL postgres://login:password@host:port/database");

const fn login(
    name: &'static str,
    role: &'static [Role],
    example: &'static str,
    about: &'static str,
) -> Setting {
    Setting::new(name, POSTGRES, example, about)
        .secrecy(Secrecy::Credentials)
        .needed_by(role)
}

pub(super) static DATABASE_URL: Setting = login(
    "DATABASE_URL",
    &[Role::Serve],
    "postgres://portal_app:PASSWORD@postgres:5432/portal",
    "The login portal_app: requests, under forced row-level security.",
);
pub(super) static DATABASE_JOURNAL_URL: Setting = login(
    "DATABASE_JOURNAL_URL",
    &[Role::Serve],
    "postgres://portal_journal:PASSWORD@postgres:5432/portal",
    "The login portal_journal: inserts access events.",
);
pub(super) static DATABASE_WORKER_URL: Setting = login(
    "DATABASE_WORKER_URL",
    &[Role::Relay],
    "postgres://portal_worker:PASSWORD@postgres:5432/portal",
    "The login portal_worker: the relay and the jobs beside it. Not needed by `serve --without-relay`.",
);
pub(super) static DATABASE_OWNER_URL: Setting = login(
    "DATABASE_OWNER_URL",
    &[Role::Operate],
    "postgres://portal_owner:PASSWORD@postgres:5432/portal",
    "The login portal_owner: migrate and import only. Give it to no serving process.",
);
pub(super) static DATABASE_DIRECT_URL: Setting = Setting::new(
    "DATABASE_DIRECT_URL",
    POSTGRES,
    "postgres://portal_app:PASSWORD@postgres-primary:5432/portal",
    "A login's way past a pooler: the relay listens there for new events. Through a pooler of transactions it hears nothing, and looks five times a second.",
)
.secrecy(Secrecy::Credentials)
.derived("DATABASE_URL, or where there is none DATABASE_WORKER_URL");
pub(super) static REDIS_URL: Setting = Setting::new(
    "REDIS_URL",
    Form::Own("URL redis:// or rediss://"),
    "redis://:PASSWORD@redis:6379",
    "The cache of records. Its values are sealed.",
)
.secrecy(Secrecy::Credentials)
.needed_by(&[Role::Serve]);
pub(super) static NATS_URL: Setting = Setting::new(
    "NATS_URL",
    Form::Own("URL nats:// or tls://"),
    "nats://nats:4222",
    "JetStream, to which the relay publishes.",
)
.secrecy(Secrecy::Credentials)
.needed_by(&[Role::Relay]);

pub(super) static SETTINGS: [&Setting; 7] = [
    &DATABASE_URL,
    &DATABASE_JOURNAL_URL,
    &DATABASE_WORKER_URL,
    &DATABASE_OWNER_URL,
    &DATABASE_DIRECT_URL,
    &REDIS_URL,
    &NATS_URL,
];

/// The stores that are configured. A role has those that it needs.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The login of requests.
    pub app: Option<SecretString>,
    /// The login of the journal's writer.
    pub journal: Option<SecretString>,
    /// The login of the relay.
    pub worker: Option<SecretString>,
    /// The login of migrations and imports.
    pub owner: Option<SecretString>,
    /// The way past a pooler.
    pub direct: Option<SecretString>,
    /// The cache.
    pub redis: Option<SecretString>,
    /// The event bus.
    pub nats: Option<SecretString>,
}

pub(super) fn stores(reader: &mut Reader<'_>) -> Stores {
    let mut read = |setting, schemes, expected| {
        reader
            .read(setting, parse::store_url(schemes, expected))
            .map(SecretString::from)
    };
    let mut postgres = |setting| {
        read(
            setting,
            &["postgres", "postgresql"],
            "postgres://login:password@host:port/database",
        )
    };
    Stores {
        app: postgres(&DATABASE_URL),
        journal: postgres(&DATABASE_JOURNAL_URL),
        worker: postgres(&DATABASE_WORKER_URL),
        owner: postgres(&DATABASE_OWNER_URL),
        direct: postgres(&DATABASE_DIRECT_URL),
        redis: read(
            &REDIS_URL,
            &["redis", "rediss"],
            "redis://host:port or rediss://host:port",
        ),
        nats: read(
            &NATS_URL,
            &["nats", "tls"],
            "nats://host:port or tls://host:port",
        ),
    }
}
