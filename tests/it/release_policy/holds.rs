//! Holds: how long, and what is said of them to whom.

use jiff::{SignedDuration, Timestamp};
use portal_tests::scene;
use serde_json::{Value, json};

use super::{LABS, NAMED, OBSERVATIONS, OTHER, World, hold, world};

async fn withheld(world: &World, path: &str) -> Value {
    let answer = world.ask(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.verdict());
    answer.json()["meta"]["withheld"].clone()
}

#[tokio::test]
async fn a_hold_is_said_with_its_end_and_ends_by_itself_though_all_is_cached() {
    scene(async {
        let world = world().await;
        world.put_new("held", NAMED);
        world.put_new("shown", OTHER);
        world.rule(&hold()).await;
        assert_eq!(world.ids(LABS).await, ["lab.shown"]);
        let said = withheld(&world, LABS).await;
        let members: Vec<&String> = said.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["availableFrom", "reasonKey"]);
        assert_eq!(said["reasonKey"], "doctor-first");
        let end: Timestamp = said["availableFrom"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("a time");

        let moment = SignedDuration::from_millis(1);
        world.portal.clock.stand_at(end - moment);
        assert_eq!(world.ids(LABS).await, ["lab.shown"], "the moment before");
        assert_eq!(world.ids(OBSERVATIONS).await, ["lab.shown"]);
        world.portal.sandbox.reset_calls();
        world.portal.clock.stand_at(end);
        assert_eq!(
            world.ids(LABS).await,
            ["lab.held", "lab.shown"],
            "the moment"
        );
        assert_eq!(world.ids(OBSERVATIONS).await, ["lab.held", "lab.shown"]);
        assert_eq!(withheld(&world, LABS).await, json!(null));
        assert!(
            world.portal.sandbox.calls("laboratory").is_empty(),
            "all was cached"
        );
    })
    .await;
}

#[tokio::test]
async fn a_hold_counts_from_the_issue_of_the_result() {
    scene(async {
        let world = world().await;
        world.put(&world.of.lab("old", "2024-01-01", NAMED));
        let mut undated = world.of.lab("undated", "2024-01-01", NAMED);
        undated.as_object_mut().expect("an object").remove("issued");
        let mut unreadable = world.of.lab("unreadable", "2024-01-01", NAMED);
        unreadable["issued"] = json!("yesterday");
        world.put(&undated);
        world.put(&unreadable);
        world.put_new("new", NAMED);
        world.rule(&hold()).await;
        assert_eq!(
            world.ids(LABS).await,
            ["lab.old"],
            "what cannot be dated is not shown"
        );
        world
            .policy(&json!({"sayCount": true, "rules": [hold()]}))
            .await;
        assert_eq!(
            withheld(&world, LABS).await["count"],
            1,
            "only a hold is said"
        );
    })
    .await;
}

#[tokio::test]
async fn the_count_is_said_only_where_the_tenant_says_so() {
    scene(async {
        let world = world().await;
        for id in ["one", "two", "three"] {
            world.put_new(id, NAMED);
        }
        world.policy(&json!({"rules": [hold()]})).await;
        assert!(withheld(&world, LABS).await["count"].is_null());
        world
            .policy(&json!({"rules": [hold()], "sayCount": true}))
            .await;
        assert_eq!(withheld(&world, LABS).await["count"], 3);
        let early = withheld(&world, &format!("{LABS}?to=2020-01-01")).await;
        assert_eq!(early, json!(null), "a range of dates has its own");
        let late = withheld(&world, &format!("{LABS}?from=2023-01-01")).await;
        assert_eq!(late["count"], 3);
    })
    .await;
}

