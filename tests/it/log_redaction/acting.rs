//! Acting for others, and tokens that ended.

use portal_sandbox::IssuerFault;
use portal_tests::{EVERY_RIGHT, Fixture, Person, PortalProcess};
use serde_json::{Value, json};

use super::driven::{Answers, HONEST};
use super::{ACTED, ASKED, CHILD_BIRTH, ENDED, IDENT, REASON, TEXT};

/// A parent who also acts for a grown-up, and the child.
pub(super) struct Family {
    pub(super) parent: Person,
    child: Person,
}

impl Family {
    /// Delegations to the parent, and a tenant whose decisions are marked.
    pub(super) async fn plant(portal: &PortalProcess, person: &Person) -> Self {
        let parent = portal.person(&format!("{IDENT}-parent")).await;
        let child = Person::new(&portal.tenant, &format!("{IDENT}-child"));
        let of = Fixture::of(&child.patient);
        let mut patient = of.patient(&format!("{TEXT}child"));
        patient["birthDate"] = json!(CHILD_BIRTH);
        portal.put(&patient);
        portal.put(&of.allergy(&format!("{IDENT}-nuts"), &format!("{TEXT}nuts")));
        let held = Fixture::of(&person.patient);
        portal.put(&held.lab(&format!("{IDENT}-held"), "2024-01-03", "4548-4"));
        let mut tenant = portal.tenant_line();
        tenant["tenant"]["releasePolicy"] = json!({"rules": [{
            "match": {"codes": ["4548-4"]}, "effect": "holdUntilReviewed",
            "reasonKey": format!("{REASON}.held"),
        }]});
        tenant["tenant"]["sensitivityCodes"] = json!({"restricted": [{
            "system": format!("urn:{REASON}"), "codes": [format!("{REASON}*")],
        }]});
        let family = Self { parent, child };
        let lines = [
            tenant,
            family.delegation(portal, person, "spouse"),
            family.delegation(portal, &family.child, "parent"),
        ];
        let _ = portal.import(&lines).await.succeeded();
        family
    }

    fn delegation(&self, portal: &PortalProcess, grantor: &Person, kind: &str) -> Value {
        json!({"delegation": {
            "tenantId": portal.tenant, "grantorPatientId": grantor.patient,
            "proxyAccount": {"issuer": portal.sandbox.issuer_url(), "subject": self.parent.subject},
            "relationshipType": kind, "scope": EVERY_RIGHT, "sensitive": [],
            "validFrom": "2020-01-01", "documentReference": format!("{IDENT}-paper"),
        }})
    }
}

/// Every route for somebody else: by good delegations, and by what is none.
pub(super) async fn drive_acting(portal: &PortalProcess, family: &Family, answers: &mut Answers) {
    let token = portal.token(&family.parent);
    let me = portal.get(Some(&token), "/v1/portal/me").await.json();
    let may_act = me["mayActFor"].as_array().expect("two delegations");
    assert_eq!(may_act.len(), 2);
    let good = may_act
        .iter()
        .map(|one| one["delegationId"].as_str().expect("an id").to_owned());
    // The letters of the mark are those of a ULID.
    let unknown = format!("pdel_01{}{}", ACTED.to_uppercase(), "0".repeat(15));
    let bad = [unknown.clone(), format!("pdel_{ACTED}"), ACTED.to_owned()];
    for delegation in good.chain(bad) {
        for path in HONEST.into_iter().chain(["/v1/portal/me/access-log"]) {
            let request = portal.request(Some(&token), path);
            answers
                .ask(portal, path, request.header("X-Acting-For", &delegation))
                .await;
        }
    }
    let child = &family.child.patient;
    for claims in [
        json!({"patient": child}),
        json!({"patient": child, "scope": "openid patient/Observation.rs?category=laboratory"}),
        json!({"patient": child, "delegation_id": unknown}),
        json!({"patient": child, "delegation_id": ACTED}),
        json!({"patient": format!("{ACTED}-patient")}),
    ] {
        let token = portal.token_with(&family.parent, &claims);
        for path in [
            "/fhir/R4/Patient",
            "/fhir/R4/AllergyIntolerance",
            "/fhir/R4/Condition",
        ] {
            answers.get(portal, Some(&token), path).await;
        }
    }
}

/// Apps that are confirmed, revoked, and in doubt.
pub(super) async fn drive_tokens(portal: &PortalProcess, person: &Person, answers: &mut Answers) {
    let app = |number: usize| {
        let claims = json!({
            "azp": format!("{IDENT}-app"),
            "sid": format!("{ENDED}-sid-{number}"), "jti": format!("{ENDED}-jti-{number}"),
        });
        portal.token_with(person, &claims)
    };
    let path = "/fhir/R4/Condition";
    answers.get(portal, Some(&app(0)), path).await;
    let revoked = app(1);
    portal.sandbox.revoke_token(&revoked);
    answers.get(portal, Some(&revoked), path).await;
    for fault in [IssuerFault::Down, IssuerFault::Slow] {
        portal.sandbox.set_introspection_fault(fault);
        answers.get(portal, Some(&app(2)), path).await;
    }
    portal.sandbox.clear_faults();
    let verdicts: Vec<_> = answers
        .refused
        .iter()
        .map(|(_, answer)| answer.verdict())
        .collect();
    for verdict in [
        "401 TOKEN_REVOKED",
        "503 UPSTREAM_UNAVAILABLE",
        "403 PROXY_DELEGATION_INVALID",
    ] {
        assert!(
            verdicts.iter().any(|one| one == verdict),
            "{verdict} was met"
        );
    }
}

/// The apps of a person: seen, revoked, and asked for by what is none.
pub(super) async fn drive_apps(portal: &PortalProcess, person: &Person, answers: &mut Answers) {
    let scope = json!({"scope": "openid patient/*.read patient/*.write"});
    let token = portal.token_with(person, &scope);
    let list = "/v1/portal/me/apps";
    let app = format!("{IDENT}-app");
    while !portal.get(Some(&token), list).await.says(&app) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    answers.get(portal, Some(&token), list).await;
    for client in [app, format!("{ASKED}%20{TEXT}")] {
        let url = format!("{}{list}/{client}", portal.url());
        let request = reqwest::Client::new().delete(url).bearer_auth(&token);
        answers.ask(portal, list, request).await;
    }
    let (_, refused) = answers.refused.last().expect("the last one is no app");
    assert_eq!(refused.verdict(), "404 NOT_FOUND");
    let (_, revoked) = answers.honest.last().expect("the app is revoked");
    assert_eq!(revoked.verdict(), "204");
}
