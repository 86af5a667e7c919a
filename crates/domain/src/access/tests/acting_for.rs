//! `X-Acting-For`: exactly the delegation that it names, or nothing.

use std::sync::Arc;

use ulid::Ulid;

use super::super::{ActingFor, Action, Denial, PatientClaim, ProxyNeed, authorize};
use super::{ANY, PORTAL, caregiver, parent, refusal, with_delegation};
use crate::id::{PatientId, ProxyDelegationId};
use crate::proxy_delegation::{DelegationRight, RelationshipType, RightSet};
use crate::testing::{PATIENT, PROXY, at, delegation, facts, proxy_facts, token_of};

const NEVER: Action = Action {
    proxy: ProxyNeed::Never,
    ..PORTAL
};

fn named(number: u128) -> ActingFor {
    ActingFor::Delegation(ProxyDelegationId::new(Ulid(number)))
}

#[test]
fn who_names_no_delegation_acts_for_themselves() {
    let mut facts = proxy_facts(parent());
    facts.stated.acting_for = ActingFor::Oneself;
    for action in [PORTAL, NEVER, ANY] {
        let grant = authorize(&facts, &action, at(0)).unwrap();
        assert_eq!(grant.patient().unwrap().id().as_str(), PROXY);
        assert!(grant.proxy().is_none());
        assert_eq!(grant.fence().delegation, None);
    }
}

#[test]
fn who_names_a_delegation_acts_for_its_grantor() {
    let grant = authorize(&proxy_facts(parent()), &PORTAL, at(0)).unwrap();
    assert_eq!(grant.patient().unwrap().id().as_str(), PATIENT);
    assert_eq!(grant.account().patient_id.as_ref().unwrap().as_str(), PROXY);
    let fence = grant.fence();
    let id = ProxyDelegationId::new(Ulid(1));
    assert_eq!((fence.delegation, fence.grantor), (Some((id, 5)), None));
}

#[test]
fn a_delegation_that_is_none_of_the_caller_s_is_unknown() {
    let unknown = Some(Denial::ProxyDelegationUnknown);
    for (acting_for, expected) in [
        (named(1), None),
        (named(0), unknown),
        (named(2), unknown),
        (ActingFor::Malformed, unknown),
    ] {
        let mut facts = proxy_facts(parent());
        facts.stated.acting_for = acting_for;
        assert_eq!(refusal(&facts, &PORTAL), expected, "{acting_for:?}");
        facts.delegations = Arc::default();
        assert_eq!(refusal(&facts, &PORTAL), unknown, "{acting_for:?}");
    }
}

#[test]
fn a_route_that_is_never_for_a_proxy_says_so_before_the_delegation() {
    for acting_for in [named(1), named(2), ActingFor::Malformed] {
        let mut facts = proxy_facts(parent());
        facts.stated.acting_for = acting_for;
        assert_eq!(refusal(&facts, &NEVER), Some(Denial::NeverForProxy));
    }
}

#[test]
fn of_two_delegations_only_the_named_one_counts() {
    let mut facts = proxy_facts(caregiver(&[DelegationRight::Labs]));
    let problems = RightSet::of([DelegationRight::Problems]);
    let mut other = delegation(2, RelationshipType::Spouse, problems);
    with_delegation(&mut facts, other.clone());
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::ProxyScopeDenied));
    facts.stated.acting_for = named(2);
    let rights = |facts| {
        authorize(facts, &PORTAL, at(0))
            .unwrap()
            .proxy()
            .unwrap()
            .rights()
    };
    assert_eq!(rights(&facts), problems);
    other.grantor = PatientId::parse("pat_2").unwrap();
    other.id = ProxyDelegationId::new(Ulid(3));
    with_delegation(&mut facts, other);
    facts.stated.acting_for = named(3);
    let grant = authorize(&facts, &PORTAL, at(0)).unwrap();
    assert_eq!(grant.patient().unwrap().id().as_str(), "pat_2");
}

#[test]
fn a_launch_context_of_somebody_else_is_refused_on_the_portal_whoever_is_acted_for() {
    let mut facts = proxy_facts(parent());
    token_of(&mut facts).patient_claim = Some(PatientClaim::new(PATIENT));
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::AccountNotLinked));
    token_of(&mut facts).patient_claim = Some(PatientClaim::new(PROXY));
    assert_eq!(refusal(&facts, &PORTAL), None);
}

#[test]
fn the_portal_does_not_look_at_the_delegation_that_a_token_names() {
    let mut facts = facts();
    for claim in [Some(Err(())), Some(Ok(ProxyDelegationId::new(Ulid(9))))] {
        token_of(&mut facts).delegation_claim = claim;
        assert_eq!(refusal(&facts, &PORTAL), None);
    }
}
