//! The launch context of FHIR: the token's `patient`, and `delegation_id` where it has one.

use std::sync::Arc;

use jiff::civil::date;
use ulid::Ulid;

use super::super::{
    AccessFacts, ActingFor, Action, BirthDate, Denial, PatientClaim, ProxyNeed, authorize,
};
use super::{FHIR, caregiver, on_delegations, refusal, third_party};
use crate::id::{PatientId, ProxyDelegationId};
use crate::proxy_delegation::{
    DelegationFault, DelegationRight, DelegationSnapshot, DelegationStatus, RelationshipType,
    RightSet,
};
use crate::testing::{PATIENT, PROXY, at, delegation, facts, proxy_facts, token_of};

const PROBLEMS: [DelegationRight; 1] = [DelegationRight::Problems];

/// Launched for [`PATIENT`] by an account that holds another record.
fn launched(delegations: Vec<DelegationSnapshot>) -> AccessFacts {
    let mut facts = proxy_facts(caregiver(&PROBLEMS));
    facts.stated.acting_for = ActingFor::Oneself;
    facts.delegations = delegations.into_iter().map(Arc::new).collect();
    token_of(&mut facts).patient_claim = Some(PatientClaim::new(PATIENT));
    facts
}

fn numbered(number: u128, status: DelegationStatus) -> DelegationSnapshot {
    let mut it = delegation(number, RelationshipType::Spouse, RightSet::of(PROBLEMS));
    it.status = status;
    it
}

fn names(facts: &mut AccessFacts, number: u128) {
    token_of(facts).delegation_claim = Some(Ok(ProxyDelegationId::new(Ulid(number))));
}

fn selected(facts: &AccessFacts) -> Result<Option<u128>, Denial> {
    let grant = authorize(facts, &FHIR, at(0))?;
    Ok(grant.proxy().map(|proxy| proxy.delegation().id.ulid().0))
}

const fn not_in_force(fault: DelegationFault) -> Denial {
    Denial::ProxyDelegationNotInForce(fault)
}

#[test]
fn the_honest_context_of_one_s_own_record_passes() {
    for claim in [PATIENT, "pat.u1"] {
        let mut facts = facts();
        token_of(&mut facts).patient_claim = Some(PatientClaim::new(claim));
        assert_eq!(selected(&facts), Ok(None), "{claim}");
    }
}

#[test]
fn a_context_agrees_as_a_whole_or_not_at_all() {
    for claim in [
        "pat_",
        "pat_11",
        "PAT_1",
        "Patient/pat_1",
        " pat_1",
        "",
        "pat.d1",
        "pat.u",
    ] {
        let mut facts = facts();
        token_of(&mut facts).patient_claim = Some(PatientClaim::new(claim));
        assert_eq!(
            selected(&facts),
            Err(Denial::ProxyDelegationUnknown),
            "{claim:?}"
        );
    }
}

#[test]
fn without_a_context_nobody_is_meant() {
    let mut facts = launched(vec![caregiver(&PROBLEMS)]);
    token_of(&mut facts).patient_claim = None;
    assert_eq!(selected(&facts), Err(Denial::PatientClaimRequired));
}

#[test]
fn a_context_of_a_grantor_selects_the_delegation() {
    let facts = launched(vec![caregiver(&PROBLEMS)]);
    assert_eq!(selected(&facts), Ok(Some(1)));
    let grant = authorize(&facts, &FHIR, at(0)).unwrap();
    assert_eq!(grant.patient().unwrap().id().as_str(), PATIENT);
    let mut escaped = facts;
    token_of(&mut escaped).patient_claim = Some(PatientClaim::new("pat.u1"));
    assert_eq!(selected(&escaped), Ok(Some(1)));
}

#[test]
fn of_several_in_force_none_is_meant_and_of_several_the_one_in_force() {
    use DelegationStatus::{Active, Revoked};
    let ended = Err(not_in_force(DelegationFault::NotActive));
    let ambiguous = Err(Denial::ProxyDelegationAmbiguous);
    for (statuses, expected) in [
        (&[][..], Err(Denial::ProxyDelegationUnknown)),
        (&[Active], Ok(Some(0))),
        (&[Revoked], ended),
        (&[Active, Active], ambiguous),
        (&[Revoked, Active], Ok(Some(1))),
        (&[Active, Revoked], Ok(Some(0))),
        (&[Revoked, Revoked], ended),
        (&[Active, Revoked, Active], ambiguous),
        (&[Revoked, Active, Revoked], Ok(Some(1))),
    ] {
        let delegations = (0..)
            .zip(statuses)
            .map(|(number, it)| numbered(number, *it));
        let facts = launched(delegations.collect());
        assert_eq!(selected(&facts), expected, "{statuses:?}");
    }
}

