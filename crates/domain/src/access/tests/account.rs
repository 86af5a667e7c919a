//! Which account, and in which state.

use portal_fhir::ResourceType;

use super::super::{AccountNeed, Action, Denial, PatientClaim, authorize, authorize_caller};
use super::{FHIR, PORTAL, on_account, refusal, suspended};
use crate::account::{AccountKind, AccountStatus};
use crate::proxy_delegation::RightSet;
use crate::testing::{PATIENT, at, facts, proxy_facts, token_of};

const ANY_STATE: Action = Action {
    account: AccountNeed::AnyState,
    ..PORTAL
};

#[test]
fn every_state_but_active_is_refused_unless_the_route_takes_any() {
    for (status, passes) in [
        (AccountStatus::PendingVerification, false),
        (AccountStatus::Active, true),
        (AccountStatus::Suspended, false),
        (AccountStatus::Closed, false),
    ] {
        let mut facts = facts();
        on_account(&mut facts, |account| account.status = status);
        let expected = (!passes).then_some(Denial::AccountNotActive);
        assert_eq!(refusal(&facts, &PORTAL), expected, "{status:?}");
        let grant = authorize(&facts, &ANY_STATE, at(0)).unwrap();
        for resource_type in ResourceType::ALL {
            assert_eq!(grant.read(*resource_type).is_some(), passes, "{status:?}");
            assert_eq!(
                grant.inspect(*resource_type).is_some(),
                passes,
                "{status:?}"
            );
        }
    }
}

#[test]
fn nobody_acts_for_another_unless_their_own_account_is_active() {
    let mut delegation = super::parent();
    delegation.scope = RightSet::ALL;
    let mut facts = proxy_facts(delegation);
    assert_eq!(refusal(&facts, &ANY_STATE), None);
    suspended(&mut facts);
    assert_eq!(refusal(&facts, &ANY_STATE), Some(Denial::AccountNotActive));
}

#[test]
fn a_caregiver_reaches_its_account_and_no_record() {
    let mut facts = facts();
    token_of(&mut facts).patient_claim = None;
    on_account(&mut facts, |account| {
        account.kind = AccountKind::Caregiver;
        account.patient_id = None;
    });
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::AccountNotLinked));
    let grant = authorize(&facts, &ANY_STATE, at(0)).unwrap();
    assert!(grant.patient().is_none());
    for resource_type in ResourceType::ALL {
        assert!(grant.read(*resource_type).is_none());
        assert!(grant.inspect(*resource_type).is_none());
    }
}

#[test]
fn a_caregiver_needs_no_record_of_its_own_to_act_for_another() {
    let mut facts = proxy_facts(super::parent());
    on_account(&mut facts, |account| account.patient_id = None);
    assert_eq!(refusal(&facts, &PORTAL), None);
}

#[test]
fn a_caregiver_with_a_launch_context_has_no_access_by_it() {
    let mut facts = facts();
    on_account(&mut facts, |account| account.patient_id = None);
    assert_eq!(refusal(&facts, &FHIR), Some(Denial::ProxyDelegationUnknown));
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::AccountNotLinked));
}

#[test]
fn the_portal_needs_no_launch_context_but_one_that_is_there_has_to_agree() {
    for (claim, expected) in [
        (None, None),
        (Some("pat_1"), None),
        (Some("pat.u1"), None),
        (Some("pat_2"), Some(Denial::AccountNotLinked)),
        (Some("pat_"), Some(Denial::AccountNotLinked)),
        (Some("pat_11"), Some(Denial::AccountNotLinked)),
        (Some(""), Some(Denial::AccountNotLinked)),
    ] {
        let mut facts = facts();
        token_of(&mut facts).patient_claim = claim.map(PatientClaim::new);
        assert_eq!(refusal(&facts, &PORTAL), expected, "{claim:?}");
        assert_eq!(refusal(&facts, &ANY_STATE), expected, "{claim:?}");
    }
}

#[test]
fn where_no_account_is_needed_one_that_is_there_is_the_one_that_the_token_claims() {
    let action = Action {
        account: AccountNeed::None,
        ..PORTAL
    };
    for (claim, expected) in [
        (None, None),
        (Some(PATIENT), None),
        (Some("somebody-else"), Some(Denial::AccountNotLinked)),
    ] {
        let mut facts = facts();
        token_of(&mut facts).patient_claim = claim.map(PatientClaim::new);
        let grant = authorize_caller(&facts, &action, at(0));
        assert_eq!(grant.as_ref().err().copied(), expected, "{claim:?}");
        let account = facts.account.as_ref().map(|account| account.id);
        let granted = grant
            .ok()
            .map(|grant| grant.account().map(|account| account.id));
        assert_eq!(granted, expected.is_none().then_some(account));
    }
}
