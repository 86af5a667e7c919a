use portal_application::ports::{IdempotencyClaim, Stored};
use portal_domain::notification::Preferences;

use super::super::super::test_database::TestFamily;
use super::*;

/// Two tenants of one database.
async fn neighbours() -> (Scene, Scene) {
    (Scene::begin().await, Scene::begin().await)
}

#[tokio::test]
async fn accounts_of_another_tenant_are_neither_seen_nor_changed() {
    let (ours, theirs) = neighbours().await;
    let mut work = ours.change().await;
    let (id, patient) = (theirs.tenant.account, theirs.tenant.patient());
    let (issuer, subject) = (TestTenant::issuer(), theirs.tenant.subject());
    let accounts = work.accounts();
    assert_eq!(accounts.lock(id).await.unwrap(), None);
    assert_eq!(accounts.lock_of_patient(&patient).await.unwrap(), None);
    assert_eq!(accounts.open_of_patient(&patient).await.unwrap(), None);
    let of_identity = accounts.lock_of_identity(&issuer, &subject).await;
    assert_eq!(of_identity.unwrap(), None);
    assert_eq!(accounts.preferences(id).await.unwrap(), None);
    let mut their_work = theirs.change().await;
    let known = their_work.accounts().lock(id).await.unwrap().unwrap();
    drop(their_work);
    let changed = accounts.update(&known, now()).await.unwrap();
    assert_eq!(changed, Stored::Taken);
    let chosen = Preferences::default();
    let stored = accounts.set_preferences(id, &chosen, now()).await;
    assert!(stored.is_err());
    drop(work);
    let mut their_work = theirs.change().await;
    let kept = their_work.accounts().lock(id).await.unwrap();
    assert_eq!(kept, Some(known));
}

#[tokio::test]
async fn who_has_an_account_in_another_tenant_may_have_one_here() {
    let (ours, theirs) = neighbours().await;
    let subject = theirs.tenant.subject();
    let (account, _) = caregiver(subject.as_str());
    let mut work = ours.change().await;
    let stored = work.accounts().insert(&account, now()).await.unwrap();
    assert_eq!(stored, Stored::Done);
}

#[tokio::test]
async fn nothing_of_another_tenants_is_begun_upon() {
    let (ours, theirs) = neighbours().await;
    let decided_on = DecidedOn {
        tenant: None,
        account: Some((theirs.tenant.account, 1)),
    };
    assert!(ours.decided_on(decided_on).await.is_none());
}

#[tokio::test]
async fn delegations_of_another_tenant_are_not_there() {
    let (ours, theirs) = neighbours().await;
    let family = TestFamily::new();
    theirs.database.delegate(&theirs.tenant, &family).await;
    let mut work = ours.change().await;
    let delegations = work.delegations();
    assert_eq!(delegations.lock(family.delegation).await.unwrap(), None);
    let counted = delegations.count(&theirs.tenant.patient()).await.unwrap();
    assert_eq!((counted.active, counted.open), (0, 0));
    let approved = delegations.approve(family.delegation, some_hash(), now());
    assert!(approved.await.is_err());
}

#[tokio::test]
async fn keys_and_links_open_nothing_in_another_tenant() {
    let (ours, theirs) = neighbours().await;
    let (key, owner) = (some_hash(), some_hash());
    let link = link(owner);
    let mut work = theirs.change().await;
    let record = idempotency::record();
    let kept = work.idempotency().remember(key, &record, now());
    kept.await.unwrap();
    work.registrations().replace(&link, now()).await.unwrap();
    theirs.commit(work).await;
    let mut work = ours.change().await;
    let claimed = work.idempotency().claim(key, now()).await.unwrap();
    assert_eq!(claimed, IdempotencyClaim::Free);
    let registrations = work.registrations();
    assert_eq!(registrations.newest(owner).await.unwrap(), None);
    let taken = registrations.take(link.token_hash, owner, now());
    assert_eq!(taken.await.unwrap(), None);
}
