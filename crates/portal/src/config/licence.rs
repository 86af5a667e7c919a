//! Which licence opens the portal, and who holds which.

use std::collections::BTreeSet;

use portal_domain::id::TenantId;
use portal_infrastructure::entitlements::StaticEntitlements;

use super::parse;
use super::reader::Reader;
use super::setting::{Form, Role, Setting};

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
    "The licence keys of each tenant.",
)
.needed_by(&[Role::Serve]);

pub(super) static SETTINGS: [&Setting; 2] = [&MODULE_LICENSE_KEY, &ENTITLEMENTS_STATIC];

/// Who may use the portal.
#[derive(Debug, Clone)]
pub struct Licences {
    /// The key that opens it.
    pub module_key: String,
    /// Who holds which.
    pub entitlements: StaticEntitlements,
    /// Whoever holds any.
    pub tenants: BTreeSet<TenantId>,
}

pub(super) fn licences(reader: &mut Reader<'_>) -> Option<Licences> {
    let module_key = reader.read(&MODULE_LICENSE_KEY, parse::text);
    let entitlements = reader.read_adapted(&ENTITLEMENTS_STATIC, StaticEntitlements::parse);
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

fn tenants(value: &str) -> BTreeSet<TenantId> {
    let names = value.split(';').filter_map(|entry| entry.split_once('='));
    names
        .filter_map(|(tenant, _)| TenantId::parse(tenant.trim()).ok())
        .collect()
}
