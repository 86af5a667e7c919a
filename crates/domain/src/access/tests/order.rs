//! The order of checks is a contract: of several faults the first is told.

use jiff::civil::date;
use ulid::Ulid;

use super::super::{
    AccessFacts, ActingFor, Action, BirthDate, Denial, Introspection, PatientClaim, Surface,
    TenantBinding,
};
use super::{
    FHIR, PORTAL, on_delegations, parent, refusal, strength, suspended, third_party,
    with_delegation,
};
use crate::feature::{Feature, FeatureSet};
use crate::id::{ProxyDelegationId, TenantId};
use crate::proxy_delegation::{
    DelegationFault, DelegationRight, DelegationStatus, RelationshipType, RightSet,
};
use crate::scope::ScopeSet;
use crate::testing::{PATIENT, action, delegation, facts, proxy_facts, token_of};

type Fault = (Denial, fn(&mut AccessFacts));

const ENDED: Denial = Denial::ProxyDelegationNotInForce(DelegationFault::NotActive);

/// Faults that every request can have before its account is looked at.
const OF_THE_TOKEN: [Fault; 9] = [
    (Denial::TokenRevoked, |facts| facts.standing.revoked = true),
    (Denial::TokenUnconfirmed, |facts| {
        facts.standing.introspection = Introspection::Unavailable;
    }),
    (Denial::TenantClaimRequired, no_tenant),
    (Denial::TenantMismatch, issuer_and_claim_differ),
    (Denial::TenantMismatch, stated_tenant_differs),
    (Denial::ModuleNotLicensed, |facts| facts.licensed = false),
    (Denial::ModuleNotLicensed, |facts| facts.tenant = None),
    (Denial::FeatureNotEnabled, |facts| {
        facts.features = FeatureSet::NONE;
    }),
    (Denial::MfaRequired, |facts| strength(facts, 1, false)),
];

const OF_THE_ACCOUNT: [Fault; 2] = [
    (Denial::AccountNotLinked, |facts| facts.account = None),
    (Denial::AccountNotActive, suspended),
];

const AT_LAST: [Fault; 2] = [
    (Denial::InsufficientScope, every_other_scope),
    (Denial::StepUpRequired, |facts| {
        token_of(facts).authenticated_at = None;
    }),
];

fn no_tenant(facts: &mut AccessFacts) {
    token_of(facts).tenant = TenantBinding {
        issuer: None,
        claim: None,
    };
}

fn issuer_and_claim_differ(facts: &mut AccessFacts) {
    token_of(facts).tenant.claim = Some(Ok(TenantId::parse("south").unwrap()));
}

fn stated_tenant_differs(facts: &mut AccessFacts) {
    facts.stated.tenant = Some("south".into());
}

fn claim_of_another(facts: &mut AccessFacts) {
    token_of(facts).patient_claim = Some(PatientClaim::new("pat_2"));
}

fn unknown_delegation(facts: &mut AccessFacts) {
    facts.stated.acting_for = ActingFor::Delegation(ProxyDelegationId::new(Ulid(99)));
}

fn two_more_in_force(facts: &mut AccessFacts) {
    for number in [2, 3] {
        let more = delegation(number, RelationshipType::Spouse, RightSet::ALL);
        with_delegation(facts, more);
    }
}

fn ended(facts: &mut AccessFacts) {
    on_delegations(facts, |it| it.status = DelegationStatus::Revoked);
}

fn only(facts: &mut AccessFacts, rights: &[DelegationRight]) {
    let rights = RightSet::of(rights.iter().copied());
    on_delegations(facts, |it| it.scope = rights.intersection(it.scope));
}

fn without_apps(facts: &mut AccessFacts) {
    only(facts, &[DelegationRight::Problems]);
}

fn apps_only(facts: &mut AccessFacts) {
    only(facts, &[DelegationRight::Apps, DelegationRight::Labs]);
}

fn every_other_scope(facts: &mut AccessFacts) {
    let others = portal_fhir::ResourceType::ALL
        .iter()
        .filter(|resource_type| **resource_type != portal_fhir::ResourceType::Condition)
        .map(|resource_type| format!("patient/{resource_type}.cruds"));
    let claim = others.collect::<Vec<_>>().join(" ") + " patient/Condition.cud openid profile";
    token_of(facts).scopes = ScopeSet::parse(&claim);
}

