//! Who this deployment is, where it listens, and how much it takes on.

use std::net::SocketAddr;
use std::time::Duration;

use portal_presentation::Network;

use super::parse;
use super::reader::Reader;
use super::setting::{Form, Profile, Role, Setting};

const SERVE: &[Role] = &[Role::Serve];
const RUN: &[Role] = &[Role::Serve, Role::Relay];

pub(super) static PORTAL_PROFILE: Setting = Setting::new(
    "PORTAL_PROFILE",
    Form::Choice("production | development"),
    "production",
    "Which rules apply. In development addresses default to 127.0.0.1, plain HTTP is allowed, and \
     tokens may live longer than 15 minutes.",
)
.default("production");
pub(super) static PUBLIC_URL: Setting = Setting::new(
    "PUBLIC_URL",
    Form::Url,
    "https://portal.example.org",
    "Where callers reach this service, without a path. Builds fullUrl, links and the FHIR audience.",
)
.default_by_profile(None, Some("http://127.0.0.1:3000"))
.needed_by(SERVE);
pub(super) static REGION: Setting = Setting::new(
    "REGION",
    Form::Text,
    "afg",
    "The region of this deployment. Tenants of other regions are refused.",
)
.default_by_profile(None, Some("local"))
.needed_by(RUN);
pub(super) static HTTP_ADDR: Setting = Setting::new(
    "HTTP_ADDR",
    Form::Address,
    "0.0.0.0:3000",
    "Where /v1/portal, /fhir/R4 and /health are served.",
)
.default_by_profile(Some("0.0.0.0:3000"), Some("127.0.0.1:3000"));
pub(super) static INTERNAL_ADDR: Setting = Setting::new(
    "INTERNAL_ADDR",
    Form::Address,
    "0.0.0.0:3001",
    "Where staff interfaces are served; never on the public ingress.",
)
.default_by_profile(Some("0.0.0.0:3001"), Some("127.0.0.1:3001"));
pub(super) static ADMIN_ADDR: Setting = Setting::new(
    "ADMIN_ADDR",
    Form::Address,
    "0.0.0.0:9464",
    "Where /metrics and the detailed /health are served.",
)
.default_by_profile(Some("0.0.0.0:9464"), Some("127.0.0.1:9464"));
pub(super) static TRUSTED_PROXIES: Setting = Setting::new(
    "TRUSTED_PROXIES",
    Form::Own("comma list of CIDR networks"),
    "10.0.0.0/8,fd00::/8",
    "Proxies whose X-Forwarded-For is believed.",
)
.default("");
pub(super) static MAX_IN_FLIGHT: Setting = Setting::new(
    "MAX_IN_FLIGHT",
    Form::Integer,
    "512",
    "Requests at a time; further ones are answered 503 OVERLOADED.",
)
.unit("requests")
.default("512");
pub(super) static DRAIN_DELAY: Setting = Setting::new(
    "DRAIN_DELAY",
    Form::Integer,
    "5",
    "How long requests are still accepted after SIGTERM, until load balancers have noticed.",
)
.unit("seconds")
.default_by_profile(Some("5"), Some("0"));
pub(super) static TOKIO_WORKER_THREADS: Setting = Setting::new(
    "TOKIO_WORKER_THREADS",
    Form::Integer,
    "2",
    "Threads that run requests.",
)
.unit("threads")
.derived("the number of CPUs");
pub(super) static LOG_LEVEL: Setting = Setting::new(
    "LOG_LEVEL",
    Form::Choice("error | warn | info | debug | trace"),
    "info",
    "The least severe lines of this service that are logged. Libraries log warnings and errors only.",
)
.default("info");

pub(super) static SETTINGS: [&Setting; 11] = [
    &PORTAL_PROFILE,
    &PUBLIC_URL,
    &REGION,
    &HTTP_ADDR,
    &INTERNAL_ADDR,
    &ADMIN_ADDR,
    &TRUSTED_PROXIES,
    &MAX_IN_FLIGHT,
    &DRAIN_DELAY,
    &TOKIO_WORKER_THREADS,
    &LOG_LEVEL,
];

