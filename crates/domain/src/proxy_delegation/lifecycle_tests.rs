use jiff::civil::date;
use proptest::prelude::*;
use ulid::Ulid;

use super::super::DelegationRight;
use super::*;
use crate::id::{Issuer, Subject};

const TODAY: Date = date(2026, 3, 1);

fn terms() -> DelegationTerms {
    DelegationTerms {
        relationship: RelationshipType::Spouse,
        scope: RightSet::of([DelegationRight::Labs]),
        sensitive: SensitivitySet::NONE,
        valid_from: TODAY,
        valid_to: Some(date(2026, 4, 1)),
    }
}

fn grantor() -> PatientId {
    PatientId::parse("p-1").expect("valid")
}

fn invited() -> ProxyDelegation {
    let id = ProxyDelegationId::new(Ulid(1));
    ProxyDelegation::invite(id, grantor(), terms(), TODAY)
        .expect("allowed")
        .0
}

fn caregiver() -> PortalAccount {
    let identity = (
        Issuer::parse("https://id.example").expect("valid"),
        Subject::parse("ben").expect("valid"),
    );
    PortalAccount::caregiver(PortalAccountId::new(Ulid(2)), identity).0
}

fn refusal(terms: DelegationTerms) -> DelegationRefused {
    let id = ProxyDelegationId::new(Ulid(1));
    ProxyDelegation::invite(id, grantor(), terms, TODAY).expect_err("refused")
}

#[test]
fn what_a_patient_cannot_grant_is_named() {
    let legal = DelegationTerms {
        relationship: RelationshipType::Parent,
        ..terms()
    };
    assert_eq!(refusal(legal), DelegationRefused::NotVoluntary);
    let empty = DelegationTerms {
        scope: RightSet::NONE,
        ..terms()
    };
    assert_eq!(refusal(empty), DelegationRefused::EmptyScope);
    let backwards = DelegationTerms {
        valid_to: Some(date(2026, 2, 28)),
        ..terms()
    };
    assert_eq!(refusal(backwards), DelegationRefused::EndsBeforeItBegins);
    let over = DelegationTerms {
        valid_from: date(2026, 1, 1),
        valid_to: Some(date(2026, 2, 28)),
        ..terms()
    };
    assert_eq!(refusal(over), DelegationRefused::AlreadyOver);
}

#[test]
fn nobody_accepts_for_themselves() {
    let (own, _) = PortalAccount::pending(PortalAccountId::new(Ulid(3)), grantor());
    let mut delegation = invited();
    assert_eq!(
        delegation.accept(&own, TODAY),
        Err(DelegationRefused::ProxyIsGrantor)
    );
    assert_eq!(delegation.status, DelegationStatus::Invited);
}

#[test]
fn acceptance_alone_opens_nothing() {
    let mut delegation = invited();
    delegation.accept(&caregiver(), TODAY).expect("invited");
    assert_eq!(delegation.status, DelegationStatus::Accepted);
    assert_eq!(delegation.proxy, Some(caregiver().id));
    delegation.activate(TODAY).expect("accepted");
    assert_eq!(delegation.status, DelegationStatus::Active);
}

#[test]
fn a_last_day_that_has_passed_is_neither_accepted_nor_confirmed() {
    let late = date(2026, 4, 2);
    let mut delegation = invited();
    assert_eq!(
        delegation.accept(&caregiver(), late),
        Err(DelegationRefused::AlreadyOver)
    );
    delegation.accept(&caregiver(), TODAY).expect("invited");
    assert_eq!(
        delegation.activate(late),
        Err(DelegationRefused::AlreadyOver)
    );
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Accept,
    Decline,
    Activate,
    Revoke,
    Expire,
    AskAgain,
}

fn take(delegation: &mut ProxyDelegation, step: Step) -> bool {
    match step {
        Step::Accept => delegation.accept(&caregiver(), TODAY).is_ok(),
        Step::Decline => delegation.decline().is_ok(),
        Step::Activate => delegation.activate(TODAY).is_ok(),
        Step::Revoke => delegation.revoke().is_ok(),
        Step::Expire => delegation.expire().is_ok(),
        Step::AskAgain => delegation.ask_again().is_ok(),
    }
}

fn allowed(from: DelegationStatus, to: DelegationStatus) -> bool {
    use DelegationStatus::{Accepted, Active, Declined, Expired, Invited, Revoked};
    from == to
        || matches!(
            (from, to),
            (Invited, Accepted | Declined | Expired | Revoked)
                | (Accepted, Active | Revoked | Expired)
                | (Active, Revoked | Expired | Accepted)
        )
}

proptest! {
    #[test]
    fn no_way_leads_elsewhere(steps in proptest::collection::vec(0_usize..6, 0..12)) {
        const STEPS: [Step; 6] = [
            Step::Accept, Step::Decline, Step::Activate, Step::Revoke, Step::Expire, Step::AskAgain,
        ];
        let mut delegation = invited();
        for step in steps {
            let from = delegation.status;
            let taken = take(&mut delegation, STEPS[step]);
            prop_assert!(allowed(from, delegation.status));
            prop_assert_eq!(taken, from != delegation.status);
            let open = matches!(delegation.status, DelegationStatus::Accepted | DelegationStatus::Active);
            prop_assert!(!open || delegation.proxy.is_some());
        }
    }
}