/// Each fault alone is told, and together with any later one it is the one that is told.
fn stand_in_order(honest: &AccessFacts, action: &Action, faults: &[Fault]) {
    let action = Action {
        feature: Some(Feature::Claims),
        step_up: true,
        ..*action
    };
    assert_eq!(refusal(honest, &action), None);
    for (earlier, (denial, fault)) in faults.iter().enumerate() {
        let mut alone = honest.clone();
        fault(&mut alone);
        assert_eq!(refusal(&alone, &action), Some(*denial), "fault {earlier}");
        for (later, (_, hidden)) in faults.iter().enumerate().skip(earlier + 1) {
            let mut both = honest.clone();
            hidden(&mut both);
            fault(&mut both);
            let told = refusal(&both, &action);
            assert_eq!(told, Some(*denial), "fault {earlier} hides fault {later}");
        }
    }
}

fn row(parts: &[&[Fault]]) -> Vec<Fault> {
    parts.concat()
}

#[test]
fn an_earlier_fault_hides_every_later_one_on_the_portal() {
    let client: Fault = (Denial::ClientNotAllowed, third_party);
    let delegation: [Fault; 2] = [
        (Denial::AccountNotLinked, claim_of_another),
        (Denial::ProxyDelegationUnknown, unknown_delegation),
    ];
    let faults = row(&[
        &OF_THE_TOKEN[..2],
        &[client],
        &OF_THE_TOKEN[2..],
        &OF_THE_ACCOUNT,
        &delegation,
        &AT_LAST,
    ]);
    stand_in_order(&facts(), &PORTAL, &faults);
}

#[test]
fn an_earlier_fault_hides_every_later_one_on_fhir() {
    let context: [Fault; 2] = [
        (Denial::PatientClaimRequired, |facts| {
            token_of(facts).patient_claim = None;
        }),
        (Denial::ProxyDelegationUnknown, claim_of_another),
    ];
    let faults = row(&[&OF_THE_TOKEN, &OF_THE_ACCOUNT, &context, &AT_LAST]);
    stand_in_order(&facts(), &FHIR, &faults);
}

#[test]
fn an_earlier_fault_hides_every_later_one_of_a_parent() {
    let delegation: [Fault; 5] = [
        (Denial::ProxyDelegationUnknown, |facts| {
            facts.stated.acting_for = ActingFor::Malformed;
        }),
        (ENDED, ended),
        (Denial::BirthDateUnknown, |facts| {
            facts.birth_date = BirthDate::Unknown;
        }),
        (Denial::PatientOfAge, |facts| {
            facts.birth_date = BirthDate::Day(date(2000, 1, 1));
        }),
        (Denial::ProxyScopeDenied, apps_only),
    ];
    let faults = row(&[&OF_THE_TOKEN, &OF_THE_ACCOUNT, &delegation, &AT_LAST]);
    stand_in_order(&proxy_facts(parent()), &PORTAL, &faults);
}

#[test]
fn an_earlier_fault_hides_every_later_one_of_a_third_party_s_app() {
    let mut honest = proxy_facts(parent());
    honest.stated.acting_for = ActingFor::Oneself;
    third_party(&mut honest);
    token_of(&mut honest).patient_claim = Some(PatientClaim::new(PATIENT));
    let unconfirmed: [Fault; 2] = [
        (Denial::TokenUnconfirmed, |facts| {
            facts.standing.introspection = Introspection::NotAsked;
        }),
        (Denial::TokenUnconfirmed, |facts| {
            facts.standing.list_is_fresh = false;
        }),
    ];
    let delegation: [Fault; 6] = [
        (Denial::ProxyDelegationUnknown, claim_of_another),
        (Denial::ProxyDelegationAmbiguous, two_more_in_force),
        (ENDED, ended),
        (Denial::BirthDateUnknown, |facts| {
            facts.birth_date = BirthDate::Unknown;
        }),
        (Denial::AppsNotDelegated, without_apps),
        (Denial::ProxyScopeDenied, apps_only),
    ];
    let faults = row(&[
        &OF_THE_TOKEN[..1],
        &unconfirmed,
        &OF_THE_TOKEN[2..],
        &OF_THE_ACCOUNT,
        &delegation,
        &AT_LAST,
    ]);
    let action = Action {
        surface: Surface::Fhir,
        ..action(Surface::Fhir, portal_fhir::ResourceType::Condition)
    };
    stand_in_order(&honest, &action, &faults);
}
