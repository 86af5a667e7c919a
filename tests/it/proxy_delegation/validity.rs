//! When a delegation opens something: its days in the tenant's zone, and everybody's accounts.

use portal_tests::scene;
use serde_json::json;

use super::{INVALID, PROBLEMS, two};

#[tokio::test]
async fn a_delegation_begins_and_ends_at_the_tenants_midnight() {
    scene(async {
        let two = two(json!({})).await;
        let portal = &two.portal;
        let (first, last) = (portal.day(2), portal.day(4));
        two.change(json!({"validFrom": first, "validTo": last}))
            .await;
        let day_before = first.yesterday().expect("a day");
        let day_after = last.tomorrow().expect("a day");
        let both = async |verdict: &str, when: &str| {
            assert_eq!(two.ask(PROBLEMS).await.verdict(), verdict, "{when}");
            assert_eq!(
                two.app("/fhir/R4/Condition").await.verdict(),
                verdict,
                "{when}"
            );
            let me = portal.get_as(&two.ben, "/v1/portal/me").await.json();
            let listed = me["mayActFor"].as_array().map(Vec::len);
            assert_eq!(listed, Some(usize::from(verdict == "200")), "{when}");
        };
        both(INVALID, "today").await;
        portal.stand_at_end_of(day_before);
        both(INVALID, "19:29:59.999 UTC before the first day").await;
        portal.stand_at_begin_of(first);
        both("200", "19:30 UTC, the first day").await;
        portal.stand_at_end_of(last);
        both("200", "19:29:59.999 UTC of the last day").await;
        portal.stand_at_begin_of(day_after);
        both(INVALID, "19:30 UTC, the day after").await;
        two.change(json!({"validFrom": first, "validTo": day_after}))
            .await;
        both("200", "made longer").await;
    })
    .await;
}

#[tokio::test]
async fn a_delegation_of_one_day_is_good_that_day() {
    scene(async {
        let two = two(json!({})).await;
        let today = two.portal.day(0);
        for (from, to, verdict) in [
            (today, Some(today), "200"),
            (today, None, "200"),
            (two.portal.day(1), None, INVALID),
            (two.portal.day(-9), Some(two.portal.day(-1)), INVALID),
        ] {
            two.change(json!({"validFrom": from, "validTo": to})).await;
            assert_eq!(two.ask(PROBLEMS).await.verdict(), verdict, "{from} {to:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_revoked_delegation_is_over_and_a_new_one_is_another() {
    scene(async {
        let two = two(json!({})).await;
        assert_eq!(two.ask(PROBLEMS).await.status, 200);
        two.portal.end_delegation(&two.ada, &two.ben).await;
        assert_eq!(two.ask(PROBLEMS).await.verdict(), INVALID);
        assert_eq!(two.app("/fhir/R4/Condition").await.verdict(), INVALID);
        let anew = two.portal.delegate(&two.ada, &two.ben, &json!({})).await;
        assert_ne!(anew, two.delegation);
        assert_eq!(
            two.ask(PROBLEMS).await.verdict(),
            INVALID,
            "the old id stays dead"
        );
        let seen = two.portal.get_for(&two.ben, &anew, PROBLEMS).await;
        assert_eq!(seen.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_or_closed_grantor_takes_the_delegation_along() {
    scene(async {
        let two = two(json!({})).await;
        let portal = &two.portal;
        let both = async |verdict: &str, state: &str| {
            assert_eq!(two.ask(PROBLEMS).await.verdict(), verdict, "{state}");
            assert_eq!(
                two.app("/fhir/R4/Condition").await.verdict(),
                verdict,
                "{state}"
            );
        };
        both("200", "active").await;
        portal.set_status(&two.ada, "suspended").await;
        both(INVALID, "suspended").await;
        let me = portal.get_as(&two.ben, "/v1/portal/me").await.json();
        assert_eq!(me["mayActFor"], json!([]));
        portal.set_status(&two.ada, "active").await;
        both("200", "reinstated").await;
        portal.close(&two.ada).await;
        both(INVALID, "closed").await;
    })
    .await;
}

#[tokio::test]
async fn a_grantor_needs_no_account() {
    scene(async {
        let two = two(json!({})).await;
        let child = two.portal.child("child", &json!("1990-01-01"));
        two.portal.put_everything(&child, "child");
        let delegation = two.portal.delegate(&child, &two.ben, &json!({})).await;
        let seen = two.portal.get_for(&two.ben, &delegation, PROBLEMS).await;
        assert_eq!(seen.ids(), ["cht.condition-child"]);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_proxy_acts_for_nobody() {
    scene(async {
        let two = two(json!({})).await;
        let refused = "403 ACCOUNT_NOT_ACTIVE";
        for status in ["suspended", "pending_verification"] {
            two.portal.set_status(&two.ben, status).await;
            for path in [PROBLEMS, "/v1/portal/me"] {
                assert_eq!(two.ask(path).await.verdict(), refused, "{status} {path}");
            }
            assert_eq!(
                two.app("/fhir/R4/Condition").await.verdict(),
                refused,
                "{status}"
            );
            let me = two.portal.get_as(&two.ben, "/v1/portal/me").await.json();
            assert_eq!(me["status"], status);
            assert!(
                me["mayActFor"].is_null() && me["actingFor"].is_null(),
                "{me}"
            );
        }
        two.portal.set_status(&two.ben, "active").await;
        assert_eq!(two.ask(PROBLEMS).await.status, 200);
    })
    .await;
}
