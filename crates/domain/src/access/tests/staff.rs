//! What staff may do: the matrix, and the order in which they are refused.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{
    AuthenticationStrength, Denial, StaffAction, StaffFacts, StaffRight, StaffRole, StaffRoles,
    StaffToken, StatedContext, TokenStanding, authorize_staff,
};
use crate::audit::{ActorKind, EventType};
use crate::testing::{at, facts_of, tenant};

fn facts(roles: &[StaffRole]) -> StaffFacts {
    StaffFacts {
        staff: Arc::new(StaffToken {
            token: facts_of("north", "p1").token,
            roles: StaffRoles::of(roles.iter().map(|role| role.as_str())),
        }),
        standing: TokenStanding::default(),
        stated: StatedContext::default(),
        tenant: Some(Arc::new(tenant("north"))),
        licensed: true,
    }
}

fn one_factor(facts: &mut StaffFacts) {
    let staff = Arc::make_mut(&mut facts.staff);
    Arc::make_mut(&mut staff.token).strength = AuthenticationStrength {
        level: 1,
        second_factor: false,
    };
}

const fn action(right: StaffRight) -> StaffAction {
    StaffAction {
        operation: "doSomething",
        event_type: EventType::AdminViewed,
        right,
    }
}

fn refusal(facts: &StaffFacts, right: StaffRight) -> Option<Denial> {
    authorize_staff(facts, &action(right), at(0)).err()
}

#[test]
fn the_matrix_is_the_one_of_the_contract() {
    // admin, support, auditor, service
    let table = [
        (StaffRight::ReadAccounts, "xx.."),
        (StaffRight::LockAccounts, "xx.."),
        (StaffRight::CloseAccounts, "x..."),
        (StaffRight::Import, "x..x"),
        (StaffRight::ManageDelegations, "x..."),
        (StaffRight::Configure, "x..."),
        (StaffRight::Audit, "x.x."),
        (StaffRight::ReplayDeadLetters, "x..."),
        (StaffRight::ReadUsage, "xxx."),
        (StaffRight::ReadRequests, "...x"),
    ];
    assert_eq!(table.map(|(right, _)| right), StaffRight::ALL);
    for (right, row) in table {
        for (role, cell) in StaffRole::ALL.into_iter().zip(row.chars()) {
            let expected = (cell == '.').then_some(Denial::RoleDenied);
            assert_eq!(
                refusal(&facts(&[role]), right),
                expected,
                "{role:?} {right:?}"
            );
        }
    }
}

#[test]
fn the_first_rule_that_refuses_is_the_one_that_is_told() {
    let right = StaffRight::ReadAccounts;
    let mut worse = facts(&[]);
    assert_eq!(refusal(&worse, right), Some(Denial::RoleDenied));
    one_factor(&mut worse);
    assert_eq!(refusal(&worse, right), Some(Denial::MfaRequired));
    worse.licensed = false;
    assert_eq!(refusal(&worse, right), Some(Denial::ModuleNotLicensed));
    worse.stated.tenant = Some("south".into());
    assert_eq!(refusal(&worse, right), Some(Denial::TenantMismatch));
    worse.standing.revoked = true;
    assert_eq!(refusal(&worse, right), Some(Denial::TokenRevoked));
}

#[test]
fn another_tenant_than_the_token_s_is_never_served() {
    let mut facts = facts(&[StaffRole::Admin]);
    facts.tenant = Some(Arc::new(tenant("south")));
    let right = StaffRight::ReadAccounts;
    assert_eq!(refusal(&facts, right), Some(Denial::ModuleNotLicensed));
    facts.tenant = None;
    assert_eq!(refusal(&facts, right), Some(Denial::ModuleNotLicensed));
}

#[test]
fn a_service_needs_no_second_factor_and_a_person_does() {
    let mut service = facts(&[StaffRole::Service]);
    one_factor(&mut service);
    assert_eq!(refusal(&service, StaffRight::Import), None);
    assert_eq!(service.staff.actor(), ActorKind::Service);
    let mut both = facts(&[StaffRole::Service, StaffRole::Auditor]);
    one_factor(&mut both);
    assert_eq!(
        refusal(&both, StaffRight::Import),
        Some(Denial::MfaRequired)
    );
    assert_eq!(both.staff.actor(), ActorKind::Staff);
}

#[test]
fn unknown_roles_mean_nothing() {
    let words = [
        "admin",
        "PORTAL-ADMIN",
        "portal-admin ",
        "offline_access",
        "",
    ];
    assert_eq!(StaffRoles::of(words), StaffRoles::default());
    for role in StaffRole::ALL {
        assert_eq!(StaffRole::parse(role.as_str()), Some(role));
    }
}

proptest! {
    #[test]
    fn roles_add_up_and_nothing_else_opens_anything(
        held in prop::collection::vec(prop::sample::select(StaffRole::ALL.to_vec()), 0..4),
        right in prop::sample::select(StaffRight::ALL.to_vec()),
    ) {
        let may = held.iter().any(|role| role.may(right));
        prop_assert_eq!(refusal(&facts(&held), right).is_none(), may);
    }
}
