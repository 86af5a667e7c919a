//! Two tenants with the same patient id, the same subject and the same issuer: nothing of one
//! acts in the other.

use portal_tests::{Fixture, Person, TestPortal, scene};
use serde_json::{Value, json};

const PROBLEMS: &str = "/v1/portal/chart/problems";
const CONDITIONS: &str = "/fhir/R4/Condition";
const LABS: &str = "/v1/portal/results/labs";

struct Twins {
    portal: TestPortal,
    one: Person,
    other: Person,
}

/// Somebody known to two tenants by the same ids, with records that share theirs.
async fn twins() -> Twins {
    let portal = TestPortal::start().await;
    let one = portal.person("twin").await;
    let other = Person {
        tenant: portal.tenant("elsewhere", true).await,
        ..one.clone()
    };
    portal.admit(&other).await;
    let of = Fixture::of(&one.patient);
    portal.put(&other.tenant, &of.patient("elsewhere"));
    for (person, name) in [(&one, "here"), (&other, "there")] {
        portal.put(
            &person.tenant,
            &of.condition("same", &format!("marker-{name}")),
        );
        portal.put(
            &person.tenant,
            &of.condition(&format!("only-{name}"), "Asthma"),
        );
        portal.put(&person.tenant, &of.lab("same", "2024-01-01", "2345-7"));
    }
    Twins { portal, one, other }
}

impl Twins {
    fn both(&self) -> [(&Person, &'static str, &'static str); 2] {
        [(&self.one, "here", "there"), (&self.other, "there", "here")]
    }
}

