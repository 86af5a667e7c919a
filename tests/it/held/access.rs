//! Who may see what the portal itself holds.

use portal_tests::{Person, TestOptions, TestPortal, scene};
use serde_json::json;

use super::{address, app, found};

const KINDS: [&str; 3] = ["AuditEvent", "Consent", "RelatedPerson"];

struct Two {
    portal: TestPortal,
    ada: Person,
    ben: Person,
    delegation: String,
}

/// Ben may act for Ada in everything, and so may Eva.
async fn two() -> Two {
    two_in(TestPortal::start().await).await
}

async fn two_in(portal: TestPortal) -> Two {
    let ada = portal.person("ada").await;
    let ben = portal.person("ben").await;
    let eva = portal.person("eva").await;
    portal.delegate(&ada, &eva, &json!({})).await;
    let delegation = portal.delegate(&ada, &ben, &json!({})).await;
    portal.get_as(&ada, "/fhir/R4/Patient").await;
    Two {
        portal,
        ada,
        ben,
        delegation,
    }
}

async fn first(portal: &TestPortal, person: &Person, kind: &str) -> String {
    let page = portal.get_as(person, &format!("/fhir/R4/{kind}")).await;
    let id = &found(&page)[0]["id"];
    id.as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_proxy_sees_nobody_but_themselves() {
    scene(async {
        let two = two().await;
        let acting = two.portal.launched(&two.ben, &two.ada);
        let ask = async |path: String| two.portal.get(Some(&acting), &path).await;
        for kind in ["AuditEvent", "Consent"] {
            let id = first(&two.portal, &two.ada, kind).await;
            for path in [format!("/fhir/R4/{kind}"), format!("/fhir/R4/{kind}/{id}")] {
                let refused = ask(path).await;
                assert_eq!(refused.verdict(), "403 PROXY_SCOPE_DENIED", "{kind}");
            }
        }
        let people = ask("/fhir/R4/RelatedPerson".to_owned()).await;
        let own = address(&two.delegation);
        assert_eq!(people.ids(), std::slice::from_ref(&own));
        let people = two.portal.get_as(&two.ada, "/fhir/R4/RelatedPerson").await;
        let ids = people.ids();
        let others = ids.iter().find(|id| **id != own).expect("Eva's");
        let absent = ask("/fhir/R4/RelatedPerson/pdel-absent".to_owned()).await;
        let other = ask(format!("/fhir/R4/RelatedPerson/{others}")).await;
        assert_eq!((other.status, other.verdict()), (404, absent.verdict()));
        assert_eq!(
            ask(format!("/fhir/R4/RelatedPerson/{own}")).await.status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn full_access_by_law_opens_neither_the_log_nor_consents() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let child = portal.child("kid", &json!("2020-05-05"));
        let parent = json!({"relationshipType": "parent"});
        portal.delegate(&child, &ada, &parent).await;
        let acting = portal.launched(&ada, &child);
        for (kind, verdict) in
            KINDS
                .into_iter()
                .zip(["403 PROXY_SCOPE_DENIED", "403 PROXY_SCOPE_DENIED", "200"])
        {
            let answer = portal.get(Some(&acting), &format!("/fhir/R4/{kind}")).await;
            assert_eq!(answer.verdict(), verdict, "{kind}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_has_to_ask_for_the_log_and_for_consents_by_name() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        for (kind, by_any) in KINDS.into_iter().zip([403, 403, 200]) {
            let id = first(&portal, &ada, kind).await;
            for path in [format!("/fhir/R4/{kind}"), format!("/fhir/R4/{kind}/{id}")] {
                for any in ["patient/*.rs", "patient/*.read", "patient/*.cruds"] {
                    let answer = portal.get(Some(&app(&portal, &ada, any)), &path).await;
                    assert_eq!(answer.status, by_any, "{any} {path}");
                }
                let named = format!("patient/*.rs patient/{kind}.rs");
                for scope in [named, format!("patient/{kind}.read")] {
                    let answer = portal.get(Some(&app(&portal, &ada, &scope)), &path).await;
                    assert_eq!(answer.status, 200, "{scope} {path}");
                }
                let own = portal.get_with_scope(&ada, "patient/*.rs", &path).await;
                assert_eq!(own.status, 200, "the portal's own client: {path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_anothers_is_as_if_it_were_not_there() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let cid = portal.person("cid").await;
        let elsewhere = portal.tenant("elsewhere", true).await;
        let far = portal.person_of(&elsewhere, "far").await;
        for kind in KINDS {
            let id = first(&portal, &ada, kind).await;
            let (prefix, _) = id.split_once('-').expect("a prefix");
            let never = format!("{prefix}-{}", ulid::Ulid::from_parts(1_700_000_000_000, 1));
            for person in [&cid, &far] {
                let ask = async |id: &str| {
                    let path = format!("/fhir/R4/{kind}/{id}");
                    portal.get_as(person, &path).await.verdict()
                };
                let absent = ask(&never).await;
                assert!(absent.starts_with("404"), "{absent}");
                assert_eq!(ask(&id).await, absent, "{kind}");
                for odd in ["x", "pdel_1", "cht.x", "AuditEvent"] {
                    assert_eq!(ask(odd).await, absent, "{kind} {odd}");
                }
                let page = portal
                    .get_as(person, &format!("/fhir/R4/{kind}?_id={id}"))
                    .await;
                assert_eq!(page.json()["total"], 0, "{kind}");
                let named = |patient: &str| format!("/fhir/R4/{kind}?patient={patient}");
                let other = portal.get_as(person, &named(&ada.patient)).await;
                let nobody = portal.get_as(person, &named("nobody")).await;
                assert_eq!((other.status, other.verdict()), (403, nobody.verdict()));
            }
            let named = format!("/fhir/R4/{kind}?patient=Patient/{}", ada.patient);
            assert_eq!(portal.get_as(&ada, &named).await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_shown_that_is_not_written_down() {
    scene(async {
        // Others need the journal of a database that they share.
        let options = TestOptions {
            own_database: true,
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let Two { portal, ada, .. } = two_in(portal).await;
        for kind in KINDS {
            portal.block_journal().await;
            let answer = portal.get_as(&ada, &format!("/fhir/R4/{kind}")).await;
            portal.unblock_journal().await;
            assert_eq!(answer.verdict(), "503 STORE_UNAVAILABLE", "{kind}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_statement_and_granular_scopes_know_them() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let statement = portal.get(None, "/fhir/R4/metadata").await.json();
        let resources = statement["rest"][0]["resource"].as_array().cloned();
        for kind in KINDS {
            let mut resources = resources.iter().flatten();
            let served = resources.find(|it| it["type"] == kind).expect("served");
            let codes: Vec<_> = served["interaction"]
                .as_array()
                .into_iter()
                .flatten()
                .collect();
            assert_eq!(codes.len(), 2, "read and search of {kind}");
        }
        let active = "patient/Consent.rs?status=active";
        let page = portal
            .get_with_scope(&ada, active, "/fhir/R4/Consent")
            .await;
        assert_eq!(found(&page).len(), 2);
        let over = "patient/Consent.rs?status=inactive";
        let page = portal.get_with_scope(&ada, over, "/fhir/R4/Consent").await;
        assert_eq!(found(&page).len(), 0);
    })
    .await;
}
