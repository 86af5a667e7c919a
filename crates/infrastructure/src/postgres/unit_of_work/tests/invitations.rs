use jiff::civil::date;
use portal_application::ports::{DelegationCount, Invitation, Stored};
use portal_domain::id::ProxyDelegationId;
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationStatus, DelegationTerms, ProxyDelegation, RelationshipType, RightSet,
};
use portal_domain::sensitivity::SensitivitySet;

use super::*;

fn invited(scene: &Scene) -> ProxyDelegation {
    let terms = DelegationTerms {
        relationship: RelationshipType::Spouse,
        scope: RightSet::of([DelegationRight::Labs]),
        sensitive: SensitivitySet::default(),
        valid_from: date(2026, 3, 1),
        valid_to: None,
    };
    let id = ProxyDelegationId::new(random());
    let (patient, today) = (scene.tenant.patient(), date(2026, 3, 1));
    let invited = ProxyDelegation::invite(id, patient, terms, today);
    invited.expect("it may be granted").0
}

fn invitation() -> Invitation {
    Invitation {
        code_hash: some_hash(),
        tries: 0,
        expires_at: now() + HOUR * 24 * 7,
    }
}

async fn insert(scene: &Scene, delegation: &ProxyDelegation, invitation: &Invitation) {
    let mut work = scene.change().await;
    let stored = work.delegations();
    stored
        .insert(delegation, Some(invitation), now())
        .await
        .unwrap();
    scene.commit(work).await;
}

/// Has somebody accept.
async fn accept(scene: &Scene, delegation: &ProxyDelegation, proxy: &PortalAccount) -> Stored {
    let mut accepted = delegation.clone();
    accepted.status = DelegationStatus::Accepted;
    accepted.proxy = Some(proxy.id);
    let mut work = scene.change().await;
    let stored = work.delegations().update(&accepted, now()).await.unwrap();
    if stored == Stored::Done {
        scene.commit(work).await;
    }
    stored
}

#[tokio::test]
async fn an_invitation_counts_wrong_codes_until_it_ends() {
    let scene = Scene::begin().await;
    let (delegation, invitation) = (invited(&scene), invitation());
    insert(&scene, &delegation, &invitation).await;
    let mut work = scene.change().await;
    let id = delegation.id;
    let found = work.delegations().lock(id).await.unwrap();
    assert_eq!(found, Some(delegation));
    work.delegations().count_wrong_code(id).await.unwrap();
    let counted = work.delegations().invitation(id).await.unwrap();
    let once = Invitation {
        tries: 1,
        ..invitation
    };
    assert_eq!(counted, Some(once));
    work.delegations().end_invitation(id).await.unwrap();
    assert_eq!(work.delegations().invitation(id).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_acceptances_of_one_person_one_is_stored() {
    let scene = Scene::begin().await;
    let (proxy, _) = caregiver("sub-1");
    let mut work = scene.change().await;
    work.accounts().insert(&proxy, now()).await.unwrap();
    scene.commit(work).await;
    let (one, other) = (invited(&scene), invited(&scene));
    for delegation in [&one, &other] {
        insert(&scene, delegation, &invitation()).await;
    }
    let outcome = tokio::join!(accept(&scene, &one, &proxy), accept(&scene, &other, &proxy));
    let won = [outcome.0, outcome.1].map(|stored| stored == Stored::Done);
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{outcome:?}");
    let mut work = scene.change().await;
    let counted = work.delegations().count(&scene.tenant.patient()).await;
    let expected = DelegationCount { active: 0, open: 2 };
    assert_eq!(counted.unwrap(), expected);
}

#[tokio::test]
async fn one_member_of_staff_approves_once() {
    let scene = Scene::begin().await;
    let delegation = invited(&scene);
    insert(&scene, &delegation, &invitation()).await;
    let mut work = scene.change().await;
    let (one, other) = (some_hash(), some_hash());
    for (staff, approvals) in [(one, 1), (one, 1), (other, 2)] {
        let approved = work.delegations().approve(delegation.id, staff, now());
        assert_eq!(approved.await.unwrap(), approvals);
    }
}
