//! Those who act for themselves, well or badly.

use portal_domain::account::AccountStatus;
use serde_json::json;

use super::callers::{Bearer, Cast, Question};

impl Cast<'_> {
    pub(super) fn tokens(&mut self) {
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
            (
                "signed with a shared secret",
                json!({"_header": {"alg": "HS256"}}),
            ),
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

    pub(super) async fn revoked(&mut self) {
        self.group = "Tokens that were revoked";
        let owner = &self.world.owner;
        let ended = self.world.token_with(owner, &json!({"sid": "ended"}));
        self.portal().revoke_session(owner, "ended").await;
        self.world.refused(&ended).await;
        self.bearer("by the list of revocations", owner, &ended);
        let web = self.world.token(owner);
        self.portal().sandbox.revoke_token(&web);
        self.bearer("at the provider alone", owner, &web);
        let strict = &self.world.strict;
        let web = self.world.token(strict);
        self.portal().sandbox.revoke_token(&web);
        self.bearer(
            "there, and the tenant has its tokens introspected",
            strict,
            &web,
        );
        self.person("none, in that tenant", strict, strict);
    }

    pub(super) async fn tenants(&mut self) {
        self.group = "Tenants";
        let world = self.world;
        let unlicensed = self.portal().tenant("unlicensed", false).await;
        self.owners("no tenant", &json!({"tid": null}));
        self.owners("a tenant that is no text", &json!({"tid": 7}));
        self.owners("unlicensed tenant", &json!({"tid": unlicensed}));
        self.owners("unknown tenant", &json!({"tid": "nowhere"}));
        self.owners(
            "another tenant's claim",
            &json!({"tid": world.foreigner.tenant}),
        );
        let question = || {
            let mut question = Question::with(Bearer::Token(world.token(&world.owner)));
            question
                .headers
                .push(("X-Tenant-ID", world.foreigner.tenant.clone()));
            question
        };
        let patient = &world.owner.patient;
        self.add("X-Tenant-ID of another", patient, question(), question());
        self.person("patient of another tenant", &world.foreigner, &world.owner);
        self.person(
            "patient of a tenant without sub-features",
            &world.bare,
            &world.bare,
        );
        self.group = "Second factor";
        self.owners("one factor", &json!({"acr": "1", "amr": ["pwd"]}));
        self.owners("no acr, no amr", &json!({"acr": null, "amr": null}));
        self.owners("no acr, but a second factor in amr", &json!({"acr": null}));
        let now = world.now();
        for (name, at) in [
            ("with a second factor nine minutes ago", json!(now - 540)),
            ("eleven minutes ago", json!(now - 660)),
            ("at no known time", json!(null)),
        ] {
            self.owners(name, &json!({"auth_time": at}));
        }
    }

    pub(super) async fn accounts(&mut self) {
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
        self.person(
            "caregiver who acts for nobody",
            &caregiver,
            &self.world.owner,
        );
        self.person("former proxy", &self.world.former, &self.world.owner);
    }

    pub(super) async fn patients(&mut self) {
        self.group = "Patients";
        let world = self.world;
        let owner = &world.owner;
        self.person("the patient", owner, owner);
        let without = || Question::with(Bearer::Without(world.claims(owner)));
        self.add(
            "with every scope but this one",
            &owner.patient,
            without(),
            without(),
        );
        let scope = json!({"scope": "openid profile patient/*.read"});
        self.owners("with a scope to read alone", &scope);
        let laboratory = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
        let scope = format!("openid patient/Observation.rs?category={laboratory}");
        self.owners(
            "with laboratory results alone in scope",
            &json!({"scope": scope}),
        );
        self.owners("without a patient claim", &json!({"patient": null}));
        self.owners(
            "with another's patient claim",
            &json!({"patient": world.stranger.patient}),
        );
        self.person("another patient", &world.stranger, owner);
        let teenager = world.child("teenager", 14, 0);
        self.portal().admit(&teenager).await;
        self.person("teenager with an account", &teenager, &teenager);
    }
}
