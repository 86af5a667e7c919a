//! What the decision decides, rule by rule.

mod account;
mod acting_for;
mod birthdays;
mod denials;
mod explained;
pub(crate) mod generators;
mod grants;
mod launch;
mod laws;
mod order;
mod parents;
mod rights;
mod staff;
mod standing;
mod step_up;
mod tenants;
mod validity;

use std::sync::Arc;

use jiff::Timestamp;
use portal_fhir::ResourceType;

use super::{AccessFacts, Action, AuthenticationStrength, Denial, ProxyNeed, Surface, authorize};
use crate::account::{AccountSnapshot, AccountStatus};
use crate::proxy_delegation::{DelegationRight, DelegationSnapshot, RelationshipType, RightSet};
use crate::testing::{action, at, delegation, token_of};

const PORTAL: Action = action(Surface::Portal, ResourceType::Condition);
const FHIR: Action = action(Surface::Fhir, ResourceType::Condition);
/// An action that any delegation will do for.
const ANY: Action = Action {
    proxy: ProxyNeed::Any,
    ..action(Surface::Portal, ResourceType::Patient)
};

fn refusal(facts: &AccessFacts, action: &Action) -> Option<Denial> {
    refusal_at(facts, action, at(0))
}

fn refusal_at(facts: &AccessFacts, action: &Action, now: Timestamp) -> Option<Denial> {
    authorize(facts, action, now).err()
}

fn third_party(facts: &mut AccessFacts) {
    token_of(facts).first_party = false;
}

fn on_account(facts: &mut AccessFacts, change: impl FnOnce(&mut AccountSnapshot)) {
    if let Some(account) = &mut facts.account {
        change(Arc::make_mut(account));
    }
}

fn suspended(facts: &mut AccessFacts) {
    on_account(facts, |account| account.status = AccountStatus::Suspended);
}

fn strength(facts: &mut AccessFacts, level: u8, second_factor: bool) {
    token_of(facts).strength = AuthenticationStrength {
        level,
        second_factor,
    };
}

/// Changes every delegation to the account.
fn on_delegations(facts: &mut AccessFacts, change: impl Fn(&mut DelegationSnapshot)) {
    let changed = facts.delegations.iter().map(|delegation| {
        let mut delegation = DelegationSnapshot::clone(delegation);
        change(&mut delegation);
        Arc::new(delegation)
    });
    facts.delegations = changed.collect();
}

fn with_delegation(facts: &mut AccessFacts, more: DelegationSnapshot) {
    let known = facts.delegations.iter().cloned();
    facts.delegations = known.chain([Arc::new(more)]).collect();
}

fn caregiver(rights: &[DelegationRight]) -> DelegationSnapshot {
    let rights = RightSet::of(rights.iter().copied());
    delegation(1, RelationshipType::Caregiver, rights)
}

fn parent() -> DelegationSnapshot {
    delegation(1, RelationshipType::Parent, RightSet::ALL)
}
