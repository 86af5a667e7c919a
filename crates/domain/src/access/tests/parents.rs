//! Who acts by law, and who by the patient's own grant.

use std::sync::Arc;

use jiff::civil::date;

use super::super::{AccessFacts, BirthDate, Denial, authorize, birth_date_target};
use super::{ANY, PORTAL, caregiver, on_account, parent, refusal};
use crate::age_bands::{AgeBand, AgeBands, ParentAccess};
use crate::proxy_delegation::{DelegationRight, RelationshipType, RightSet};
use crate::release::{Audience, Viewer};
use crate::sensitivity::{SensitivityCategory, SensitivitySet};
use crate::tenant_config::TenantConfig;
use crate::testing::{PATIENT, at, delegation, proxy_facts, tenant};

pub(super) const FULL: Viewer = Viewer {
    audience: Audience::Parent,
    sensitive: None,
};
pub(super) const LIMITED: Viewer = Viewer {
    audience: Audience::Parent,
    sensitive: Some(SensitivitySet::NONE),
};

#[test]
fn a_band_opens_no_more_than_the_delegation_does() {
    let mut few = parent();
    few.scope = RightSet::of([DelegationRight::Allergies, DelegationRight::Labs]);
    let mut facts = proxy_facts(few);
    let rights = |facts: &AccessFacts| {
        let grant = authorize(facts, &ANY, at(0)).unwrap();
        grant.proxy().unwrap().rights()
    };
    let scope = RightSet::of([DelegationRight::Allergies, DelegationRight::Labs]);
    assert_eq!(rights(&facts), scope);
    facts.birth_date = BirthDate::Day(date(2010, 1, 1));
    assert_eq!(rights(&facts), RightSet::of([DelegationRight::Allergies]));
}

fn with_bands(facts: &mut AccessFacts, bands: Vec<AgeBand>) {
    let mut tenant = tenant("north");
    tenant.config = Arc::new(TenantConfig {
        age_bands: AgeBands::new(bands).unwrap(),
        ..TenantConfig::default()
    });
    facts.tenant = Some(Arc::new(tenant));
}

fn band(from_age: u8, to_age: u8, parent_access: ParentAccess, hides_sensitive: bool) -> AgeBand {
    AgeBand {
        from_age,
        to_age,
        parent_access,
        hides_sensitive,
        minor_may_hold_account: false,
        assent_required: false,
    }
}

#[test]
fn a_band_may_be_closed_to_parents() {
    let mut facts = proxy_facts(parent());
    with_bands(&mut facts, vec![band(0, 18, ParentAccess::Nothing, true)]);
    assert_eq!(refusal(&facts, &ANY), Some(Denial::ClosedToParents));
}

#[test]
fn what_is_sensitive_is_hidden_from_the_band_on_that_says_so() {
    let full = ParentAccess::Full;
    let bands = vec![
        band(0, 6, full, false),
        band(6, 9, full, true),
        band(9, 18, full, false),
    ];
    for (age, expected) in [
        (5, FULL),
        (6, LIMITED),
        (8, LIMITED),
        (9, LIMITED),
        (17, LIMITED),
    ] {
        let mut facts = proxy_facts(parent());
        with_bands(&mut facts, bands.clone());
        facts.birth_date = BirthDate::Day(date(2026 - age, 1, 1));
        let grant = authorize(&facts, &ANY, at(0)).unwrap();
        assert_eq!(grant.proxy().unwrap().viewer(), expected, "{age}");
        assert!(grant.proxy().unwrap().is_full());
    }
}

#[test]
fn voluntary_proxies_see_of_what_is_sensitive_what_was_ticked() {
    let ticked = SensitivitySet::of([SensitivityCategory::Genetic]);
    for relationship in RelationshipType::ALL
        .into_iter()
        .filter(|it| !it.is_legal())
    {
        let mut delegation = delegation(1, relationship, RightSet::ALL);
        delegation.sensitive = ticked;
        let mut facts = proxy_facts(delegation);
        for birth_date in [BirthDate::NotAsked, BirthDate::Day(date(1980, 1, 1))] {
            facts.birth_date = birth_date;
            let grant = authorize(&facts, &ANY, at(0)).unwrap();
            let proxy = grant.proxy().unwrap();
            let viewer = Viewer {
                audience: Audience::Proxy,
                sensitive: Some(ticked),
            };
            assert_eq!(proxy.viewer(), viewer, "{relationship:?}");
            assert!(!proxy.is_full());
        }
    }
}

#[test]
fn a_tick_is_none_of_a_parent_s() {
    let mut ticked = parent();
    ticked.sensitive = SensitivitySet::ALL;
    let mut facts = proxy_facts(ticked);
    facts.birth_date = BirthDate::Day(date(2010, 1, 1));
    let grant = authorize(&facts, &ANY, at(0)).unwrap();
    assert_eq!(grant.proxy().unwrap().viewer(), LIMITED);
}

#[test]
fn a_birth_date_is_looked_up_for_who_acts_by_law_and_is_not_refused_anyway() {
    let target = |facts: &AccessFacts| birth_date_target(facts, &PORTAL, at(0));
    let mut facts = proxy_facts(parent());
    facts.birth_date = BirthDate::NotAsked;
    let found = target(&facts).unwrap().unwrap();
    assert_eq!(found.patient().as_str(), PATIENT);
    assert_eq!(found.tenant().as_str(), "north");
    assert_eq!(found.resource_type(), portal_fhir::ResourceType::Patient);
    let voluntary = proxy_facts(caregiver(&[DelegationRight::Problems]));
    assert_eq!(target(&voluntary), Ok(None));
    assert_eq!(target(&crate::testing::facts()), Ok(None));
    on_account(&mut facts, |it| {
        it.status = crate::account::AccountStatus::Closed;
    });
    assert_eq!(target(&facts), Err(Denial::AccountNotActive));
}
