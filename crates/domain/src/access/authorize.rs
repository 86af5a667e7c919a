//! The decision itself.

use std::sync::Arc;

use jiff::Timestamp;
use portal_fhir::ResourceType;

use crate::account::{AccountSnapshot, AccountStatus};
use crate::proxy_delegation::DelegationRight;
use crate::tenant::Tenant;

use super::proxy::{ProxyAccess, opens_type};
use super::subject::Subject;
use super::{
    AccessFacts, AccountNeed, ActingFor, Action, CallerGrant, Denial, PatientGrant, ProxyNeed,
    RecordTarget, ScopeNeed, Surface,
};

/// One question to the decision: the facts, the action, and when it is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) facts: &'a AccessFacts,
    pub(super) action: &'a Action,
    pub(super) now: Timestamp,
}

/// A rule of the decision: its name, and what it refuses.
pub(super) type Step = (&'static str, fn(&Asked<'_>) -> Result<(), Denial>);

/// What is judged before the birth date of the patient who is acted for is asked for.
pub(super) const BEFORE_BIRTH_DATE: [Step; 7] = [
    ("token", check_standing),
    ("client", check_client),
    ("tenant", check_tenant),
    ("entitlement", check_entitlement),
    ("second-factor", check_strength),
    ("account", check_account),
    ("delegation", check_delegation),
];

/// What is judged with it.
pub(super) const WITH_BIRTH_DATE: [Step; 5] = [
    ("age-band", check_age_band),
    ("delegated-apps", check_apps),
    ("delegation-scope", check_delegation_scope),
    ("scope", check_scope),
    ("step-up", check_step_up),
];

/// Decides whether the facts allow the action, and if so makes the proof of it. Checks stand in
/// the order of the contract, so the first that fails is the one that is told.
pub fn authorize(
    facts: &AccessFacts,
    action: &Action,
    now: Timestamp,
) -> Result<PatientGrant, Denial> {
    let asked = Asked { facts, action, now };
    for (_, check) in BEFORE_BIRTH_DATE.iter().chain(&WITH_BIRTH_DATE) {
        check(&asked)?;
    }
    let proxy = asked.proxy_access()?;
    Ok(PatientGrant::new(
        facts,
        Arc::clone(asked.tenant()?),
        Arc::clone(asked.account()?),
        proxy,
        *action,
        now,
    ))
}

/// Decides whether the facts allow the caller to change something of their own, and if so makes the
/// proof of it. The rules and their order are those of [`authorize`].
pub fn authorize_caller(
    facts: &AccessFacts,
    action: &Action,
    now: Timestamp,
) -> Result<CallerGrant, Denial> {
    let asked = Asked { facts, action, now };
    for (_, check) in BEFORE_BIRTH_DATE.iter().chain(&WITH_BIRTH_DATE) {
        check(&asked)?;
    }
    match asked.subject()? {
        Subject::Oneself => Ok(CallerGrant::new(
            facts,
            Arc::clone(asked.tenant()?),
            *action,
            now,
        )),
        Subject::Delegation(_) => Err(Denial::NeverForProxy),
    }
}

/// Whose Patient must be looked up for its birth date before [`authorize`] can decide: the one
/// whom a legal delegation is for. Everything that can be refused without it is refused here, so
/// nothing is fetched for who is refused anyway.
pub fn birth_date_target(
    facts: &AccessFacts,
    action: &Action,
    now: Timestamp,
) -> Result<Option<RecordTarget>, Denial> {
    let asked = Asked { facts, action, now };
    for (_, check) in &BEFORE_BIRTH_DATE {
        check(&asked)?;
    }
    let tenant = asked.tenant()?;
    Ok(match asked.subject()? {
        Subject::Delegation(delegation) if delegation.relationship.is_legal() => Some(
            RecordTarget::new(tenant, &delegation.grantor, ResourceType::Patient),
        ),
        Subject::Delegation(_) | Subject::Oneself => None,
    })
}

impl<'a> Asked<'a> {
    pub(super) fn tenant(&self) -> Result<&'a Arc<Tenant>, Denial> {
        self.facts.tenant.as_ref().ok_or(Denial::ModuleNotLicensed)
    }

    pub(super) fn account(&self) -> Result<&'a Arc<AccountSnapshot>, Denial> {
        self.facts.account.as_ref().ok_or(Denial::AccountNotLinked)
    }

    /// What the selected delegation opens now; `None` for who acts for themselves.
    pub(super) fn proxy_access(&self) -> Result<Option<ProxyAccess>, Denial> {
        match self.subject()? {
            Subject::Oneself => Ok(None),
            Subject::Delegation(delegation) => {
                let (tenant, birth_date) = (self.tenant()?, self.facts.birth_date);
                ProxyAccess::decide(delegation, tenant, birth_date, self.now).map(Some)
            }
        }
    }

    fn is_third_party(&self) -> bool {
        !self.facts.token.first_party
    }
}

fn check_standing(asked: &Asked<'_>) -> Result<(), Denial> {
    let must_be_certain = match asked.action.surface {
        // Third parties are refused here for what they are: nobody asks about their tokens.
        Surface::Portal => asked.action.step_up && !asked.is_third_party(),
        Surface::Fhir => asked.action.step_up || asked.is_third_party(),
    };
    asked.facts.standing.check(must_be_certain)
}