#[tokio::test]
async fn each_sees_its_own_whoever_asked_first() {
    scene(async {
        let twins = twins().await;
        for _ in 0..2 {
            for (person, name, elsewhere) in twins.both() {
                for path in [
                    PROBLEMS,
                    CONDITIONS,
                    "/fhir/R4/Condition/cht.same",
                    "/v1/portal/chart/summary",
                ] {
                    let seen = twins.portal.get_as(person, path).await;
                    assert_eq!(seen.status, 200, "{path}");
                    assert!(seen.says(&format!("marker-{name}")), "{path}");
                    assert!(!seen.says(&format!("marker-{elsewhere}")), "{path}");
                }
                let me = twins.portal.get_as(person, "/v1/portal/me").await.json();
                assert_eq!(me["tenant"]["id"], person.tenant);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn sources_are_asked_in_the_name_of_the_callers_tenant() {
    scene(async {
        let twins = twins().await;
        for (person, _, _) in twins.both() {
            twins.portal.sandbox.reset_calls();
            twins.portal.get_as(person, PROBLEMS).await;
            twins
                .portal
                .get_as(person, "/fhir/R4/Condition/cht.same")
                .await;
            twins.portal.get_as(person, LABS).await;
            for source in ["patient-chart", "laboratory"] {
                let calls = twins.portal.sandbox.calls(source);
                assert!(!calls.is_empty(), "{source}");
                let own = Some(person.tenant.as_str());
                assert!(
                    calls.iter().all(|call| call.header("x-tenant-id") == own),
                    "{source}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn ids_of_the_other_tenant_are_absent() {
    scene(async {
        let twins = twins().await;
        for (person, name, elsewhere) in twins.both() {
            let own = format!("/fhir/R4/Condition/cht.only-{name}");
            assert_eq!(twins.portal.get_as(person, &own).await.status, 200);
            let foreign = format!("/fhir/R4/Condition/cht.only-{elsewhere}");
            assert_eq!(
                twins.portal.get_as(person, &foreign).await.verdict(),
                "404 NOT_FOUND"
            );
            let count = format!("{CONDITIONS}?_summary=count&_id=cht.only-{elsewhere}");
            assert_eq!(twins.portal.get_as(person, &count).await.json()["total"], 0);
        }
    })
    .await;
}

#[tokio::test]
async fn the_header_only_repeats_the_token() {
    scene(async {
        let twins = twins().await;
        for (person, elsewhere) in [(&twins.one, &twins.other), (&twins.other, &twins.one)] {
            let refused = "403 TENANT_MISMATCH";
            for path in [PROBLEMS, CONDITIONS, "/v1/portal/me", LABS] {
                let ask = async |headers: &[(&str, &str)]| {
                    twins.portal.get_with(person, path, headers).await.verdict()
                };
                let (own, other) = (person.tenant.as_str(), elsewhere.tenant.as_str());
                let name = "X-Tenant-ID";
                assert_eq!(ask(&[(name, own)]).await, "200", "{path}");
                assert_eq!(ask(&[(name, own), (name, own)]).await, "200", "{path}");
                for wrong in [
                    other,
                    "",
                    "nobody",
                    &own.to_uppercase(),
                    &format!("{own},{other}"),
                ] {
                    assert_eq!(ask(&[(name, wrong)]).await, refused, "{path} {wrong}");
                }
                assert_eq!(ask(&[(name, own), (name, other)]).await, refused, "{path}");
                assert_eq!(ask(&[(name, other), (name, own)]).await, refused, "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_one_opens_nothing_in_the_other() {
    scene(async {
        let twins = twins().await;
        for (first, second) in [(&twins.one, &twins.other), (&twins.other, &twins.one)] {
            let rest = twins
                .portal
                .get_as(first, &format!("{PROBLEMS}?limit=1"))
                .await;
            let fhir = twins
                .portal
                .get_as(first, &format!("{CONDITIONS}?_count=1"))
                .await;
            for page in [rest, fhir] {
                let next = twins.portal.path_of(&page.next().expect("a next page"));
                assert_eq!(twins.portal.get_as(first, &next).await.ids().len(), 1);
                let crossed = twins.portal.get_as(second, &next).await;
                assert_eq!(crossed.verdict(), "400 CURSOR_INVALID");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_suspension_of_one_leaves_the_other() {
    scene(async {
        let twins = twins().await;
        for (person, _, _) in twins.both() {
            assert_eq!(twins.portal.get_as(person, PROBLEMS).await.status, 200);
        }
        twins.portal.set_status(&twins.one, "suspended").await;
        let refused = twins.portal.get_as(&twins.one, PROBLEMS).await;
        assert_eq!(refused.verdict(), "403 ACCOUNT_NOT_ACTIVE");
        assert_eq!(
            twins.portal.get_as(&twins.other, PROBLEMS).await.status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn a_delegation_is_one_of_its_tenant() {
    scene(async {
        let twins = twins().await;
        let ben = twins.portal.person("ben").await;
        let double = Person {
            tenant: twins.other.tenant.clone(),
            ..ben.clone()
        };
        twins.portal.admit(&double).await;
        let delegation = twins.portal.delegate(&twins.one, &ben, &json!({})).await;
        let seen = twins.portal.get_for(&ben, &delegation, PROBLEMS).await;
        assert!(seen.says("marker-here"));
        let invalid = "403 PROXY_DELEGATION_INVALID";
        let crossed = twins.portal.get_for(&double, &delegation, PROBLEMS).await;
        assert_eq!(crossed.verdict(), invalid);
        let me = twins.portal.get_as(&double, "/v1/portal/me").await.json();
        assert_eq!(me["mayActFor"], json!([]));
        let launched = twins.portal.launched(&double, &twins.other);
        let app = twins.portal.get(Some(&launched), CONDITIONS).await;
        assert_eq!(app.verdict(), invalid);
        let named = json!({"patient": twins.other.patient, "delegation_id": delegation});
        let named = twins.portal.token_with(&double, &named);
        assert_eq!(
            twins.portal.get(Some(&named), CONDITIONS).await.verdict(),
            invalid
        );

        let second = twins
            .portal
            .delegate(&twins.other, &double, &json!({}))
            .await;
        twins.portal.end_delegation(&twins.one, &ben).await;
        let seen = twins.portal.get_for(&double, &second, PROBLEMS).await;
        assert!(
            seen.says("marker-there"),
            "the end of the one is not that of the other"
        );
        twins.portal.set_status(&twins.one, "suspended").await;
        let seen = twins.portal.get_for(&double, &second, PROBLEMS).await;
        assert_eq!(seen.status, 200, "nor is its grantor's suspension");
    })
    .await;
}

#[tokio::test]
async fn one_policy_is_not_the_others() {
    scene(async {
        let twins = twins().await;
        let policy = json!({"releasePolicy": {"default": "withhold"}});
        twins.portal.configure(&twins.one.tenant, &policy).await;
        for _ in 0..2 {
            assert!(twins.portal.get_as(&twins.one, LABS).await.ids().is_empty());
            assert_eq!(
                twins.portal.get_as(&twins.other, LABS).await.ids(),
                ["lab.same"]
            );
        }
    })
    .await;
}

#[tokio::test]
async fn one_log_is_not_the_others() {
    scene(async {
        let twins = twins().await;
        twins.portal.get_as(&twins.one, PROBLEMS).await;
        twins
            .portal
            .get_as(&twins.one, "/fhir/R4/Condition?patient=nobody")
            .await;
        assert_eq!(twins.portal.log_of(&twins.one).await.len(), 2);
        let other = twins.portal.log_of(&twins.other).await;
        assert_eq!(other, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test]
async fn a_tenant_of_another_region_is_not_served() {
    scene(async {
        let twins = twins().await;
        let tenant = &twins.one.tenant;
        assert_eq!(twins.portal.get_as(&twins.one, PROBLEMS).await.status, 200);
        twins
            .portal
            .configure(tenant, &json!({"region": "elsewhere"}))
            .await;
        for path in [PROBLEMS, CONDITIONS, "/v1/portal/me", LABS] {
            let refused = twins.portal.get_as(&twins.one, path).await;
            assert_eq!(refused.verdict(), "403 MODULE_NOT_LICENSED", "{path}");
            assert_eq!(
                twins.portal.get_as(&twins.other, path).await.status,
                200,
                "{path}"
            );
        }
        twins
            .portal
            .configure(tenant, &json!({"region": "local"}))
            .await;
        assert_eq!(twins.portal.get_as(&twins.one, PROBLEMS).await.status, 200);
    })
    .await;
}
