use std::sync::Arc;

use portal_fhir::ResourceType;
use ulid::Ulid;

use super::super::{
    AccessFacts, AccountNeed, ActingFor, Action, AuthenticationStrength, Denial, PatientClaim,
    ProxyNeed, ScopeNeed, Surface, TenantBinding, VerifiedToken,
};
use super::authorize;
use crate::account::{AccountKind, AccountSnapshot, AccountStatus};
use crate::id::{PatientId, ProxyDelegationId, TenantId};
use crate::scope::{Interaction, ScopeSet};
use crate::testing::{PATIENT, action, at, facts};

const PORTAL: Action = action(Surface::Portal, ResourceType::Condition);
const FHIR: Action = action(Surface::Fhir, ResourceType::Condition);

type Fault = (Denial, fn(&mut AccessFacts));

fn token(facts: &mut AccessFacts) -> &mut VerifiedToken {
    Arc::make_mut(&mut facts.token)
}

fn on_account(facts: &mut AccessFacts, change: impl FnOnce(&mut AccountSnapshot)) {
    if let Some(account) = &mut facts.account {
        change(Arc::make_mut(account));
    }
}

fn third_party(facts: &mut AccessFacts) {
    token(facts).first_party = false;
}

fn no_tenant(facts: &mut AccessFacts) {
    token(facts).tenant = TenantBinding {
        issuer: None,
        claim: None,
    };
}

fn issuer_and_claim_differ(facts: &mut AccessFacts) {
    token(facts).tenant.claim = Some(Ok(TenantId::parse("south").unwrap()));
}

fn stated_tenant_differs(facts: &mut AccessFacts) {
    facts.stated.tenant = Some("south".into());
}

fn unlicensed(facts: &mut AccessFacts) {
    facts.licensed = false;
}

fn one_factor(facts: &mut AccessFacts) {
    token(facts).strength = AuthenticationStrength {
        level: 1,
        second_factor: false,
    };
}

fn no_account(facts: &mut AccessFacts) {
    facts.account = None;
}

fn suspended(facts: &mut AccessFacts) {
    on_account(facts, |account| account.status = AccountStatus::Suspended);
}

fn no_claim(facts: &mut AccessFacts) {
    token(facts).patient_claim = None;
}

fn claim_of_another(facts: &mut AccessFacts) {
    token(facts).patient_claim = Some(PatientClaim::new("pat_2"));
}

fn acting_for(facts: &mut AccessFacts) {
    facts.stated.acting_for = ActingFor::Delegation(ProxyDelegationId::new(Ulid(1)));
}

fn every_other_scope(facts: &mut AccessFacts) {
    let others = ResourceType::ALL
        .iter()
        .filter(|resource_type| **resource_type != ResourceType::Condition)
        .map(|resource_type| format!("patient/{resource_type}.cruds"));
    let claim = others.collect::<Vec<_>>().join(" ") + " patient/Condition.cud openid profile";
    token(facts).scopes = ScopeSet::parse(&claim);
}

const PORTAL_FAULTS: [Fault; 11] = [
    (Denial::ClientNotAllowed, third_party),
    (Denial::TenantClaimRequired, no_tenant),
    (Denial::TenantMismatch, issuer_and_claim_differ),
    (Denial::TenantMismatch, stated_tenant_differs),
    (Denial::ModuleNotLicensed, unlicensed),
    (Denial::MfaRequired, one_factor),
    (Denial::AccountNotLinked, no_account),
    (Denial::AccountNotActive, suspended),
    (Denial::AccountNotLinked, claim_of_another),
    (Denial::ProxyDelegationUnknown, acting_for),
    (Denial::InsufficientScope, every_other_scope),
];

const FHIR_FAULTS: [Fault; 10] = [
    (Denial::TenantClaimRequired, no_tenant),
    (Denial::TenantMismatch, issuer_and_claim_differ),
    (Denial::TenantMismatch, stated_tenant_differs),
    (Denial::ModuleNotLicensed, unlicensed),
    (Denial::MfaRequired, one_factor),
    (Denial::AccountNotLinked, no_account),
    (Denial::AccountNotActive, suspended),
    (Denial::PatientClaimRequired, no_claim),
    (Denial::ProxyDelegationUnknown, claim_of_another),
    (Denial::InsufficientScope, every_other_scope),
];

