//! Each Consent is a delegation that the patient grants, each RelatedPerson who holds one.

use portal_tests::{Person, TestPortal, scene};
use serde_json::{Value, json};

use super::{DELEGATIONS, address, code, found, items, walk};
use crate::delegations::{accept, act_on, invite, portal, post};

const RIGHT: &str = "urn:ghasi-ehealth:delegation-right";

/// Ada, whose delegations to others stand everywhere; one of Ben's to her is not about her record.
async fn granted() -> (TestPortal, Person) {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    for (name, change) in [
        (
            "ben",
            json!({"scope": ["labs", "summary"], "sensitive": ["hiv-sti"]}),
        ),
        ("eva", json!({"relationshipType": "parent"})),
        ("kim", json!({"status": "revoked", "validTo": "2090-01-01"})),
        ("lou", json!({"status": "expired", "validTo": "2024-01-01"})),
        (
            "max",
            json!({"relationshipType": "authorized_representative"}),
        ),
    ] {
        let proxy = portal.person(name).await;
        portal.delegate(&ada, &proxy, &json!({})).await;
        portal.delegate(&ada, &proxy, &change).await;
        if name == "ben" {
            portal.delegate(&proxy, &ada, &json!({})).await;
        }
    }
    (portal, ada)
}

async fn listed(portal: &TestPortal, ada: &Person) -> Vec<Value> {
    let lines = items(&portal.get_as(ada, DELEGATIONS).await);
    let own = lines.into_iter().filter(|line| line["role"] == "grantor");
    own.collect()
}

fn of<'a>(resources: &'a [Value], line: &Value) -> &'a Value {
    let id = address(line["delegationId"].as_str().expect("an id"));
    let resource = resources.iter().find(|it| it["id"] == id);
    resource.expect("it is there")
}

fn status(line: &Value) -> &'static str {
    match line["status"].as_str().expect("a status") {
        "invited" | "accepted" => "proposed",
        "active" => "active",
        "declined" => "rejected",
        _ => "inactive",
    }
}

#[tokio::test]
async fn each_delegation_is_a_consent_and_a_person() {
    scene(async {
        let (portal, ada) = granted().await;
        let lines = listed(&portal, &ada).await;
        let consents = found(&portal.get_as(&ada, "/fhir/R4/Consent").await);
        let people = found(&portal.get_as(&ada, "/fhir/R4/RelatedPerson").await);
        assert_eq!((consents.len(), people.len(), lines.len()), (5, 5, 5));
        let own = format!("Patient/{}", ada.patient);
        for line in &lines {
            let (consent, person) = (of(&consents, line), of(&people, line));
            assert_eq!(consent["status"], status(line));
            assert_eq!(person["active"], line["status"] == "active");
            for resource in [consent, person] {
                assert_eq!(resource["patient"]["reference"], own);
            }
            for period in [&consent["provision"]["period"], &person["period"]] {
                assert_eq!(period["start"], line["validFrom"]);
                assert_eq!(period["end"], line["validTo"]);
            }
            let codes = consent["provision"]["code"].as_array().expect("codes");
            let rights = codes.iter().map(|it| code(&it["coding"], RIGHT));
            let scope = line["scope"].as_array().expect("a scope").iter();
            assert!(rights.eq(scope.map(Value::as_str)));
            let actor = &consent["provision"]["actor"][0]["reference"]["reference"];
            assert_eq!(
                *actor,
                format!("RelatedPerson/{}", person["id"].as_str().unwrap())
            );
            assert_eq!(person["identifier"][0]["value"], line["proxyAccountId"]);
            assert_eq!(person["relationship"][0]["text"], line["relationshipType"]);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_sensitive_and_not_ticked_is_left_out_of_what_is_permitted() {
    scene(async {
        let (portal, ada) = granted().await;
        let lines = listed(&portal, &ada).await;
        let consents = found(&portal.get_as(&ada, "/fhir/R4/Consent").await);
        let ticked = |line: &&Value| line["sensitive"] == json!(["hiv-sti"]);
        let consent = of(&consents, lines.iter().find(ticked).expect("Ben's"));
        let exception = &consent["provision"]["provision"][0];
        assert_eq!(exception["type"], "deny");
        let labels = exception["securityLabel"].as_array().expect("labels");
        let codes: Vec<_> = labels.iter().filter_map(|it| it["code"].as_str()).collect();
        assert_eq!(codes, ["PSY", "ETH", "SEX", "GDIS", "SDV", "R"]);
        let by_law = |line: &&Value| line["relationshipType"] == "parent";
        let consent = of(&consents, lines.iter().find(by_law).expect("Eva's"));
        assert!(consent["provision"]["provision"].is_null(), "age decides");
        assert!(
            consent["performer"].is_null(),
            "it is not the patient's act"
        );
    })
    .await;
}

#[tokio::test]
async fn a_status_and_ids_are_searched_for_and_pages_are_walked() {
    scene(async {
        let (portal, ada) = granted().await;
        for (search, count) in [
            ("status=active", 3),
            ("status=inactive", 2),
            ("status=http://hl7.org/fhir/consent-state-codes|active", 3),
            ("status=rejected,proposed", 0),
            ("_lastUpdated=gt2090", 0),
            ("_lastUpdated=gt2020", 5),
        ] {
            let page = portal
                .get_as(&ada, &format!("/fhir/R4/Consent?{search}"))
                .await;
            assert_eq!(page.json()["total"], count, "{search}");
        }
        for kind in ["Consent", "RelatedPerson"] {
            let all = walk(&portal, &ada, &format!("/fhir/R4/{kind}?_count=2")).await;
            assert_eq!(all.len(), 5);
            for one in all {
                let id = one["id"].as_str().expect("an id");
                let read = portal.get_as(&ada, &format!("/fhir/R4/{kind}/{id}")).await;
                assert_eq!(read.json(), one);
                assert!(read.header("etag").starts_with("W/\""), "{kind}");
                let page = portal
                    .get_as(&ada, &format!("/fhir/R4/{kind}?_id={id}"))
                    .await;
                assert_eq!(found(&page), std::slice::from_ref(&one));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_revocation_shows_on_the_next_answer() {
    scene(async {
        let portal = portal().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let (id, sent) = invite(&portal, &ada).await;
        let path = |kind: &str| format!("/fhir/R4/{kind}/{}", address(&id));
        let consent = portal.get_as(&ada, &path("Consent")).await;
        assert_eq!(consent.json()["status"], "proposed");
        let person = portal.get_as(&ada, &path("RelatedPerson")).await;
        assert_eq!(person.status, 404, "nobody has accepted");
        accept(&portal, &ben, &sent).await;
        for (verb, status, active) in [("confirm", "active", true), ("revoke", "inactive", false)] {
            assert_eq!(act_on(&portal, &ada, &id, verb).await.verdict(), "200");
            let consent = portal.get_as(&ada, &path("Consent")).await;
            assert_eq!(consent.json()["status"], status);
            let person = portal.get_as(&ada, &path("RelatedPerson")).await;
            assert_eq!(person.json()["active"], active);
        }
        let (id, sent) = invite(&portal, &ada).await;
        let decline = format!("{DELEGATIONS}/decline");
        let declined = post(&portal, &ben, &decline, &json!({"code": sent})).await;
        assert_eq!(declined.verdict(), "204");
        let path = format!("/fhir/R4/Consent/{}", address(&id));
        assert_eq!(
            portal.get_as(&ada, &path).await.json()["status"],
            "rejected"
        );
    })
    .await;
}
