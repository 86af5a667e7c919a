//! The decision itself.

use std::sync::Arc;

use jiff::Timestamp;

use crate::account::{AccountSnapshot, AccountStatus};
use crate::tenant::Tenant;

use super::{
    AccessFacts, AccountNeed, ActingFor, Action, Denial, PatientGrant, ScopeNeed, Surface,
};

/// Decides whether the facts allow the action, and if so makes the proof of it. Checks stand in
/// the order of the contract, so the first that fails is the one that is told.
pub fn authorize(
    facts: &AccessFacts,
    action: &Action,
    now: Timestamp,
) -> Result<PatientGrant, Denial> {
    check_client(facts, action)?;
    let tenant = check_tenant(facts)?;
    check_strength(facts)?;
    let account = check_account(facts, action)?;
    check_delegation(facts, action)?;
    check_scope(facts, action)?;
    Ok(PatientGrant::new(
        Arc::clone(&facts.token),
        tenant,
        account,
        *action,
        now,
    ))
}

fn check_client(facts: &AccessFacts, action: &Action) -> Result<(), Denial> {
    match action.surface {
        Surface::Portal if !facts.token.first_party => Err(Denial::ClientNotAllowed),
        Surface::Portal | Surface::Fhir => Ok(()),
    }
}

fn check_tenant(facts: &AccessFacts) -> Result<Arc<Tenant>, Denial> {
    let id = facts.token.tenant()?;
    if facts
        .stated
        .tenant
        .as_deref()
        .is_some_and(|stated| stated != id.as_str())
    {
        return Err(Denial::TenantMismatch);
    }
    let tenant = facts.tenant.as_ref().ok_or(Denial::ModuleNotLicensed)?;
    if !facts.licensed || tenant.id != *id {
        return Err(Denial::ModuleNotLicensed);
    }
    Ok(Arc::clone(tenant))
}

fn check_strength(facts: &AccessFacts) -> Result<(), Denial> {
    if facts.token.strength.is_multi_factor() {
        Ok(())
    } else {
        Err(Denial::MfaRequired)
    }
}

fn check_account(facts: &AccessFacts, action: &Action) -> Result<Arc<AccountSnapshot>, Denial> {
    let account = facts.account.as_ref().ok_or(Denial::AccountNotLinked)?;
    if action.account == AccountNeed::Active && account.status != AccountStatus::Active {
        return Err(Denial::AccountNotActive);
    }
    check_launch_context(facts, account, action)?;
    Ok(Arc::clone(account))
}

// Until delegations exist, the launch context can only be the caller's own record.
fn check_launch_context(
    facts: &AccessFacts,
    account: &AccountSnapshot,
    action: &Action,
) -> Result<(), Denial> {
    let agrees = |claim: &super::PatientClaim| {
        account
            .patient_id
            .as_ref()
            .is_some_and(|patient| claim.names(patient))
    };
    match (action.surface, &facts.token.patient_claim) {
        (Surface::Fhir, None) => Err(Denial::PatientClaimRequired),
        (Surface::Fhir, Some(claim)) if !agrees(claim) => Err(Denial::ProxyDelegationInvalid),
        (Surface::Portal, Some(claim)) if !agrees(claim) => Err(Denial::AccountNotLinked),
        (Surface::Portal, _) if needs_record(account, action) => Err(Denial::AccountNotLinked),
        (Surface::Fhir | Surface::Portal, _) => Ok(()),
    }
}

fn needs_record(account: &AccountSnapshot, action: &Action) -> bool {
    action.account == AccountNeed::Active && account.patient_id.is_none()
}

fn check_delegation(facts: &AccessFacts, action: &Action) -> Result<(), Denial> {
    match facts.stated.acting_for {
        ActingFor::Oneself => Ok(()),
        ActingFor::Delegation if action.proxy => Err(Denial::ProxyDelegationInvalid),
        ActingFor::Delegation => Err(Denial::ProxyScopeDenied),
    }
}

fn check_scope(facts: &AccessFacts, action: &Action) -> Result<(), Denial> {
    let ScopeNeed::Record(resource_type, interaction) = action.scope;
    if facts.token.scopes.allows(resource_type, interaction) {
        Ok(())
    } else {
        Err(Denial::InsufficientScope)
    }
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
