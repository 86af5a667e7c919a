//! Which client, and whose tenant.

use std::sync::Arc;

use super::super::{Denial, TenantBinding};
use super::{FHIR, PORTAL, refusal, third_party};
use crate::id::TenantId;
use crate::testing::{facts, tenant, token_of};

#[test]
fn a_third_party_client_passes_on_fhir_alone() {
    let mut facts = facts();
    third_party(&mut facts);
    assert_eq!(refusal(&facts, &FHIR), None);
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::ClientNotAllowed));
}

#[test]
fn issuer_claim_and_header_name_one_tenant() {
    let north = || TenantId::parse("north").unwrap();
    let south = || TenantId::parse("south").unwrap();
    let mismatch = Some(Denial::TenantMismatch);
    let cases = [
        (Some(north()), Some(Ok(north())), Some("north"), None),
        (None, Some(Ok(north())), Some("north"), None),
        (Some(north()), None, None, None),
        (Some(north()), Some(Err(())), None, mismatch),
        (None, Some(Err(())), None, mismatch),
        (Some(north()), Some(Ok(south())), None, mismatch),
        (Some(north()), None, Some("NORTH"), mismatch),
        (Some(north()), None, Some("nort"), mismatch),
        (Some(north()), None, Some(""), mismatch),
        (None, None, Some("north"), Some(Denial::TenantClaimRequired)),
    ];
    for (index, (issuer, claim, stated, expected)) in cases.into_iter().enumerate() {
        let mut facts = facts();
        token_of(&mut facts).tenant = TenantBinding { issuer, claim };
        facts.stated.tenant = stated.map(Box::from);
        assert_eq!(refusal(&facts, &PORTAL), expected, "case {index}");
    }
}

#[test]
fn an_unknown_tenant_and_another_ones_facts_are_unlicensed() {
    let mut unknown = facts();
    unknown.tenant = None;
    assert_eq!(refusal(&unknown, &PORTAL), Some(Denial::ModuleNotLicensed));
    let mut another = facts();
    another.tenant = Some(Arc::new(tenant("south")));
    assert_eq!(refusal(&another, &PORTAL), Some(Denial::ModuleNotLicensed));
}
