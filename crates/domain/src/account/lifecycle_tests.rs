use proptest::prelude::*;
use ulid::Ulid;

use super::*;

fn identity() -> (Issuer, Subject) {
    (
        Issuer::parse("https://id.example").expect("valid"),
        Subject::parse("ada").expect("valid"),
    )
}

fn pending() -> PortalAccount {
    let patient = PatientId::parse("p-1").expect("valid");
    PortalAccount::pending(PortalAccountId::new(Ulid(1)), patient).0
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Activate,
    Suspend,
    Reinstate,
    Close,
}

fn take(account: &mut PortalAccount, step: Step) -> bool {
    match step {
        Step::Activate => account.activate(identity()).is_ok(),
        Step::Suspend => account
            .suspend(StatusReason::MisuseSuspected, "staff".to_owned())
            .is_ok(),
        Step::Reinstate => account.reinstate().is_ok(),
        Step::Close => account
            .close(StatusReason::PersonAsked, Timestamp::UNIX_EPOCH)
            .is_ok(),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Activate),
        Just(Step::Suspend),
        Just(Step::Reinstate),
        Just(Step::Close)
    ];
    proptest::collection::vec(step, 0..12)
}

#[test]
fn a_caregiver_is_active_at_once_and_holds_no_record() {
    let (account, event) = PortalAccount::caregiver(PortalAccountId::new(Ulid(2)), identity());
    assert_eq!(account.status, AccountStatus::Active);
    assert_eq!(account.patient, None);
    assert!(matches!(
        event,
        PortalEvent::AccountCreated(_, AccountStatus::Active)
    ));
}

#[test]
fn suspension_and_reinstatement_take_turns() {
    let mut account = pending();
    assert!(!take(&mut account, Step::Suspend));
    assert!(take(&mut account, Step::Activate));
    assert!(!take(&mut account, Step::Activate) && !take(&mut account, Step::Reinstate));
    assert!(take(&mut account, Step::Suspend));
    assert_eq!(account.status_reason, Some(StatusReason::MisuseSuspected));
    assert!(take(&mut account, Step::Reinstate));
    assert_eq!(account.status_reason, None);
}

proptest! {
    #[test]
    fn closed_is_final_and_nobody_s(before in steps(), after in steps()) {
        let mut account = pending();
        for step in before {
            take(&mut account, step);
        }
        take(&mut account, Step::Close);
        prop_assert_eq!(account.status, AccountStatus::Closed);
        prop_assert_eq!(&account.identity, &None);
        for step in after {
            prop_assert!(!take(&mut account, step));
        }
    }

    #[test]
    fn an_active_account_is_somebody_s_and_the_record_never_changes(steps in steps()) {
        let mut account = pending();
        let patient = account.patient.clone();
        for step in steps {
            take(&mut account, step);
            let active = account.status == AccountStatus::Active;
            prop_assert!(!active || account.identity.is_some());
            prop_assert_eq!(&account.patient, &patient);
        }
    }
}

#[test]
fn every_reason_is_known_by_its_word() {
    for reason in StatusReason::ALL {
        assert_eq!(StatusReason::parse(reason.as_str()), Some(reason));
    }
}
