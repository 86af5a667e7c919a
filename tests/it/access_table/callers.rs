//! Every caller. The ones that are set up to fail fail by one thing alone.

use portal_domain::account::AccountStatus;
use portal_domain::proxy_delegation::{DelegationRight, RelationshipType};
use portal_tests::{EVERY_RIGHT, Person, TestPortal};
use serde_json::{Value, json};

use super::operations::{Operation, record};
use super::world::World;

/// What a caller sends on one surface.
pub(super) struct Question {
    bearer: Bearer,
    pub(super) headers: Vec<(&'static str, String)>,
}

enum Bearer {
    Nobody,
    Token(String),
    /// Claims with each operation's other scope.
    Without(Value),
}

/// Somebody who asks about one patient.
pub(super) struct Caller {
    pub(super) group: &'static str,
    pub(super) name: String,
    pub(super) patient: String,
    pub(super) rest: Question,
    pub(super) fhir: Question,
}

impl Question {
    fn with(bearer: Bearer) -> Self {
        Self {
            bearer,
            headers: Vec::new(),
        }
    }

    pub(super) fn token(&self, portal: &TestPortal, operation: &Operation) -> Option<String> {
        match &self.bearer {
            Bearer::Nobody => None,
            Bearer::Token(token) => Some(token.clone()),
            Bearer::Without(claims) => {
                let mut claims = claims.clone();
                claims["scope"] = json!(operation.other_scope);
                Some(portal.mint(claims))
            }
        }
    }
}

/// The callers, one group after the other.
pub(super) struct Cast<'w> {
    world: &'w World,
    group: &'static str,
    pub(super) callers: Vec<Caller>,
}

impl<'w> Cast<'w> {
    pub(super) async fn of(world: &'w World) -> Self {
        let mut cast = Self {
            world,
            group: "",
            callers: Vec::new(),
        };
        cast.tokens();
        cast.revoked().await;
        cast.tenants().await;
        cast.accounts().await;
        cast.patients().await;
        cast.apps().await;
        cast.single_rights().await;
        cast.voluntary().await;
        cast.parents().await;
        cast.guardians().await;
        cast.ended().await;
        cast
    }

