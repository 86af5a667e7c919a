//! A list in the settings.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use portal_application::ports::{Entitlements, EntitlementsUnavailable, Features};
use portal_domain::id::TenantId;

use crate::fault::{Fault, read_all};

const SETTING: &str = "ENTITLEMENTS_STATIC";

/// Licence keys by tenant, fixed at start.
#[derive(Debug, Clone, Default)]
pub struct StaticEntitlements {
    by_tenant: HashMap<TenantId, Features>,
    none: Features,
}

impl StaticEntitlements {
    /// Reads `tenant=key,key;tenant=…`. Keys are `[a-z0-9.-]{1,64}`; a tenant stands once. A `;`
    /// at the end is allowed.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let text = text.trim().trim_end_matches(';');
        let entries = text.split(';').filter(|_| !text.is_empty());
        let mut named = BTreeSet::new();
        let by_tenant = read_all(SETTING, entries, |entry| {
            let (tenant, features) = read_entry(entry)?;
            if !named.insert(tenant.clone()) {
                return Err("expected a tenant that no earlier entry names");
            }
            Ok((tenant, features))
        })?;
        Ok(Self {
            by_tenant: by_tenant.into_iter().collect(),
            none: Features::default(),
        })
    }
}

fn read_entry(entry: &str) -> Result<(TenantId, Features), &'static str> {
    let (tenant, keys) = entry.split_once('=').ok_or("expected tenant=key,key")?;
    let tenant = TenantId::parse(tenant.trim()).map_err(|_| "expected a tenant id before `=`")?;
    let keys: Vec<&str> = keys.split(',').map(str::trim).collect();
    if !keys.iter().all(|key| is_key(key)) {
        return Err("expected licence keys of [a-z0-9.-]{1,64} between commas");
    }
    let features: BTreeSet<String> = keys.into_iter().map(str::to_owned).collect();
    Ok((tenant, Arc::new(features)))
}

fn is_key(text: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

#[async_trait]
impl Entitlements for StaticEntitlements {
    async fn features(&self, tenant: &TenantId) -> Result<Features, EntitlementsUnavailable> {
        let features = self.by_tenant.get(tenant).unwrap_or(&self.none);
        Ok(Arc::clone(features))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).expect("valid")
    }

    #[tokio::test]
    async fn each_tenant_holds_its_own_keys_and_an_unknown_one_none() {
        let list = StaticEntitlements::parse("kabul=ehr.portal,virtual-care; herat=ehr.claims;")
            .expect("valid");
        let kabul = list.features(&tenant("kabul")).await.expect("static");
        assert!(kabul.contains("ehr.portal") && kabul.contains("virtual-care"));
        let herat = list.features(&tenant("herat")).await.expect("static");
        assert!(!herat.contains("ehr.portal"));
        let other = list.features(&tenant("kabu")).await.expect("static");
        assert!(other.is_empty());
    }

    #[test]
    fn every_faulty_entry_is_named_and_none_is_repeated() {
        let faults = StaticEntitlements::parse("a=ehr.portal;b;c=KEY;/=x;a=y;d=x,").unwrap_err();
        let places: Vec<&str> = faults
            .iter()
            .filter_map(|fault| fault.message.split(':').next())
            .collect();
        assert_eq!(
            places,
            ["entry 2", "entry 3", "entry 4", "entry 5", "entry 6"]
        );
    }

    #[test]
    fn an_empty_list_licenses_nobody() {
        assert!(
            StaticEntitlements::parse("")
                .expect("valid")
                .by_tenant
                .is_empty()
        );
    }
}