#[tokio::test]
async fn the_hold_that_ends_first_is_said() {
    scene(async {
        let world = world().await;
        world.put_new("a", NAMED);
        world.put_new("b", OTHER);
        world.put_new("c", "2951-2");
        let rules = json!([
            {"match": {"codes": ["2951-2"]}, "effect": "holdUntilReviewed", "reasonKey": "some-day"},
            {"match": {"codes": [NAMED]}, "effect": {"holdFor": "PT48H"}, "reasonKey": "later"},
            {"match": {"codes": [OTHER]}, "effect": {"holdFor": "PT24H"}, "reasonKey": "sooner"},
        ]);
        world.policy(&json!({ "rules": rules, "sayCount": true })).await;
        let said = withheld(&world, LABS).await;
        assert_eq!((&said["reasonKey"], &said["count"]), (&json!("sooner"), &json!(3)));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_said_where_a_filter_would_tell_what_is_held() {
    scene(async {
        let world = world().await;
        world.put_new("held", NAMED);
        world
            .policy(&json!({"rules": [hold()], "sayCount": true}))
            .await;
        assert!(!withheld(&world, LABS).await.is_null());
        for filter in [
            "code=2345-7",
            "category=laboratory",
            "code=718-7",
            "category=laboratory&code=718-7",
        ] {
            let path = format!("{LABS}?{filter}");
            let answer = world.ask(&path).await;
            assert_eq!(answer.status, 200);
            assert!(
                !answer.says("withheld") && !answer.says("mayBeIncomplete"),
                "{filter}"
            );
        }
        let one = world.ask(&format!("{LABS}/lab.held")).await;
        assert_eq!(one.verdict(), "404 NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn fhir_and_apps_hear_of_no_hold() {
    scene(async {
        let world = world().await;
        world.put_new("held", NAMED);
        world
            .policy(&json!({"rules": [hold()], "sayCount": true}))
            .await;
        let app = world
            .portal
            .token_with(&world.ada, &json!({"azp": "smart-app"}));
        let own = world.portal.token(&world.ada);
        for token in [app, own] {
            for path in [OBSERVATIONS, "/fhir/R4/Observation?_summary=count"] {
                let answer = world.portal.get(Some(&token), path).await;
                assert_eq!(answer.json()["total"], 0, "{path}");
                for word in ["withheld", "mayBeIncomplete", "doctor-first", "incomplete"] {
                    assert!(!answer.says(word), "{path}: {word}");
                }
            }
        }
        let section = world.ask("/v1/portal/chart/vitals").await;
        assert!(!section.says("withheld"));
    })
    .await;
}

#[tokio::test]
async fn a_proxys_list_says_the_same_whatever_it_holds() {
    scene(async {
        let world = world().await;
        let ben = world.portal.person("ben").await;
        let delegation = world.portal.delegate(&world.ada, &ben, &json!({})).await;
        let meta = async || {
            let answer = world.portal.get_for(&ben, &delegation, LABS).await;
            assert_eq!(answer.status, 200, "{}", answer.verdict());
            let mut meta = answer.json()["meta"].clone();
            meta.as_object_mut().expect("an object").remove("sources");
            meta
        };
        let constant = json!({"mayBeIncomplete": true});
        assert_eq!(meta().await, constant, "with nothing at all");
        world.put_new("held", NAMED);
        world.portal.clock.advance(SignedDuration::from_secs(31));
        assert_eq!(meta().await, constant, "with a result that is shown");
        world
            .policy(&json!({"rules": [hold()], "sayCount": true}))
            .await;
        assert_eq!(meta().await, constant, "with a result that is held");
        let own = world.ask(LABS).await.json()["meta"].clone();
        assert!(own["mayBeIncomplete"].is_null() && !own["withheld"].is_null());
        let filtered = world
            .portal
            .get_for(&ben, &delegation, &format!("{LABS}?code=718-7"))
            .await;
        assert_eq!(filtered.json()["meta"]["mayBeIncomplete"], true);
    })
    .await;
}

#[tokio::test]
async fn only_holds_are_said() {
    scene(async {
        let world = world().await;
        world.put_new("withheld", NAMED);
        world.put(&world.of.unreleased_lab("unreleased", "2024-01-01", OTHER));
        let mut critical = world.of.lab("critical", "2024-01-01", OTHER);
        critical["interpretation"] = json!([{"coding": [{"code": "HH"}]}]);
        world.put(&critical);
        let mut preliminary = world.of.lab("preliminary", "2024-01-01", OTHER);
        preliminary["status"] = json!("preliminary");
        world.put(&preliminary);
        let withhold =
            json!({"match": {"codes": [NAMED]}, "effect": "withhold", "reasonKey": "never-told"});
        // A hold beside it is no reason to say anything either.
        world
            .policy(&json!({"rules": [hold(), withhold], "sayCount": true}))
            .await;
        let answer = world.ask(LABS).await;
        assert!(answer.ids().is_empty());
        assert!(
            !answer.says("withheld\":") && !answer.says("never-told"),
            "{}",
            answer.json()
        );
    })
    .await;
}

#[tokio::test]
async fn a_hold_until_review_ends_with_the_sources_mark() {
    scene(async {
        let world = world().await;
        let rule = json!({
            "match": {"codes": [NAMED]}, "effect": "holdUntilReviewed", "reasonKey": "under-review",
        });
        world.rule(&rule).await;
        let mut lab = world.new_lab("waits", NAMED);
        world.put(&lab);
        assert!(world.ids(LABS).await.is_empty());
        assert_eq!(
            withheld(&world, LABS).await,
            json!({"reasonKey": "under-review"})
        );
        for (system, code) in [
            ("urn:elsewhere", "reviewed"),
            ("urn:ghasi-ehealth:release", "Reviewed"),
            ("urn:ghasi-ehealth:release", "reviewed"),
        ] {
            lab["meta"]["tag"] = json!([
                {"system": "urn:ghasi-ehealth:release", "code": "released"},
                {"system": system, "code": code},
            ]);
            world.put(&lab);
            world.portal.clock.advance(SignedDuration::from_secs(31));
            let shown = (system, code) == ("urn:ghasi-ehealth:release", "reviewed");
            assert_eq!(
                world.ids(LABS).await.len(),
                usize::from(shown),
                "{system}|{code}"
            );
        }
        assert_eq!(withheld(&world, LABS).await, json!(null));
    })
    .await;
}
