//! Those who act for somebody else, and apps.

use portal_domain::proxy_delegation::{DelegationRight, RelationshipType};
use portal_tests::EVERY_RIGHT;
use serde_json::{Value, json};

use super::callers::{Bearer, Cast, Question};
use super::record::record;

impl Cast<'_> {
    pub(super) async fn apps(&mut self) {
        self.group = "Third-party apps";
        let world = self.world;
        let portal = self.portal();
        self.owners("of the patient", &json!({"azp": "app"}));
        let revoked = world.token_with(&world.owner, &json!({"azp": "app"}));
        portal.sandbox.revoke_token(&revoked);
        self.bearer(
            "of the patient, revoked at the provider",
            &world.owner,
            &revoked,
        );
        let scopes: Vec<_> = EVERY_RIGHT
            .into_iter()
            .filter(|right| *right != "apps")
            .collect();
        for (name, scope) in [
            ("of a proxy", EVERY_RIGHT.to_vec()),
            ("of a proxy, without apps", scopes),
        ] {
            let proxy = portal.caregiver("proxy").await;
            portal
                .delegate(&world.owner, &proxy, &json!({"scope": scope}))
                .await;
            let claims = json!({"azp": "app", "patient": world.owner.patient});
            self.bearer(name, &world.owner, &world.token_with(&proxy, &claims));
        }
    }

    pub(super) async fn single_rights(&mut self) {
        self.group = "A voluntary proxy with one right";
        // A patient has ten proxies at most.
        for rights in DelegationRight::ALL.chunks(8) {
            let grantor = self.world.adult("grantor").await;
            for right in rights {
                let scope = json!({"scope": [right.as_str()]});
                self.delegated(right.as_str(), &grantor, &scope).await;
            }
        }
    }

    pub(super) async fn voluntary(&mut self) {
        self.group = "A voluntary proxy with every right";
        let world = self.world;
        let owner = &world.adult("grantor").await;
        for kind in RelationshipType::ALL
            .into_iter()
            .filter(|kind| !kind.is_legal())
        {
            let change = json!({"relationshipType": kind.as_str()});
            self.delegated(kind.as_str(), owner, &change).await;
        }
        let ticked = json!({"sensitive": ["mental-health", "restricted"]});
        self.delegated("with both sensitive categories", owner, &ticked)
            .await;
        let proxy = self.portal().caregiver("narrow").await;
        let delegation = self.portal().delegate(owner, &proxy, &json!({})).await;
        self.proxy("with every scope but this one", &proxy, owner, &delegation);
        let narrowed = |claims: Value| Question::with(Bearer::Without(claims));
        let mut launched = world.claims(&proxy);
        launched["patient"] = json!(owner.patient);
        let caller = self.callers.last_mut().expect("it was just added");
        caller.fhir = narrowed(launched);
        caller.rest.bearer = Bearer::Without(world.claims(&proxy));
        self.proxy(
            "patient with an account too",
            &world.stranger,
            &world.owner,
            &world.strangers,
        );
        self.person("the same, for themselves", &world.stranger, &world.stranger);
    }

    pub(super) async fn parents(&mut self) {
        self.group = "A parent with every right";
        let world = self.world;
        let parent = json!({"relationshipType": "parent"});
        for (name, years, days) in [
            ("of a child of 5, full band", 5, -100),
            ("the day before the 12th birthday", 12, 1),
            ("on the 12th birthday, limited band", 12, 0),
            ("the day before the 16th birthday", 16, 1),
            ("on the 16th birthday, none band", 16, 0),
            ("the day before majority", 18, 1),
            ("on the day of majority", 18, 0),
        ] {
            let child = world.child("child", years, days);
            self.delegated(name, &child, &parent).await;
        }
        let unborn = world.portal.child("undated", &Value::Null);
        record(&world.portal, &unborn.tenant, &unborn.patient);
        self.delegated("of a child without a birth date", &unborn, &parent)
            .await;
        let year = world
            .portal
            .child("year", &json!(world.day(12, 0).year().to_string()));
        record(&world.portal, &year.tenant, &year.patient);
        self.delegated("of a child born in a year, 12 at most", &year, &parent)
            .await;
        let child = world.child("child", 5, -100);
        let change = json!({"relationshipType": "parent", "scope": ["labs"]});
        self.delegated("with labs alone, full band", &child, &change)
            .await;
    }

    pub(super) async fn guardians(&mut self) {
        self.group = "A guardian with every right";
        let world = self.world;
        let child = world.child("ward", 5, -100);
        let adult = world.child("ward", 40, -100);
        let guardian = json!({"relationshipType": "guardian"});
        self.delegated("of a child of 5", &child, &guardian).await;
        self.delegated("of an adult", &adult, &guardian).await;
        let ordered = json!({"relationshipType": "guardian", "courtOrder": true});
        self.delegated("of an adult, by court order", &adult, &ordered)
            .await;
    }

    pub(super) async fn ended(&mut self) {
        self.group = "Delegations that open nothing, or nothing yet or no longer";
        let world = self.world;
        let (portal, owner) = (self.portal(), &world.adult("grantor").await);
        let former = self
            .delegated("revoked: an ex-partner", owner, &json!({}))
            .await;
        portal.end_delegation(owner, &former).await;
        for (name, days) in [("from tomorrow on", 1), ("from today on", 0)] {
            let change = json!({"validFrom": world.day(0, days).to_string()});
            self.delegated(name, owner, &change).await;
        }
        for (name, days) in [("until today", 0), ("until yesterday", -1)] {
            let change = json!({"validTo": world.day(0, days).to_string()});
            self.delegated(name, owner, &change).await;
        }
        for status in ["pending_verification", "suspended", "closed"] {
            let grantor = world.adult("grantor").await;
            self.delegated(
                &format!("of a grantor who is {status}"),
                &grantor,
                &json!({}),
            )
            .await;
            portal.set_status(&grantor, status).await;
        }
        let suspended = self
            .delegated("of a proxy who is suspended", owner, &json!({}))
            .await;
        portal.set_status(&suspended, "suspended").await;
        self.selected().await;
    }

    async fn selected(&mut self) {
        let world = self.world;
        let (portal, owner) = (self.portal(), &world.owner);
        let proxy = portal.caregiver("other").await;
        let unknown = format!("pdel_{}", ulid::Ulid::new());
        for (name, id) in [
            ("another proxy's", world.strangers.as_str()),
            ("unknown", unknown.as_str()),
            ("malformed", "pdel_odd"),
        ] {
            self.proxy(name, &proxy, owner, id);
            let claims = json!({"patient": owner.patient, "delegation_id": id});
            let caller = self.callers.last_mut().expect("it was just added");
            caller.fhir = Question::with(Bearer::Token(world.token_with(&proxy, &claims)));
        }
        let of_child = world.child("selected", 5, -100);
        let change = json!({"relationshipType": "parent", "scope": ["labs"]});
        let delegation = portal.delegate(&of_child, &world.stranger, &change).await;
        self.proxy(
            "for another patient than asked about",
            &world.stranger,
            &of_child,
            &delegation,
        );
        self.callers
            .last_mut()
            .expect("it was just added")
            .patient
            .clone_from(&owner.patient);
        self.proxy(
            "X-Acting-For on FHIR",
            &world.stranger,
            owner,
            &world.strangers,
        );
        let caller = self.callers.last_mut().expect("it was just added");
        caller.fhir.headers = caller.rest.headers.clone();
    }
}
