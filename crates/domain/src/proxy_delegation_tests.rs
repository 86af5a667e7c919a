use jiff::civil::date;

use super::{
    DelegationFault, DelegationRight, DelegationStatus, GrantorAccount, RelationshipType, RightSet,
};
use crate::account::AccountStatus;
use crate::id::PortalAccountId;
use crate::testing::{TODAY, delegation};

#[test]
fn every_word_reads_back_and_no_other_is_one() {
    for right in DelegationRight::ALL {
        assert_eq!(DelegationRight::parse(right.as_str()), Some(*right));
    }
    for kind in RelationshipType::ALL {
        assert_eq!(RelationshipType::parse(kind.as_str()), Some(kind));
    }
    for status in DelegationStatus::ALL {
        assert_eq!(DelegationStatus::parse(status.as_str()), Some(status));
    }
    for text in [
        "",
        "Labs",
        "labs ",
        "parents",
        "all",
        "activ",
        "authorized-representative",
    ] {
        assert_eq!(DelegationRight::parse(text), None, "{text:?}");
        assert_eq!(RelationshipType::parse(text), None, "{text:?}");
        assert_eq!(DelegationStatus::parse(text), None, "{text:?}");
    }
}

#[test]
fn the_words_are_those_of_the_contract() {
    let rights: Vec<_> = DelegationRight::ALL
        .iter()
        .map(|right| right.as_str())
        .collect();
    assert_eq!(
        rights.join(", "),
        "summary, allergies, medications, vitals, immunizations, problems, documents, labs, \
         radiology, appointments.view, appointments.manage, refills, messages, billing, export, \
         apps"
    );
    let kinds = RelationshipType::ALL.map(RelationshipType::as_str);
    assert_eq!(
        kinds.join(", "),
        "parent, guardian, caregiver, spouse, authorized_representative"
    );
    let statuses = DelegationStatus::ALL.map(DelegationStatus::as_str);
    assert_eq!(
        statuses.join(", "),
        "invited, accepted, active, revoked, expired, declined"
    );
}

#[test]
fn parents_and_guardians_act_by_law_and_others_by_grant() {
    let legal = RelationshipType::ALL.into_iter().filter(|it| it.is_legal());
    let expected = [RelationshipType::Parent, RelationshipType::Guardian];
    assert_eq!(legal.collect::<Vec<_>>(), expected);
}

#[test]
fn all_sixteen_rights_are_in_the_whole_set() {
    assert_eq!(
        RightSet::of(DelegationRight::ALL.iter().copied()),
        RightSet::ALL
    );
    assert_eq!(RightSet::ALL.iter().count(), 16);
}

#[test]
fn a_delegation_opens_something_on_its_days_and_while_it_is_active() {
    let mut it = delegation(1, RelationshipType::Spouse, RightSet::ALL);
    let (yesterday, tomorrow) = (date(2025, 12, 31), date(2026, 1, 2));
    assert_eq!(it.check(TODAY), Ok(()));
    assert_eq!(it.check(tomorrow), Ok(()));
    assert_eq!(it.check(yesterday), Err(DelegationFault::NotYetValid));
    it.valid_to = Some(TODAY);
    assert_eq!(it.check(TODAY), Ok(()));
    assert_eq!(it.check(tomorrow), Err(DelegationFault::PastItsEnd));
    for status in DelegationStatus::ALL {
        it.status = status;
        let active = status == DelegationStatus::Active;
        assert_eq!(it.check(TODAY).is_ok(), active, "{status:?}");
    }
}

#[test]
fn the_grantor_s_own_account_ends_a_delegation_only_when_it_is_suspended_or_closed() {
    let mut it = delegation(1, RelationshipType::Parent, RightSet::ALL);
    for (status, opens) in [
        (AccountStatus::PendingVerification, true),
        (AccountStatus::Active, true),
        (AccountStatus::Suspended, false),
        (AccountStatus::Closed, false),
    ] {
        it.grantor_account = Some(GrantorAccount {
            id: PortalAccountId::new(ulid::Ulid(1)),
            status,
            version: 1,
        });
        let expected = if opens {
            Ok(())
        } else {
            Err(DelegationFault::GrantorNotActive)
        };
        assert_eq!(it.check(TODAY), expected, "{status:?}");
    }
}