fn check_client(asked: &Asked<'_>) -> Result<(), Denial> {
    match asked.action.surface {
        Surface::Portal if asked.is_third_party() => Err(Denial::ClientNotAllowed),
        Surface::Portal | Surface::Fhir => Ok(()),
    }
}

fn check_tenant(asked: &Asked<'_>) -> Result<(), Denial> {
    let id = asked.facts.token.tenant()?;
    let stated = asked.facts.stated.tenant.as_deref();
    if stated.is_some_and(|stated| stated != id.as_str()) {
        return Err(Denial::TenantMismatch);
    }
    Ok(())
}

fn check_entitlement(asked: &Asked<'_>) -> Result<(), Denial> {
    let id = asked.facts.token.tenant()?;
    let tenant = asked.tenant()?;
    if !asked.facts.licensed || tenant.id != *id {
        return Err(Denial::ModuleNotLicensed);
    }
    if tenant.suspended {
        return Err(Denial::TenantSuspended);
    }
    match asked.action.feature {
        Some(feature) if !asked.facts.features.contains(feature) => Err(Denial::FeatureNotEnabled),
        Some(_) | None => Ok(()),
    }
}

fn check_strength(asked: &Asked<'_>) -> Result<(), Denial> {
    if asked.facts.token.strength.is_multi_factor() {
        Ok(())
    } else {
        Err(Denial::MfaRequired)
    }
}

fn check_account(asked: &Asked<'_>) -> Result<(), Denial> {
    if asked.action.account == AccountNeed::None {
        return check_claimed_account(asked);
    }
    let account = asked.account()?;
    let acts_for_another = asked.facts.stated.acting_for != ActingFor::Oneself;
    let any_state = asked.action.account == AccountNeed::AnyState;
    if (!any_state || acts_for_another) && account.status != AccountStatus::Active {
        return Err(Denial::AccountNotActive);
    }
    match (asked.action.surface, &asked.facts.token.patient_claim) {
        (Surface::Fhir, None) => Err(Denial::PatientClaimRequired),
        (Surface::Portal, Some(claim)) if !claim.is_of(account) => Err(Denial::AccountNotLinked),
        (Surface::Portal, _) if !acts_for_another && needs_record(account, asked.action) => {
            Err(Denial::AccountNotLinked)
        }
        (Surface::Fhir | Surface::Portal, _) => Ok(()),
    }
}

/// Where no account is needed, one that is there must still be the one that the token claims.
fn check_claimed_account(asked: &Asked<'_>) -> Result<(), Denial> {
    match (&asked.facts.account, &asked.facts.token.patient_claim) {
        (Some(account), Some(claim)) if !claim.is_of(account) => Err(Denial::AccountNotLinked),
        _ => Ok(()),
    }
}

fn needs_record(account: &AccountSnapshot, action: &Action) -> bool {
    action.account == AccountNeed::Active && account.patient_id.is_none()
}

fn check_delegation(asked: &Asked<'_>) -> Result<(), Denial> {
    asked.subject().map(|_| ())
}

fn check_age_band(asked: &Asked<'_>) -> Result<(), Denial> {
    asked.proxy_access().map(|_| ())
}

fn check_apps(asked: &Asked<'_>) -> Result<(), Denial> {
    match asked.proxy_access()? {
        Some(proxy)
            if asked.is_third_party() && !proxy.rights().contains(DelegationRight::Apps) =>
        {
            Err(Denial::AppsNotDelegated)
        }
        Some(_) | None => Ok(()),
    }
}

fn check_delegation_scope(asked: &Asked<'_>) -> Result<(), Denial> {
    let Some(proxy) = asked.proxy_access()? else {
        return Ok(());
    };
    let open = match asked.action.proxy {
        ProxyNeed::Never => return Err(Denial::NeverForProxy),
        ProxyNeed::Any => true,
        ProxyNeed::Right(right) => proxy.rights().contains(right),
        ProxyNeed::OfType => asked
            .action
            .resource_type()
            .is_some_and(|resource_type| opens_type(&proxy, resource_type)),
    };
    if open {
        Ok(())
    } else {
        Err(Denial::ProxyScopeDenied)
    }
}

fn check_scope(asked: &Asked<'_>) -> Result<(), Denial> {
    let scopes = &asked.facts.token.scopes;
    let allowed = match asked.action.scope {
        ScopeNeed::Identity => scopes.has_identity(),
        ScopeNeed::Record(resource_type, interaction) => scopes.allows(resource_type, interaction),
        ScopeNeed::AnyOf(types, interaction) => types
            .iter()
            .any(|resource_type| scopes.allows(*resource_type, interaction)),
        ScopeNeed::AnyRecord(interaction) => ResourceType::ALL
            .iter()
            .any(|resource_type| scopes.allows(*resource_type, interaction)),
    };
    if allowed {
        Ok(())
    } else {
        Err(Denial::InsufficientScope)
    }
}

fn check_step_up(asked: &Asked<'_>) -> Result<(), Denial> {
    if !asked.action.step_up || asked.facts.token.has_fresh_second_factor(asked.now) {
        Ok(())
    } else {
        Err(Denial::StepUpRequired)
    }
}