/// Where the listeners are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Public.
    pub http: SocketAddr,
    /// Staff.
    pub internal: SocketAddr,
    /// Metrics and health.
    pub admin: SocketAddr,
}

/// What every role knows.
#[derive(Debug, Clone)]
pub struct Process {
    /// The rules that apply.
    pub profile: Profile,
    /// The region; empty where no role needs it.
    pub region: String,
    /// The least severe level that is logged.
    pub log_level: tracing::Level,
    /// Threads of the runtime; none means one for each CPU.
    pub worker_threads: Option<usize>,
    /// Where the listeners are.
    pub addresses: Addresses,
    /// How long requests are still accepted after SIGTERM.
    pub drain_delay: Duration,
}

/// What the public listener keeps to.
#[derive(Debug, Clone)]
pub struct Public {
    /// Without a slash at its end.
    pub url: String,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Requests at a time.
    pub max_in_flight: usize,
}

pub(super) fn profile(value: &str) -> Result<Profile, &'static str> {
    match value {
        "production" => Ok(Profile::Production),
        "development" => Ok(Profile::Development),
        _ => Err("production or development"),
    }
}

fn level(value: &str) -> Result<tracing::Level, &'static str> {
    match value {
        "error" => Ok(tracing::Level::ERROR),
        "warn" => Ok(tracing::Level::WARN),
        "info" => Ok(tracing::Level::INFO),
        "debug" => Ok(tracing::Level::DEBUG),
        "trace" => Ok(tracing::Level::TRACE),
        _ => Err("error, warn, info, debug or trace"),
    }
}

pub(super) fn process(reader: &mut Reader<'_>) -> Option<Process> {
    let addresses = addresses(reader);
    let region = reader.read(&REGION, parse::text);
    let log_level = reader.read(&LOG_LEVEL, level);
    let threads = parse::integer(1..=1_024, "an integer from 1 to 1024");
    let worker_threads = reader.read(&TOKIO_WORKER_THREADS, threads);
    let delay = parse::integer(0..=60, "seconds from 0 to 60");
    let drain_delay = reader.read(&DRAIN_DELAY, delay);
    Some(Process {
        profile: reader.profile,
        region: region.unwrap_or_default(),
        log_level: log_level?,
        worker_threads,
        addresses: addresses?,
        drain_delay: Duration::from_secs(drain_delay?),
    })
}

fn addresses(reader: &mut Reader<'_>) -> Option<Addresses> {
    let http = reader.read(&HTTP_ADDR, parse::address);
    let internal = reader.read(&INTERNAL_ADDR, parse::address);
    let admin = reader.read(&ADMIN_ADDR, parse::address);
    let addresses = Addresses {
        http: http?,
        internal: internal?,
        admin: admin?,
    };
    for (setting, address, earlier) in [
        (&INTERNAL_ADDR, addresses.internal, &[addresses.http][..]),
        (
            &ADMIN_ADDR,
            addresses.admin,
            &[addresses.http, addresses.internal],
        ),
    ] {
        if address.port() != 0 && earlier.contains(&address) {
            reader.fault(
                setting,
                "is the address of another listener",
                "an address of its own",
            );
        }
    }
    Some(addresses)
}

pub(super) fn public(reader: &mut Reader<'_>) -> Option<Public> {
    let url = reader.read(&PUBLIC_URL, parse::http_url);
    if let Some(url) = &url {
        parse::require_https(reader, &PUBLIC_URL, url);
    }
    let trusted_proxies = reader.read(&TRUSTED_PROXIES, parse::networks);
    let count = parse::integer(1..=100_000, "an integer from 1 to 100000");
    let max_in_flight = reader.read(&MAX_IN_FLIGHT, count);
    Some(Public {
        url: url?,
        trusted_proxies: trusted_proxies?,
        max_in_flight: max_in_flight?,
    })
}
