//! The environment that the program is started with.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use portal_sandbox::Sandbox;

use super::servers::Servers;
use crate::portal::source_settings;

/// Settings as `.env.example` explains them. Nobody listens at the addresses now, and they are not
/// of the ports that systems give to outgoing connections.
pub(super) fn of_installation(
    servers: &Servers,
    sandbox: &Sandbox,
    tenant: &str,
) -> BTreeMap<String, String> {
    let mut settings = servers.settings();
    let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
    let address = || format!("127.0.0.1:{}", free_port());
    let public = address();
    set("PORTAL_PROFILE", "development".to_owned());
    set("REGION", "local".to_owned());
    set("PUBLIC_URL", format!("http://{public}"));
    set("HTTP_ADDR", public);
    set("INTERNAL_ADDR", address());
    set("ADMIN_ADDR", address());
    set("KEYCLOAK_REALM_URL", sandbox.issuer_url());
    set("PORTAL_AUDIENCE", "patient-portal".to_owned());
    set("FIRST_PARTY_CLIENTS", "portal-web,portal-mobile".to_owned());
    set("OIDC_CLIENT_ID", "portal-service".to_owned());
    set("OIDC_CLIENT_SECRET", "sandbox-secret".to_owned());
    set("MFA_AMR", "mfa,otp,hwk".to_owned());
    set("ACR_LEVELS", "1=1,2=2".to_owned());
    set(
        "ENTITLEMENTS_STATIC",
        format!("{tenant}=ehr.portal,ehr.claims,communication"),
    );
    // Budgets are for the scenes about them.
    for budget in ["RATE_LIMIT_ACCOUNT", "RATE_LIMIT_ADDRESS"] {
        set(budget, "1000000000".to_owned());
    }
    set(
        "KEY_RING",
        "test:2020-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned(),
    );
    settings.extend(source_settings(sandbox, None));
    settings
}

/// A port that nobody listens at, given out once, and not one of those that systems give to
/// outgoing connections.
pub fn free_port() -> u16 {
    static OFFSET: AtomicU32 = AtomicU32::new(0);
    // Each process of tests begins elsewhere, and none gives out a port twice.
    let begin = std::process::id().wrapping_mul(37);
    loop {
        let offset = begin.wrapping_add(OFFSET.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let port = u16::try_from(20_000 + offset).expect("below 32,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
