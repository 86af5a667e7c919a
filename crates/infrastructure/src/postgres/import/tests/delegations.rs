//! Who may act for whom.

use portal_domain::proxy_delegation::{DelegationSnapshot, RelationshipType};
use serde_json::{Value, json};

use super::*;

impl Scene {
    /// A tenant with a patient `ada`, and `ben` who is to act for her.
    async fn with_people() -> Self {
        let mut scene = Self::with_tenant().await;
        scene.account(ADA).await.unwrap();
        let ben = r#""issuer":"https://i","subject":"ben-1""#;
        scene.account(ben).await.unwrap();
        scene
    }

    /// Ben acts for Ada, with some members replaced; `null` leaves one out.
    async fn delegation(&mut self, change: Value) -> Result<ImportOutcome, ImportCode> {
        let mut line = json!({
            "tenantId": self.tenant, "grantorPatientId": "ada",
            "proxyAccount": {"issuer": "https://i", "subject": "ben-1"},
            "relationshipType": "spouse", "scope": ["labs", "vitals"], "validFrom": "2026-01-01"
        });
        let members = line.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        self.line(&json!({"delegation": line}).to_string()).await
    }

    async fn delegations(&self) -> Vec<Arc<DelegationSnapshot>> {
        self.facts("ben-1").await.delegations
    }
}

#[tokio::test]
async fn a_delegation_is_created_once_and_changed_in_place() {
    let mut scene = Scene::with_people().await;
    assert_eq!(scene.delegation(json!({})).await, Ok(Created));
    assert_eq!(scene.delegation(json!({})).await, Ok(Unchanged));
    let reordered = json!({"scope": ["vitals", "labs", "labs"], "sensitive": []});
    assert_eq!(scene.delegation(reordered).await, Ok(Unchanged));
    let first = scene.delegations().await;
    assert_eq!((first.len(), first[0].version), (1, 1));
    let legal = json!({
        "relationshipType": "guardian", "scope": ["summary"], "validTo": "2030-06-30",
        "documentReference": "court/7", "courtOrder": true
    });
    assert_eq!(scene.delegation(legal.clone()).await, Ok(Updated));
    assert_eq!(scene.delegation(legal).await, Ok(Unchanged));
    let now = scene.delegations().await;
    assert_eq!((now.len(), now[0].id, now[0].version), (1, first[0].id, 2));
    assert_eq!(now[0].relationship, RelationshipType::Guardian);
    assert_eq!(now[0].valid_to, Some(jiff::civil::date(2030, 6, 30)));
    assert!(now[0].court_order);
    assert_eq!(
        scene.delegation(json!({})).await,
        Ok(Updated),
        "left out is gone"
    );
    let now = scene.delegations().await;
    assert!(now[0].valid_to.is_none() && !now[0].court_order);
}

#[tokio::test]
async fn an_ended_delegation_stays_ended_and_blocks_nobody() {
    let mut scene = Scene::with_people().await;
    let revoke = json!({"status": "revoked"});
    assert_eq!(
        scene.delegation(revoke.clone()).await,
        Err(ImportCode::DelegationUnknown)
    );
    scene.delegation(json!({})).await.unwrap();
    let first = scene.delegations().await[0].id;
    assert_eq!(scene.delegation(revoke.clone()).await, Ok(Updated));
    assert_eq!(scene.delegation(revoke).await, Ok(Unchanged));
    assert_eq!(
        scene.delegation(json!({"status": "expired"})).await,
        Ok(Unchanged)
    );
    assert!(scene.delegations().await.is_empty());
    assert_eq!(scene.delegation(json!({})).await, Ok(Created));
    assert_ne!(scene.delegations().await[0].id, first);
}

#[tokio::test]
async fn an_accepted_delegation_becomes_active_in_place() {
    let mut scene = Scene::with_people().await;
    scene.delegation(json!({})).await.unwrap();
    let sql = format!(
        "BEGIN; SELECT set_config('app.tenant_id', '{}', true);
        UPDATE proxy_delegations SET status = 'accepted'; COMMIT",
        scene.tenant
    );
    scene.database.as_owner(&sql).await;
    assert!(scene.delegations().await.is_empty());
    assert_eq!(scene.delegation(json!({})).await, Ok(Updated));
    assert_eq!(scene.delegations().await[0].version, 2);
}

