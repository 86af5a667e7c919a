//! Explanations: the same decision, in words.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{ActingFor, BirthDate, Denial, authorize, explain};
use super::generators::{any_action, any_facts};
use super::{ANY, PORTAL, parent, refusal};
use crate::proxy_delegation::{DelegationFault, DelegationStatus};
use crate::release::Audience;
use crate::testing::{PATIENT, PROXY, at, facts, proxy_facts, token_of};

const RULES: [&str; 12] = [
    "token",
    "client",
    "tenant",
    "entitlement",
    "second-factor",
    "account",
    "delegation",
    "age-band",
    "delegated-apps",
    "delegation-scope",
    "scope",
    "step-up",
];

#[test]
fn what_is_allowed_passed_every_rule_in_order() {
    let explanation = explain(&facts(), &PORTAL, at(0));
    assert_eq!(explanation.passed, RULES);
    assert_eq!(explanation.refused, None);
    assert_eq!(explanation.audience, Some(Audience::Patient));
    assert_eq!(
        explanation.to_string(),
        "listSomething: token client tenant entitlement second-factor account delegation \
         age-band delegated-apps delegation-scope scope step-up | allowed | tenant@1 account@3"
    );
}

#[test]
fn a_refusal_names_its_rule_and_the_versions_that_it_was_decided_on() {
    let mut delegation = parent();
    delegation.scope = crate::proxy_delegation::RightSet::NONE;
    let facts = proxy_facts(delegation);
    let explanation = explain(&facts, &PORTAL, at(0));
    assert_eq!(explanation.passed, RULES[..9]);
    assert_eq!(
        explanation.refused,
        Some(("delegation-scope", Denial::ProxyScopeDenied))
    );
    assert_eq!(explanation.audience, Some(Audience::Parent));
    assert_eq!(
        explanation.to_string(),
        "listSomething: token client tenant entitlement second-factor account delegation \
         age-band delegated-apps | refused by delegation-scope: proxy-scope-denied | tenant@1 \
         account@3 pdel_00000000000000000000000001@5"
    );
}

#[test]
fn a_delegation_and_an_age_are_refused_by_their_own_rules() {
    let mut ended = proxy_facts(parent());
    super::on_delegations(&mut ended, |it| it.status = DelegationStatus::Revoked);
    let mut unknown = proxy_facts(parent());
    unknown.birth_date = BirthDate::Unknown;
    let fault = Denial::ProxyDelegationNotInForce(DelegationFault::NotActive);
    for (facts, passed, refused) in [
        (ended, 6, ("delegation", fault)),
        (unknown, 7, ("age-band", Denial::BirthDateUnknown)),
    ] {
        let explanation = explain(&facts, &PORTAL, at(0));
        assert_eq!(explanation.refused, Some(refused));
        assert_eq!(explanation.passed, RULES[..passed]);
    }
}

#[test]
fn a_suspended_tenant_is_refused_whatever_it_holds() {
    let mut facts = facts();
    let tenant = facts.tenant.as_mut().expect("a tenant");
    Arc::make_mut(tenant).suspended = true;
    let explanation = explain(&facts, &PORTAL, at(0));
    let refused = Some(("entitlement", Denial::TenantSuspended));
    assert_eq!(explanation.refused, refused);
    assert_eq!(refusal(&facts, &PORTAL), Some(Denial::TenantSuspended));
}

#[test]
fn what_is_not_known_is_not_said() {
    let mut facts = facts();
    facts.tenant = None;
    facts.account = None;
    facts.stated.acting_for = ActingFor::Malformed;
    let explanation = explain(&facts, &PORTAL, at(0));
    assert_eq!(
        (explanation.tenant_version, explanation.account_version),
        (None, None)
    );
    assert_eq!((explanation.delegation, explanation.audience), (None, None));
    assert_eq!(
        explanation.to_string(),
        "listSomething: token client tenant | refused by entitlement: module-not-licensed"
    );
}

#[test]
fn an_explanation_names_nobody() {
    let mut facts = proxy_facts(parent());
    token_of(&mut facts).first_party = true;
    let explanation = explain(&facts, &ANY, at(0));
    let printed = format!("{explanation} {explanation:?}");
    assert!(
        !printed.contains(PATIENT) && !printed.contains(PROXY),
        "{printed}"
    );
    assert_eq!(refusal(&facts, &ANY), None);
}

/// The rules that can refuse so.
const fn rules_of(denial: Denial) -> &'static [&'static str] {
    match denial {
        Denial::TokenRevoked | Denial::TokenUnconfirmed => &["token"],
        Denial::ClientNotAllowed => &["client"],
        Denial::TenantMismatch | Denial::TenantClaimRequired => &["tenant"],
        Denial::ModuleNotLicensed | Denial::TenantSuspended | Denial::FeatureNotEnabled => {
            &["entitlement"]
        }
        Denial::MfaRequired => &["second-factor"],
        Denial::AccountNotLinked | Denial::AccountNotActive | Denial::PatientClaimRequired => {
            &["account"]
        }
        Denial::ProxyDelegationUnknown
        | Denial::ProxyDelegationAmbiguous
        | Denial::ProxyDelegationNotInForce(_) => &["delegation"],
        Denial::BirthDateUnknown | Denial::PatientOfAge | Denial::ClosedToParents => &["age-band"],
        Denial::AppsNotDelegated => &["delegated-apps"],
        Denial::NeverForProxy => &["delegation", "delegation-scope"],
        Denial::ProxyScopeDenied => &["delegation-scope"],
        Denial::InsufficientScope => &["scope"],
        Denial::StepUpRequired => &["step-up"],
        Denial::OtherPatient | Denial::RoleDenied => &[],
    }
}

proptest! {
    #[test]
    fn an_explanation_agrees_with_the_decision(facts in any_facts(), action in any_action()) {
        let explained = explain(&facts, &action, at(0));
        match authorize(&facts, &action, at(0)) {
            Ok(grant) => {
                prop_assert_eq!(explained.refused, None);
                prop_assert_eq!(explained.passed.len(), 12);
                let fence = grant.fence();
                prop_assert_eq!(explained.delegation, fence.delegation);
                prop_assert_eq!(explained.tenant_version, Some(fence.tenant));
                prop_assert_eq!(explained.account_version, Some(fence.account.1));
            }
            Err(denial) => {
                let (rule, why) = explained.refused.unwrap();
                prop_assert_eq!(why, denial);
                prop_assert!(rules_of(denial).contains(&rule), "{} by {}", denial, rule);
                prop_assert!(explained.passed.len() < 12);
            }
        }
    }
}