    fn portal(&self) -> &'w TestPortal {
        &self.world.portal
    }

    fn add(&mut self, name: &str, patient: &str, rest: Question, fhir: Question) {
        self.callers.push(Caller {
            group: self.group,
            name: name.to_owned(),
            patient: patient.to_owned(),
            rest,
            fhir,
        });
    }

    /// One token on both surfaces.
    fn bearer(&mut self, name: &str, patient: &Person, token: &str) {
        let question = || Question::with(Bearer::Token(token.to_owned()));
        self.add(name, &patient.patient, question(), question());
    }

    /// The owner's token with something changed.
    fn owners(&mut self, name: &str, change: &Value) {
        let owner = &self.world.owner;
        self.bearer(name, owner, &self.portal().token_with(owner, change));
    }

    /// Somebody's usual token, asking about a patient.
    fn person(&mut self, name: &str, person: &Person, patient: &Person) {
        self.bearer(name, patient, &self.portal().token(person));
    }

    /// Acts by a delegation: on REST by the header, on FHIR in the launch context.
    fn proxy(&mut self, name: &str, proxy: &Person, patient: &Person, delegation: &str) {
        let portal = self.portal();
        let mut rest = Question::with(Bearer::Token(portal.token(proxy)));
        rest.headers.push(("X-Acting-For", delegation.to_owned()));
        let fhir = Question::with(Bearer::Token(portal.launched(proxy, patient)));
        self.add(name, &patient.patient, rest, fhir);
    }

    /// The same with a delegation that is made for it.
    async fn delegated(&mut self, name: &str, patient: &Person, change: &Value) -> Person {
        let portal = self.portal();
        let proxy = portal.caregiver("proxy").await;
        let delegation = portal.delegate(patient, &proxy, change).await;
        self.proxy(name, &proxy, patient, &delegation);
        proxy
    }

    fn tokens(&mut self) {
        self.group = "Tokens that are not believed";
        let owner = &self.world.owner;
        let nobody = || Question::with(Bearer::Nobody);
        self.add("no token", &owner.patient, nobody(), nobody());
        self.bearer("no JWT", owner, "odd");
        let now = self.world.now();
        for (name, change) in [
            ("other audience", json!({"aud": ["somebody-else"]})),
            ("no audience", json!({"aud": null})),
            ("not yet valid", json!({"nbf": now + 60})),
            ("issued in the future", json!({"iat": now + 60})),
            ("never expires", json!({"exp": null})),
            ("lives too long", json!({"exp": now + 90_000})),
            ("unknown issuer", json!({"iss": "https://elsewhere.test"})),
            ("unknown key", json!({"_key": "unknown"})),
            ("unsigned", json!({"_header": {"alg": "none"}})),
            ("signed with a shared secret", json!({"_header": {"alg": "HS256"}})),
            ("ID token", json!({"typ": "ID"})),
            ("refresh token", json!({"typ": "Refresh"})),
            ("logout token", json!({"typ": "Logout"})),
            ("no client", json!({"azp": null})),
            ("no subject", json!({"sub": null})),
            ("expired", json!({"iat": now - 600, "exp": now - 60})),
        ] {
            self.owners(name, &change);
        }
        let surfaces = self.portal().claims(owner)["aud"].clone();
        self.owners("for REST alone", &json!({"aud": surfaces[0]}));
        self.owners("for FHIR alone", &json!({"aud": surfaces[1]}));
    }

    async fn revoked(&mut self) {
        self.group = "Tokens that were revoked";
        let owner = &self.world.owner;
        let ended = self.portal().token_with(owner, &json!({"sid": "ended"}));
        self.portal().revoke_session(owner, "ended").await;
        self.world.refused(&ended).await;
        self.bearer("by the list of revocations", owner, &ended);
        let web = self.portal().token(owner);
        self.portal().sandbox.revoke_token(&web);
        self.bearer("at the provider alone", owner, &web);
        let strict = &self.world.strict;
        let web = self.portal().token(strict);
        self.portal().sandbox.revoke_token(&web);
        self.bearer("there, and the tenant has its tokens introspected", strict, &web);
        self.person("none, in that tenant", strict, strict);
    }

    async fn tenants(&mut self) {
        self.group = "Tenants";
        let world = self.world;
        let unlicensed = self.portal().tenant("unlicensed", false).await;
        self.owners("no tenant", &json!({"tid": null}));
        self.owners("a tenant that is no text", &json!({"tid": 7}));
        self.owners("unlicensed tenant", &json!({"tid": unlicensed}));
        self.owners("unknown tenant", &json!({"tid": "nowhere"}));
        self.owners("another tenant's claim", &json!({"tid": world.foreigner.tenant}));
        let question = || {
            let mut question = Question::with(Bearer::Token(world.portal.token(&world.owner)));
            question.headers.push(("X-Tenant-ID", world.foreigner.tenant.clone()));
            question
        };
        let patient = &world.owner.patient;
        self.add("X-Tenant-ID of another", patient, question(), question());
        self.person("patient of another tenant", &world.foreigner, &world.owner);
        self.group = "Second factor";
        self.owners("one factor", &json!({"acr": "1", "amr": ["pwd"]}));
        self.owners("no acr, no amr", &json!({"acr": null, "amr": null}));
        self.owners("no acr, but a second factor in amr", &json!({"acr": null}));
    }

    async fn accounts(&mut self) {
        self.group = "Accounts";
        self.owners("none", &json!({"sub": "sub-nobody"}));
        for status in [
            AccountStatus::PendingVerification,
            AccountStatus::Active,
            AccountStatus::Suspended,
            AccountStatus::Closed,
        ] {
            let person = self.world.adult("state").await;
            self.portal().set_status(&person, status.as_str()).await;
            self.person(status.as_str(), &person, &person);
        }
        let caregiver = self.portal().caregiver("caregiver").await;
        self.person("caregiver who acts for nobody", &caregiver, &self.world.owner);
    }

    async fn patients(&mut self) {
        self.group = "Patients";
        let world = self.world;
        let owner = &world.owner;
        self.person("the patient", owner, owner);
        let without = || Question::with(Bearer::Without(world.portal.claims(owner)));
        self.add("with every scope but this one", &owner.patient, without(), without());
        let laboratory = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
        let scope = format!("openid patient/Observation.rs?category={laboratory}");
        self.owners("with laboratory results alone in scope", &json!({"scope": scope}));
        self.owners("without a patient claim", &json!({"patient": null}));
        self.owners("with another's patient claim", &json!({"patient": world.stranger.patient}));
        self.person("another patient", &world.stranger, owner);
        let teenager = world.child("teenager", 14, 0);
        self.portal().admit(&teenager).await;
        self.person("teenager with an account", &teenager, &teenager);
    }

    async fn apps(&mut self) {
        self.group = "Third-party apps";
        let world = self.world;
        let portal = self.portal();
        self.owners("of the patient", &json!({"azp": "app"}));
        let revoked = portal.token_with(&world.owner, &json!({"azp": "app"}));
        portal.sandbox.revoke_token(&revoked);
        self.bearer("of the patient, revoked at the provider", &world.owner, &revoked);
        let scopes: Vec<_> = EVERY_RIGHT.into_iter().filter(|right| *right != "apps").collect();
        for (name, scope) in [
            ("of a proxy", EVERY_RIGHT.to_vec()),
            ("of a proxy, without apps", scopes),
        ] {
            let proxy = portal.caregiver("proxy").await;
            portal.delegate(&world.owner, &proxy, &json!({"scope": scope})).await;
            let claims = json!({"azp": "app", "patient": world.owner.patient});
            self.bearer(name, &world.owner, &portal.token_with(&proxy, &claims));
        }
    }

    async fn single_rights(&mut self) {
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

    async fn voluntary(&mut self) {
        self.group = "A voluntary proxy with every right";
        let world = self.world;
        let owner = &world.adult("grantor").await;
        for kind in RelationshipType::ALL.into_iter().filter(|kind| !kind.is_legal()) {
            let change = json!({"relationshipType": kind.as_str()});
            self.delegated(kind.as_str(), owner, &change).await;
        }
        let ticked = json!({"sensitive": ["mental-health", "restricted"]});
        self.delegated("with both sensitive categories", owner, &ticked).await;
        let proxy = self.portal().caregiver("narrow").await;
        let delegation = self.portal().delegate(owner, &proxy, &json!({})).await;
        self.proxy("with every scope but this one", &proxy, owner, &delegation);
        let narrowed = |claims: Value| Question::with(Bearer::Without(claims));
        let mut launched = self.portal().claims(&proxy);
        launched["patient"] = json!(owner.patient);
        let caller = self.callers.last_mut().expect("it was just added");
        caller.fhir = narrowed(launched);
        caller.rest.bearer = Bearer::Without(world.portal.claims(&proxy));
        self.proxy("patient with an account too", &world.stranger, &world.owner, &world.strangers);
        self.person("the same, for themselves", &world.stranger, &world.stranger);
    }

    async fn parents(&mut self) {
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
        self.delegated("of a child without a birth date", &unborn, &parent).await;
        let year = world.portal.child("year", &json!(world.day(12, 0).year().to_string()));
        record(&world.portal, &year.tenant, &year.patient);
        self.delegated("of a child born in a year, 12 at most", &year, &parent).await;
        let child = world.child("child", 5, -100);
        let change = json!({"relationshipType": "parent", "scope": ["labs"]});
        self.delegated("with labs alone, full band", &child, &change).await;
    }

    async fn guardians(&mut self) {
        self.group = "A guardian with every right";
        let world = self.world;
        let child = world.child("ward", 5, -100);
        let adult = world.child("ward", 40, -100);
        let guardian = json!({"relationshipType": "guardian"});
        self.delegated("of a child of 5", &child, &guardian).await;
        self.delegated("of an adult", &adult, &guardian).await;
        let ordered = json!({"relationshipType": "guardian", "courtOrder": true});
        self.delegated("of an adult, by court order", &adult, &ordered).await;
    }

    async fn ended(&mut self) {
        self.group = "Delegations that open nothing, or nothing yet or no longer";
        let world = self.world;
        let (portal, owner) = (self.portal(), &world.adult("grantor").await);
        let former = self.delegated("revoked: an ex-partner", owner, &json!({})).await;
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
            self.delegated(&format!("of a grantor who is {status}"), &grantor, &json!({})).await;
            portal.set_status(&grantor, status).await;
        }
        let suspended = self.delegated("of a proxy who is suspended", owner, &json!({})).await;
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
            caller.fhir = Question::with(Bearer::Token(portal.token_with(&proxy, &claims)));
        }
        let of_child = world.child("selected", 5, -100);
        let change = json!({"relationshipType": "parent", "scope": ["labs"]});
        let delegation = portal.delegate(&of_child, &world.stranger, &change).await;
        self.proxy("for another patient than asked about", &world.stranger, &of_child, &delegation);
        self.callers.last_mut().expect("it was just added").patient.clone_from(&owner.patient);
        self.proxy("X-Acting-For on FHIR", &world.stranger, owner, &world.strangers);
        let caller = self.callers.last_mut().expect("it was just added");
        caller.fhir.headers = caller.rest.headers.clone();
    }
}
