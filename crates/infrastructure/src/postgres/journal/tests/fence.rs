//! Which events are kept, by the versions that their decisions used.

use super::super::super::test_database::TestFamily;
use super::*;

/// Takes note of a change.
type CatchUp = fn(&mut FenceVersions);

#[tokio::test]
async fn an_event_that_was_decided_on_an_old_version_is_not_kept() {
    let scene = Scene::begin().await;
    scene.database.raise_version(&scene.tenant).await;
    assert_eq!(
        record(&scene.journal, scene.tenant.event()).await,
        Ok(Recording::Stale)
    );
    let mut fresh = scene.tenant.event();
    fresh.fence = Some(scene.tenant.fence(2));
    let id = fresh.id.to_string();
    assert!(matches!(
        record(&scene.journal, fresh).await,
        Ok(Recording::Durable(_))
    ));
    assert_eq!(scene.ids().await, HashSet::from([id]));
}

#[tokio::test]
async fn whatever_a_decision_used_and_has_changed_since_makes_its_event_stale() {
    let scene = Scene::begin().await;
    let TestTenant { account, .. } = scene.tenant;
    let family = TestFamily::new();
    let TestFamily { proxy, delegation } = &family;
    scene.database.delegate(&scene.tenant, &family).await;
    let mut versions = scene.tenant.proxy_event(&family).fence.unwrap();
    let changes: [(String, CatchUp); 4] = [
        ("tenants".to_owned(), |fence| fence.tenant += 1),
        (
            format!("portal_accounts WHERE account_id = '{proxy}'"),
            |fence| fence.account.1 += 1,
        ),
        (
            format!("proxy_delegations WHERE delegation_id = '{delegation}'"),
            |fence| fence.delegation.as_mut().unwrap().1 += 1,
        ),
        (
            format!("portal_accounts WHERE account_id = '{account}'"),
            |fence| fence.grantor.as_mut().unwrap().1 += 1,
        ),
    ];
    for (rows, catch_up) in changes {
        let fenced = || AccessEvent {
            fence: Some(versions),
            ..scene.tenant.proxy_event(&family)
        };
        let before = record(&scene.journal, fenced()).await;
        assert!(matches!(before, Ok(Recording::Durable(_))), "{rows}");
        let (table, row) = rows.split_once(' ').unwrap_or((&rows, ""));
        let sql = format!("UPDATE {table} SET version = version + 1 {row}");
        scene.database.as_owner_of(&scene.tenant, &sql).await;
        let after = record(&scene.journal, fenced()).await;
        assert_eq!(after, Ok(Recording::Stale), "{rows}");
        catch_up(&mut versions);
    }
    assert_eq!(scene.rows().await.len(), 4);
}

#[tokio::test]
async fn an_event_of_an_account_that_is_gone_or_of_another_tenant_is_not_kept() {
    let scene = Scene::begin().await;
    let other = scene.database.tenant().await;
    let mut foreign = scene.tenant.event();
    foreign.tenant_id = other.id.clone();
    assert_eq!(record(&scene.journal, foreign).await, Ok(Recording::Stale));
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    let mut foreign = other.event();
    foreign.fence = Some(FenceVersions {
        delegation: Some((family.delegation, 1)),
        ..other.fence(1)
    });
    assert_eq!(record(&scene.journal, foreign).await, Ok(Recording::Stale));
}

#[tokio::test]
async fn an_act_of_a_proxy_is_kept_and_names_the_delegation() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    let event = scene.tenant.proxy_event(&family);
    let answer = record(&scene.journal, event).await;
    assert!(matches!(answer, Ok(Recording::Durable(_))));
    let rows = scene.rows().await;
    assert!(rows[0].get::<bool, _>("acting_as_proxy"));
    let delegation: String = rows[0].get("proxy_delegation_id");
    assert_eq!(delegation, family.delegation.to_string());
    let account: String = rows[0].get("account_id");
    assert_eq!(account, family.proxy.to_string());
}

#[tokio::test]
async fn a_refusal_that_names_a_delegation_is_kept_whatever_became_of_it() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    let denial = AccessEvent {
        delegation_id: Some(family.delegation),
        ..scene.tenant.denial()
    };
    let answer = record(&scene.journal, denial).await;
    assert!(matches!(answer, Ok(Recording::Durable(_))));
    let delegation: String = scene.rows().await[0].get("proxy_delegation_id");
    assert_eq!(delegation, family.delegation.to_string());
}