fn refusal(facts: &AccessFacts, action: &Action) -> Option<Denial> {
    authorize(facts, action, at(0)).err()
}

fn refusals_stand_in_order(action: &Action, faults: &[Fault]) {
    for (earlier, (denial, fault)) in faults.iter().enumerate() {
        let mut alone = facts();
        fault(&mut alone);
        assert_eq!(refusal(&alone, action), Some(*denial), "fault {earlier}");
        for (later, (_, hidden)) in faults.iter().enumerate().skip(earlier + 1) {
            let mut both = facts();
            hidden(&mut both);
            fault(&mut both);
            assert_eq!(
                refusal(&both, action),
                Some(*denial),
                "fault {earlier} hides fault {later}"
            );
        }
    }
}

#[test]
fn an_earlier_fault_hides_every_later_one_on_the_portal() {
    refusals_stand_in_order(&PORTAL, &PORTAL_FAULTS);
}

#[test]
fn an_earlier_fault_hides_every_later_one_on_fhir() {
    refusals_stand_in_order(&FHIR, &FHIR_FAULTS);
}

#[test]
fn the_honest_request_passes_on_both_surfaces() {
    for action in [PORTAL, FHIR] {
        let grant = authorize(&facts(), &action, at(5)).unwrap();
        assert_eq!(grant.patient().unwrap().id().as_str(), PATIENT);
        assert_eq!(grant.decided_at(), at(5));
        assert_eq!(grant.account().version, 3);
    }
}

#[test]
fn a_third_party_client_passes_on_fhir_alone() {
    let mut facts = facts();
    third_party(&mut facts);
    assert!(authorize(&facts, &FHIR, at(0)).is_ok());
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
        token(&mut facts).tenant = TenantBinding { issuer, claim };
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
    another.tenant = Some(Arc::new(crate::testing::tenant("south")));
    assert_eq!(refusal(&another, &PORTAL), Some(Denial::ModuleNotLicensed));
}

#[test]
fn a_second_factor_counts_by_level_or_by_method() {
    for (level, second_factor, passes) in [
        (0, false, false),
        (1, false, false),
        (2, false, true),
        (0, true, true),
    ] {
        let mut facts = facts();
        token(&mut facts).strength = AuthenticationStrength {
            level,
            second_factor,
        };
        assert_eq!(authorize(&facts, &PORTAL, at(0)).is_ok(), passes, "{level}");
    }
}

#[test]
fn every_state_but_active_is_refused_unless_the_route_takes_any() {
    let any_state = Action {
        account: AccountNeed::AnyState,
        ..PORTAL
    };
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
        assert!(authorize(&facts, &any_state, at(0)).is_ok(), "{status:?}");
    }
}

#[test]
fn any_state_forgives_the_state_only() {
    let any_state = Action {
        account: AccountNeed::AnyState,
        ..PORTAL
    };
    for (denial, fault) in PORTAL_FAULTS {
        let mut facts = facts();
        suspended(&mut facts);
        fault(&mut facts);
        // Nobody acts for another unless their own account is active.
        let expected = match denial {
            Denial::AccountNotActive => None,
            Denial::ProxyDelegationUnknown => Some(Denial::AccountNotActive),
            other => Some(other),
        };
        assert_eq!(refusal(&facts, &any_state), expected);
    }
}

#[test]
fn a_caregiver_reaches_its_account_and_no_record() {
    let mut facts = facts();
    no_claim(&mut facts);
    on_account(&mut facts, |account| {
        account.kind = AccountKind::Caregiver;
        account.patient_id = None;
    });
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::AccountNotLinked));
    let any_state = Action {
        account: AccountNeed::AnyState,
        ..PORTAL
    };
    let grant = authorize(&facts, &any_state, at(0)).unwrap();
    assert!(grant.patient().is_none());
    for resource_type in ResourceType::ALL {
        assert!(grant.read(*resource_type).is_none());
        assert!(grant.inspect(*resource_type).is_none());
    }
}

