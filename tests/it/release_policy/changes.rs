//! A policy that changes: at once, everywhere, whole, and for its own tenant alone.

use portal_tests::{Fixture, scene};
use serde_json::{Value, json};

use super::{LABS, NAMED, OBSERVATIONS, OTHER, World, hold, withhold, world};

fn put_many(world: &World) {
    for n in 0..6 {
        world.put(&world.of.lab(
            &format!("n{n}"),
            &format!("2024-01-{:02}", 2 * n + 1),
            NAMED,
        ));
        world.put(&world.of.lab(
            &format!("o{n}"),
            &format!("2024-01-{:02}", 2 * n + 2),
            OTHER,
        ));
    }
}

#[tokio::test]
async fn the_next_page_is_under_the_new_policy() {
    scene(async {
        let world = world().await;
        put_many(&world);
        for path in [
            format!("{LABS}?limit=3"),
            format!("{OBSERVATIONS}?_count=3"),
        ] {
            for rule in [
                withhold(),
                hold(),
                json!({"match": {}, "effect": "withhold"}),
            ] {
                world.policy(&json!({})).await;
                let page = world.ask(&path).await;
                let next = match &page.json()["nextCursor"] {
                    Value::String(cursor) => format!("{path}&cursor={cursor}"),
                    _ => world.portal.path_of(&page.next().expect("a next page")),
                };
                assert_eq!(page.ids().len(), 3);
                let mut rule = rule;
                if rule["effect"].is_object() {
                    rule["effect"] = json!({"holdFor": "P3650D"});
                }
                world.rule(&rule).await;
                let second = world.ask(&next).await;
                assert_eq!(second.status, 200, "{path}: {}", second.verdict());
                assert!(
                    second.ids().iter().all(|id| id.starts_with("lab.o")),
                    "{:?}",
                    second.ids()
                );
                let none = rule["match"] == json!({});
                assert_eq!(second.ids().is_empty(), none, "{path} {rule}");
                assert!(
                    none || !second.ids().iter().any(|id| page.ids().contains(id)),
                    "no repetition"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_walk_over_pages_ends_whatever_the_policy_does_meanwhile() {
    scene(async {
        let world = world().await;
        put_many(&world);
        let mut path = format!("{OBSERVATIONS}?_count=2");
        let mut seen = Vec::new();
        for step in 0..12 {
            let rules = if step % 2 == 0 {
                json!([])
            } else {
                json!([withhold()])
            };
            world.policy(&json!({ "rules": rules })).await;
            let page = world.ask(&path).await;
            assert_eq!(page.status, 200, "{}", page.verdict());
            let hidden = page.ids().iter().any(|id| id.starts_with("lab.n"));
            assert!(step % 2 == 0 || !hidden, "{:?}", page.ids());
            seen.extend(page.ids());
            match page.next() {
                Some(next) => path = world.portal.path_of(&next),
                None => break,
            }
        }
        let others = (0..6).map(|n| format!("lab.o{n}"));
        assert!(others.into_iter().all(|id| seen.contains(&id)), "{seen:?}");
        let whole = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), whole, "nothing twice");
    })
    .await;
}

#[tokio::test]
async fn a_change_acts_on_the_next_answer_of_every_pod() {
    scene(async {
        let world = world().await;
        world.put(&world.of.lab("named", "2024-01-01", NAMED));
        let pod = world.portal.another_pod().await;
        let token = world.portal.token(&world.ada);
        for round in 0..5 {
            for (policy, shown) in [(json!({}), 1), (json!({"rules": [withhold()]}), 0)] {
                world.policy(&policy).await;
                for path in [LABS, OBSERVATIONS] {
                    let first = world.ask(path).await;
                    let other = world.portal.get_at(&pod, &token, path, &[]).await;
                    assert_eq!(first.ids().len(), shown, "{round} {path}");
                    assert_eq!(other.ids().len(), shown, "{round} {path}: the other pod");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_bad_policy_is_refused_whole_and_the_old_one_stays() {
    scene(async {
        let world = world().await;
        world.put(&world.of.lab("named", "2024-01-01", NAMED));
        world.put(&world.of.lab("other", "2024-01-01", OTHER));
        world.rule(&withhold()).await;
        let good = json!({"match": {"codes": [OTHER]}, "effect": "withhold"});
        for (policy, pointers) in [
            (
                json!({"rules": [good, {"effect": "hide"}]}),
                vec!["/rules/1/effect"],
            ),
            (
                json!({"rules": [{"effect": {"holdFor": "PT1H"}}]}),
                vec!["/rules/0/reasonKey"],
            ),
            (
                json!({"rules": [{"effect": {"holdFor": "P1M"}, "reasonKey": "x"}]}),
                vec!["/rules/0/effect"],
            ),
            (
                json!({"rules": [{"effect": {"holdFor": "-PT1H"}, "reasonKey": "x"}]}),
                vec!["/rules/0/effect"],
            ),
            (
                json!({"rules": [{"match": {"types": ["Nothing"]}, "effect": "withhold"}]}),
                vec!["/rules/0/match/types/0"],
            ),
            (
                json!({"rules": [{"match": {"colour": "red"}, "effect": "withhold"}]}),
                vec!["/rules/0/match/colour"],
            ),
            (
                json!({"rules": [{"effect": "withhold", "audience": "nobody"}]}),
                vec!["/rules/0/audience"],
            ),
            (json!({"rules": {}}), vec!["/rules"]),
            (
                json!({"default": "hide", "sayCount": 1}),
                vec!["/default", "/sayCount"],
            ),
            (json!([]), vec![""]),
        ] {
            let more = json!({"releasePolicy": policy, "introspectTokens": false});
            let line = world.portal.tenant_line(&world.ada.tenant, &more);
            let outcome = world.portal.try_import(&line).await;
            assert_eq!(outcome["code"], "LINE_INVALID", "{policy}: {outcome}");
            let faults = outcome["faults"].as_array().expect("faults");
            let mut told: Vec<&str> = faults
                .iter()
                .filter_map(|fault| fault["pointer"].as_str())
                .collect();
            told.sort_unstable();
            let expected: Vec<String> = pointers
                .iter()
                .map(|place| format!("/tenant/releasePolicy{place}"))
                .collect();
            assert_eq!(told, expected, "{policy}");
            assert_eq!(world.ids(LABS).await, ["lab.other"], "{policy}");
        }
        let more = json!({"releasePolicy": {"rules": [good]}, "ageBands": [{"fromAge": 3}]});
        let line = world.portal.tenant_line(&world.ada.tenant, &more);
        assert!(world.portal.try_import(&line).await["outcome"].is_null());
        assert_eq!(
            world.ids(LABS).await,
            ["lab.other"],
            "one bad member refuses the others"
        );
    })
    .await;
}

#[tokio::test]
async fn a_policy_is_for_its_own_tenant() {
    scene(async {
        let world = world().await;
        let elsewhere = world.portal.tenant("elsewhere", true).await;
        let ben = world.portal.person_of(&elsewhere, "ben").await;
        let of_ben = Fixture::of(&ben.patient);
        world.put(&world.of.lab("named", "2024-01-01", NAMED));
        world
            .portal
            .put(&elsewhere, &of_ben.lab("named", "2024-01-01", NAMED));
        world.rule(&withhold()).await;
        assert!(world.ids(LABS).await.is_empty());
        assert_eq!(world.portal.get_as(&ben, LABS).await.ids(), ["lab.named"]);
        let other = json!({"releasePolicy": {"default": "withhold"}});
        world.portal.configure(&elsewhere, &other).await;
        world.policy(&json!({})).await;
        assert_eq!(world.ids(LABS).await, ["lab.named"]);
        assert!(world.portal.get_as(&ben, LABS).await.ids().is_empty());
    })
    .await;
}