#[test]
fn a_token_that_names_a_delegation_means_that_one() {
    use DelegationStatus::{Active, Expired};
    let mut facts = launched(vec![
        numbered(1, Active),
        numbered(2, Active),
        numbered(3, Expired),
    ]);
    assert_eq!(selected(&facts), Err(Denial::ProxyDelegationAmbiguous));
    let ended = Err(not_in_force(DelegationFault::NotActive));
    for (number, expected) in [
        (1, Ok(Some(1))),
        (2, Ok(Some(2))),
        (3, ended),
        (4, Err(Denial::ProxyDelegationUnknown)),
    ] {
        names(&mut facts, number);
        assert_eq!(selected(&facts), expected, "{number}");
    }
    token_of(&mut facts).delegation_claim = Some(Err(()));
    assert_eq!(selected(&facts), Err(Denial::ProxyDelegationUnknown));
}

#[test]
fn a_named_delegation_and_the_context_have_to_be_of_one_patient() {
    let mut facts = launched(vec![caregiver(&PROBLEMS)]);
    names(&mut facts, 1);
    assert_eq!(selected(&facts), Ok(Some(1)));
    for claim in ["pat_2", PROXY] {
        token_of(&mut facts).patient_claim = Some(PatientClaim::new(claim));
        assert_eq!(
            selected(&facts),
            Err(Denial::ProxyDelegationUnknown),
            "{claim}"
        );
    }
}

#[test]
fn a_delegation_of_another_patient_is_no_access_to_this_one() {
    let mut facts = launched(vec![caregiver(&PROBLEMS)]);
    on_delegations(&mut facts, |it| {
        it.grantor = PatientId::parse("pat_11").unwrap();
    });
    assert_eq!(selected(&facts), Err(Denial::ProxyDelegationUnknown));
}

#[test]
fn a_third_party_s_app_needs_the_grantor_s_tick() {
    use DelegationRight::{Apps, Problems};
    for (rights, own_client, apps) in [
        (&[Problems][..], None, Some(Denial::AppsNotDelegated)),
        (&[Problems, Apps], None, None),
        (
            &[Apps],
            Some(Denial::ProxyScopeDenied),
            Some(Denial::ProxyScopeDenied),
        ),
        (
            &[],
            Some(Denial::ProxyScopeDenied),
            Some(Denial::AppsNotDelegated),
        ),
    ] {
        let mut facts = launched(vec![caregiver(rights)]);
        assert_eq!(refusal(&facts, &FHIR), own_client, "{rights:?}");
        third_party(&mut facts);
        assert_eq!(refusal(&facts, &FHIR), apps, "{rights:?}");
    }
    let mut own = facts();
    third_party(&mut own);
    assert_eq!(refusal(&own, &FHIR), None, "one's own record needs no tick");
}

#[test]
fn a_band_that_does_not_tick_apps_closes_a_child_s_record_to_them() {
    let parent = delegation(1, RelationshipType::Parent, RightSet::ALL);
    let mut facts = launched(vec![parent]);
    third_party(&mut facts);
    assert_eq!(refusal(&facts, &FHIR), None);
    facts.birth_date = BirthDate::Day(date(2012, 1, 1));
    assert_eq!(refusal(&facts, &FHIR), Some(Denial::AppsNotDelegated));
}

#[test]
fn what_is_never_for_a_proxy_is_so_on_fhir_too() {
    let never = Action {
        proxy: ProxyNeed::Never,
        ..FHIR
    };
    let acting = launched(vec![caregiver(&PROBLEMS)]);
    assert_eq!(refusal(&acting, &never), Some(Denial::NeverForProxy));
    assert_eq!(refusal(&facts(), &never), None);
}

#[test]
fn a_refused_request_tells_whose_record_it_named() {
    use super::super::Surface::{Fhir, Portal};
    let number = |facts: &AccessFacts, surface| {
        let named = facts.named_delegation(surface);
        named.map(|delegation| delegation.id.ulid().0)
    };
    let mut facts = launched(vec![
        numbered(1, DelegationStatus::Revoked),
        numbered(2, DelegationStatus::Active),
    ]);
    assert_eq!(
        number(&facts, Fhir),
        Some(1),
        "the first that the context fits"
    );
    assert_eq!(number(&facts, Portal), None);
    names(&mut facts, 2);
    assert_eq!(number(&facts, Fhir), Some(2));
    names(&mut facts, 3);
    assert_eq!(number(&facts, Fhir), None);
    facts.stated.acting_for = ActingFor::Delegation(ProxyDelegationId::new(Ulid(1)));
    assert_eq!(number(&facts, Portal), Some(1));
    facts.stated.acting_for = ActingFor::Malformed;
    assert_eq!(number(&facts, Portal), None);
    token_of(&mut facts).delegation_claim = None;
    token_of(&mut facts).patient_claim = None;
    assert_eq!(number(&facts, Fhir), None);
}
