//! From when to when a delegation opens something, and what ends it.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::{Offset, TimeZone};
use ulid::Ulid;

use super::super::{AccessFacts, Denial, authorize};
use super::{PORTAL, parent, refusal, refusal_at};
use crate::account::AccountStatus;
use crate::id::PortalAccountId;
use crate::proxy_delegation::{
    DelegationFault, DelegationSnapshot, DelegationStatus, GrantorAccount,
};
use crate::testing::{at, proxy_facts, tenant};

/// Kabul is four and a half hours ahead of UTC the whole year: its days begin at 19:30 UTC.
fn kabul(delegation: DelegationSnapshot) -> AccessFacts {
    let mut facts = proxy_facts(delegation);
    let mut tenant = tenant("north");
    tenant.time_zone = TimeZone::fixed(Offset::from_seconds(16_200).unwrap());
    facts.tenant = Some(Arc::new(tenant));
    facts
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const EARLY: Option<Denial> = not_in_force(DelegationFault::NotYetValid);
const LATE: Option<Denial> = not_in_force(DelegationFault::PastItsEnd);
const ENDED: Option<Denial> = not_in_force(DelegationFault::NotActive);
const GONE: Option<Denial> = not_in_force(DelegationFault::GrantorNotActive);

#[expect(
    clippy::unnecessary_wraps,
    reason = "read beside refusals, which may be none"
)]
const fn not_in_force(fault: DelegationFault) -> Option<Denial> {
    Some(Denial::ProxyDelegationNotInForce(fault))
}

#[test]
fn days_begin_in_the_tenant_s_zone() {
    let mut delegation = parent();
    delegation.valid_from = date(2026, 3, 10);
    delegation.valid_to = Some(date(2026, 3, 12));
    let facts = kabul(delegation);
    for (now, expected) in [
        ("2026-03-08T19:30:00Z", EARLY),
        ("2026-03-09T19:29:59.999999999Z", EARLY),
        ("2026-03-09T19:30:00Z", None),
        ("2026-03-10T00:00:00Z", None),
        ("2026-03-12T19:29:59.999999999Z", None),
        ("2026-03-12T19:30:00Z", LATE),
        ("2026-03-13T00:00:00Z", LATE),
    ] {
        assert_eq!(refusal_at(&facts, &PORTAL, moment(now)), expected, "{now}");
    }
}

#[test]
fn a_delegation_of_one_day_is_valid_on_that_day() {
    let mut delegation = parent();
    delegation.valid_from = date(2026, 1, 1);
    delegation.valid_to = Some(date(2026, 1, 1));
    let facts = proxy_facts(delegation);
    assert_eq!(refusal_at(&facts, &PORTAL, at(-1)), EARLY);
    assert_eq!(refusal_at(&facts, &PORTAL, at(0)), None);
    assert_eq!(refusal_at(&facts, &PORTAL, at(86_399)), None);
    assert_eq!(refusal_at(&facts, &PORTAL, at(86_400)), LATE);
}

#[test]
fn a_delegation_without_an_end_has_none() {
    let mut delegation = super::caregiver(&[crate::proxy_delegation::DelegationRight::Problems]);
    delegation.valid_to = None;
    let facts = proxy_facts(delegation);
    assert_eq!(refusal_at(&facts, &PORTAL, at(40 * 366 * 86_400)), None);
}

#[test]
fn only_an_active_delegation_opens_anything() {
    for status in DelegationStatus::ALL {
        let mut delegation = parent();
        delegation.status = status;
        let expected = match status {
            DelegationStatus::Active => None,
            _ => ENDED,
        };
        assert_eq!(
            refusal(&proxy_facts(delegation), &PORTAL),
            expected,
            "{status:?}"
        );
    }
}

#[test]
fn a_suspended_or_closed_grantor_takes_the_delegation_along() {
    for (status, expected) in [
        (AccountStatus::Active, None),
        (AccountStatus::PendingVerification, None),
        (AccountStatus::Suspended, GONE),
        (AccountStatus::Closed, GONE),
    ] {
        let id = PortalAccountId::new(Ulid(8));
        let mut delegation = parent();
        delegation.grantor_account = Some(GrantorAccount {
            id,
            status,
            version: 4,
        });
        let facts = proxy_facts(delegation);
        assert_eq!(refusal(&facts, &PORTAL), expected, "{status:?}");
        if let Ok(grant) = authorize(&facts, &PORTAL, at(0)) {
            assert_eq!(grant.fence().grantor, Some((id, 4)));
        }
    }
}

#[test]
fn the_first_fault_of_a_delegation_is_told() {
    let mut delegation = parent();
    let today = date(2026, 1, 1);
    delegation.valid_from = date(2026, 2, 1);
    delegation.valid_to = Some(date(2025, 2, 1));
    assert_eq!(delegation.check(today), Err(DelegationFault::NotYetValid));
    delegation.valid_from = date(2025, 1, 1);
    assert_eq!(delegation.check(today), Err(DelegationFault::PastItsEnd));
    delegation.status = DelegationStatus::Accepted;
    assert_eq!(delegation.check(today), Err(DelegationFault::NotActive));
}
