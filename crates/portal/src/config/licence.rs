//! Which licence opens the portal, and who holds which.

use std::collections::BTreeSet;

use portal_domain::id::TenantId;
use portal_infrastructure::entitlements::StaticEntitlements;

use super::identity::FIRST_PARTY_CLIENTS;
use super::parse;
use super::reader::Reader;
use super::setting::{Form, Setting};

pub(super) static MODULE_LICENSE_KEY: Setting = Setting::new(
    "MODULE_LICENSE_KEY",
    Form::Text,
    "ehr.portal",
    "The licence key without which a tenant's patients see nothing.",
)
.default("ehr.portal");
pub(super) static ENTITLEMENTS_STATIC: Setting = Setting::new(
    "ENTITLEMENTS_STATIC",
    Form::Own("tenant=key,key;tenant=…"),
    "kabul=ehr.portal;herat=ehr.portal",
    "The licence keys of each tenant. This or ENTITLEMENTS_URL is needed, not both.",
);
pub(super) static ENTITLEMENTS_URL: Setting = Setting::new(
    "ENTITLEMENTS_URL",
    Form::Url,
    "https://identity.example.org/api/v1",
    "The base of identity-service, which says what tenants have licensed.",
);

pub(super) static SETTINGS: [&Setting; 3] =
    [&MODULE_LICENSE_KEY, &ENTITLEMENTS_STATIC, &ENTITLEMENTS_URL];

/// Who says which licences a tenant holds.
#[derive(Debug, Clone)]
pub enum EntitlementsConfig {
    /// A list.
    Static(StaticEntitlements),
    /// identity-service, at this base URL.
    Http(String),
}

/// Who may use the portal.
#[derive(Debug, Clone)]
pub struct Licences {
    /// The key that opens it.
    pub module_key: String,
    /// Who holds which.
    pub entitlements: EntitlementsConfig,
    /// Whoever holds any by the list.
    pub tenants: BTreeSet<TenantId>,
}

pub(super) fn licences(reader: &mut Reader<'_>, mesh: bool) -> Option<Licences> {
    let module_key = reader.read(&MODULE_LICENSE_KEY, parse::text);
    let entitlements = entitlements(reader, mesh);
    let tenants = reader
        .text(&ENTITLEMENTS_STATIC)
        .map(tenants)
        .unwrap_or_default();
    Some(Licences {
        module_key: module_key?,
        entitlements: entitlements?,
        tenants,
    })
}

fn entitlements(reader: &mut Reader<'_>, mesh: bool) -> Option<EntitlementsConfig> {
    let list = reader.read_adapted(&ENTITLEMENTS_STATIC, StaticEntitlements::parse);
    let url = parse::service_url(reader, &ENTITLEMENTS_URL, mesh);
    let is_set = |setting| reader.text(setting).is_some();
    match (is_set(&ENTITLEMENTS_STATIC), is_set(&ENTITLEMENTS_URL)) {
        (true, true) => {
            let problem = "is there, and ENTITLEMENTS_STATIC too";
            reader.fault(&ENTITLEMENTS_URL, problem, "one of the two");
            None
        }
        (false, false) => {
            if reader.needs(&FIRST_PARTY_CLIENTS) {
                let problem = "is missing, and ENTITLEMENTS_URL too";
                reader.fault(&ENTITLEMENTS_STATIC, problem, "one of the two");
            }
            None
        }
        (true, false) => list.map(EntitlementsConfig::Static),
        (false, true) => url.map(EntitlementsConfig::Http),
    }
}

fn tenants(value: &str) -> BTreeSet<TenantId> {
    let names = value.split(';').filter_map(|entry| entry.split_once('='));
    names
        .filter_map(|(tenant, _)| TenantId::parse(tenant.trim()).ok())
        .collect()
}
