//! What a sandbox is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Settings of one sandbox; [`Options::default`] is a generated world on a
/// free port of loopback.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Folder of FHIR transaction Bundles (`*.json`), loaded into tenant
    /// `demo` in place of the generated people of that tenant.
    pub records: Option<PathBuf>,
    /// Seed of the generator: the same seed gives the same bytes.
    pub seed: u64,
    /// Observations of the one person with a large record.
    pub large: usize,
    /// Whether patient-chart also holds copies of laboratory Observations.
    pub chart_copies: bool,
    /// Origin used in links and in `iss`; without it `http://ADDRESS`.
    pub public_url: Option<String>,
    /// Realms of the issuer, each with keys of its own. The first is the one
    /// of [`Sandbox::issuer_url`](crate::Sandbox::issuer_url); `staff` is the
    /// one of [`DemoStaff`](crate::DemoStaff).
    pub realms: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            records: None,
            seed: 1,
            large: 300,
            chart_copies: false,
            public_url: None,
            realms: ["demo", "staff"].map(str::to_owned).into(),
        }
    }
}
