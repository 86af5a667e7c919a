//! What is told of a refusal, and to whom.

use super::super::Denial;
use crate::proxy_delegation::DelegationFault;

use DelegationFault as Fault;

/// Every refusal: its code, whether the tenant was known by then, whether fresher facts could turn
/// it.
const TABLE: [(Denial, &str, bool, bool); 27] = [
    (Denial::TokenRevoked, "token-revoked", false, false),
    (Denial::TokenUnconfirmed, "token-unconfirmed", false, false),
    (Denial::ClientNotAllowed, "client-not-allowed", false, false),
    (Denial::TenantMismatch, "tenant-mismatch", false, false),
    (
        Denial::TenantClaimRequired,
        "tenant-claim-required",
        false,
        false,
    ),
    (
        Denial::ModuleNotLicensed,
        "module-not-licensed",
        false,
        true,
    ),
    (Denial::FeatureNotEnabled, "feature-not-enabled", true, true),
    (Denial::MfaRequired, "mfa-required", true, false),
    (Denial::AccountNotLinked, "account-not-linked", true, true),
    (Denial::AccountNotActive, "account-not-active", true, true),
    (
        Denial::PatientClaimRequired,
        "patient-claim-required",
        true,
        false,
    ),
    (
        Denial::ProxyDelegationUnknown,
        "proxy-delegation-unknown",
        true,
        true,
    ),
    (
        Denial::ProxyDelegationAmbiguous,
        "proxy-delegation-ambiguous",
        true,
        true,
    ),
    (
        not_in_force(Fault::NotActive),
        "proxy-delegation-not-active",
        true,
        true,
    ),
    (
        not_in_force(Fault::NotYetValid),
        "proxy-delegation-not-yet-valid",
        true,
        true,
    ),
    (
        not_in_force(Fault::PastItsEnd),
        "proxy-delegation-past-its-end",
        true,
        true,
    ),
    (
        not_in_force(Fault::GrantorNotActive),
        "grantor-not-active",
        true,
        true,
    ),
    (Denial::BirthDateUnknown, "birth-date-unknown", true, true),
    (Denial::PatientOfAge, "patient-of-age", true, true),
    (Denial::ClosedToParents, "closed-to-parents", true, true),
    (Denial::NeverForProxy, "never-for-proxy", true, false),
    (Denial::ProxyScopeDenied, "proxy-scope-denied", true, true),
    (Denial::AppsNotDelegated, "apps-not-delegated", true, true),
    (Denial::InsufficientScope, "insufficient-scope", true, false),
    (Denial::StepUpRequired, "step-up-required", true, false),
    (Denial::OtherPatient, "other-patient", true, false),
    (Denial::RoleDenied, "role-denied", true, false),
];

const fn not_in_force(fault: DelegationFault) -> Denial {
    Denial::ProxyDelegationNotInForce(fault)
}

#[test]
fn every_refusal_has_its_code_and_is_journaled_once_the_tenant_is_known() {
    for (denial, code, tenant_is_known, depends_on_facts) in TABLE {
        assert_eq!(denial.code(), code);
        assert_eq!(denial.tenant_is_known(), tenant_is_known, "{code}");
        assert_eq!(denial.depends_on_facts(), depends_on_facts, "{code}");
    }
}

#[test]
fn no_two_refusals_share_a_code() {
    let mut codes = TABLE.map(|(_, code, ..)| code);
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
}
