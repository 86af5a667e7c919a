use std::collections::HashSet;

use serde_json::json;
use ulid::Ulid;

use super::*;

fn account() -> AccountRef {
    AccountRef {
        id: PortalAccountId::new(Ulid(1)),
        patient: Some(PatientId::parse("p-1").expect("valid")),
    }
}

fn delegation() -> DelegationRef {
    DelegationRef {
        id: ProxyDelegationId::new(Ulid(2)),
        grantor: PatientId::parse("p-1").expect("valid"),
        proxy: None,
        scope: RightSet::of([DelegationRight::Labs, DelegationRight::Summary]),
    }
}

#[test]
fn types_and_subjects_are_unique_and_versioned() {
    let published: Vec<_> = EventKind::published().collect();
    let types: HashSet<_> = published.iter().map(|kind| kind.event_type).collect();
    let subjects: HashSet<_> = published.iter().map(|kind| kind.subject).collect();
    let count = KINDS.len() + 1;
    assert_eq!((types.len(), subjects.len()), (count, count));
    assert!(
        types
            .iter()
            .all(|name| name.starts_with("portal.") && name.split('.').next_back() == Some("v1"))
    );
}

#[test]
fn a_kind_of_the_outbox_is_found_by_its_type() {
    for kind in KINDS {
        assert_eq!(EventKind::of_type(kind.event_type), Some(kind));
    }
    assert_eq!(EventKind::of_type(ACCESS_RECORDED.event_type), None);
}

#[test]
fn data_holds_what_the_contract_lists() {
    let suspended = PortalEvent::AccountSuspended {
        account: account(),
        actor_id: "staff".to_owned(),
        reason: "fraud-suspected",
    };
    assert_eq!(
        suspended.data(),
        json!({
            "accountId": "pact_00000000000000000000000001",
            "patientId": "p-1",
            "actorId": "staff",
            "reason": "fraud-suspected",
        })
    );
    assert_eq!(
        PortalEvent::ProxyGranted(delegation()).data(),
        json!({
            "delegationId": "pdel_00000000000000000000000002",
            "grantorPatientId": "p-1",
            "scope": ["summary", "labs"],
        })
    );
}

#[test]
fn events_of_one_aggregate_share_its_id() {
    let created = PortalEvent::AccountCreated(account(), AccountStatus::PendingVerification);
    let closed = PortalEvent::AccountClosed(account(), Timestamp::UNIX_EPOCH);
    assert_eq!(created.aggregate_id(), closed.aggregate_id());
    assert_ne!(
        created.aggregate_id(),
        PortalEvent::ProxyExpired(delegation()).aggregate_id()
    );
}