#[tokio::test]
async fn only_an_open_account_of_somebody_else_may_act() {
    let mut scene = Scene::with_people().await;
    let proxy = |subject: &str| json!({"issuer": "https://i", "subject": subject});
    for (change, code) in [
        (
            json!({"proxyAccount": proxy("nobody")}),
            ImportCode::AccountUnknown,
        ),
        (
            json!({"proxyAccount": proxy("ada-1")}),
            ImportCode::DelegationToOneself,
        ),
        (json!({"tenantId": "nobody"}), ImportCode::TenantUnknown),
        (json!({"scope": []}), ImportCode::LineInvalid),
        (
            json!({"relationshipType": "parent"}),
            ImportCode::LineInvalid,
        ),
    ] {
        assert_eq!(
            scene.delegation(change.clone()).await,
            Err(code),
            "{change}"
        );
    }
    scene
        .account(r#""patientId":"eve","issuer":"https://i","subject":"eve-1""#)
        .await
        .unwrap();
    let eve = json!({"proxyAccount": proxy("eve-1")});
    assert_eq!(scene.delegation(eve.clone()).await, Ok(Created));
    scene
        .account(r#""patientId":"eve","status":"closed""#)
        .await
        .unwrap();
    assert_eq!(scene.delegation(eve).await, Err(ImportCode::AccountUnknown));
    let other = Scene::with_people().await;
    assert!(other.delegations().await.is_empty(), "tenants do not mix");
}

#[tokio::test]
async fn a_grantor_has_ten_active_delegations_and_no_more() {
    let mut scene = Scene::with_people().await;
    for index in 0..10 {
        let subject = format!("p-{index}");
        let account = format!(r#""issuer":"https://i","subject":"{subject}""#);
        scene.account(&account).await.unwrap();
        let proxy = json!({"proxyAccount": {"issuer": "https://i", "subject": subject}});
        assert_eq!(scene.delegation(proxy).await, Ok(Created));
    }
    assert_eq!(
        scene.delegation(json!({})).await,
        Err(ImportCode::DelegationLimit)
    );
    let of_another = json!({"grantorPatientId": "child"});
    assert_eq!(scene.delegation(of_another).await, Ok(Created));
    let first = json!({"issuer": "https://i", "subject": "p-0"});
    let narrower = json!({"proxyAccount": first, "scope": ["labs"]});
    assert_eq!(scene.delegation(narrower).await, Ok(Updated));
    let end = json!({"proxyAccount": first, "status": "expired"});
    assert_eq!(scene.delegation(end).await, Ok(Updated));
    assert_eq!(scene.delegation(json!({})).await, Ok(Created));
}

#[tokio::test]
async fn imports_that_race_make_one_delegation_and_keep_the_limit() {
    let mut scene = Scene::with_people().await;
    for index in 0..12 {
        let account = format!(r#""issuer":"https://i","subject":"p-{index}""#);
        scene.account(&account).await.unwrap();
    }
    let race = (0..24).map(|index| {
        let (url, tenant) = (scene.database.owner_url().to_owned(), scene.tenant.clone());
        async move {
            let ids = Arc::new(SystemIds);
            let mut import = Import::connect(&url, HandClock::at_noon(), ids)
                .await
                .unwrap();
            let line = json!({"delegation": {
                "tenantId": tenant, "grantorPatientId": "ada",
                "proxyAccount": {"issuer": "https://i", "subject": format!("p-{}", index % 12)},
                "relationshipType": "caregiver", "scope": ["labs"], "validFrom": "2026-01-01"
            }});
            import.line(&line.to_string()).await
        }
    });
    let results = futures::future::join_all(race).await;
    let count = |wanted: &str| {
        let said = |result: &&ImportResult| serde_json::to_string(result).unwrap().contains(wanted);
        results.iter().filter(said).count()
    };
    assert_eq!((count("created"), count("unchanged")), (10, 10));
    assert_eq!(count("DELEGATION_LIMIT"), 4);
}