#[test]
fn a_caregiver_with_a_launch_context_has_no_access_by_it() {
    let mut facts = facts();
    on_account(&mut facts, |account| account.patient_id = None);
    assert_eq!(refusal(&facts, &FHIR), Some(Denial::ProxyDelegationUnknown));
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::AccountNotLinked));
}

#[test]
fn a_launch_context_agrees_as_a_whole_or_not_at_all() {
    for claim in ["pat_", "pat_11", "PAT_1", "Patient/pat_1", " pat_1", ""] {
        let mut facts = facts();
        token(&mut facts).patient_claim = Some(PatientClaim::new(claim));
        let expected = Some(Denial::ProxyDelegationUnknown);
        assert_eq!(refusal(&facts, &FHIR), expected, "{claim:?}");
    }
}

#[test]
fn the_portal_needs_no_launch_context() {
    let mut facts = facts();
    no_claim(&mut facts);
    assert!(authorize(&facts, &PORTAL, at(0)).is_ok());
}

#[test]
fn a_route_that_is_never_for_a_proxy_says_so_before_the_delegation() {
    let mut facts = facts();
    acting_for(&mut facts);
    let never = Action {
        proxy: ProxyNeed::Never,
        ..PORTAL
    };
    assert_eq!(refusal(&facts, &never), Some(Denial::NeverForProxy));
    assert_eq!(
        refusal(&facts, &PORTAL),
        Some(Denial::ProxyDelegationUnknown)
    );
}

#[test]
fn the_letter_of_the_interaction_counts() {
    let read = Action {
        scope: ScopeNeed::Record(ResourceType::Condition, Interaction::Read),
        ..PORTAL
    };
    for (scope, reads, searches) in [
        ("patient/Condition.r", true, false),
        ("patient/Condition.s", false, true),
        ("patient/Condition.rs", true, true),
        ("patient/*.read", true, true),
        ("user/Condition.read", false, false),
        (
            "patient/Condition.s?category=problem-list-item",
            false,
            true,
        ),
    ] {
        let mut facts = facts();
        token(&mut facts).scopes = ScopeSet::parse(scope);
        assert_eq!(authorize(&facts, &read, at(0)).is_ok(), reads, "{scope}");
        assert_eq!(
            authorize(&facts, &PORTAL, at(0)).is_ok(),
            searches,
            "{scope}"
        );
    }
}

#[test]
fn a_grant_reads_what_its_scopes_cover_and_inspects_the_rest() {
    let mut facts = facts();
    token(&mut facts).scopes = ScopeSet::parse("patient/Condition.s patient/Observation.r");
    let grant = authorize(&facts, &PORTAL, at(0)).unwrap();
    assert!(grant.read(ResourceType::Condition).is_some());
    assert!(grant.read(ResourceType::Observation).is_none());
    let target = grant.inspect(ResourceType::Observation).unwrap().target();
    assert_eq!(target.patient().as_str(), PATIENT);
    assert_eq!(target.tenant().as_str(), "north");
    assert_eq!(target.resource_type(), ResourceType::Observation);
}

#[test]
fn every_other_patient_is_refused_alike() {
    let grant = authorize(&facts(), &PORTAL, at(0)).unwrap();
    let named = |id: &str| grant.check_named_patient(&PatientId::parse(id).unwrap());
    assert_eq!(named(PATIENT), Ok(()));
    for other in ["pat_2", "pat_", "pat_11", "PAT_1", "nobody"] {
        assert_eq!(named(other), Err(Denial::OtherPatient), "{other}");
    }
}

#[test]
fn nothing_of_a_grant_prints_the_person() {
    let printed = format!("{:?} {:?}", facts(), authorize(&facts(), &PORTAL, at(0)));
    assert!(!printed.contains(PATIENT) && !printed.contains("\"subject\""));
}
