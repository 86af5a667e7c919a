//! Pages, conditional reads and caches outlive no delegation and cross none.

use portal_tests::{Fixture, Person, scene};
use serde_json::{Value, json};

use super::{ALLERGIES, INVALID, LABS, PROBLEMS, Two, two};

const REFUSED: &str = "400 CURSOR_INVALID";

fn put_many(two: &Two, person: &Person, name: &str) {
    let of = Fixture::of(&person.patient);
    for n in 0..12 {
        two.portal.put(
            &person.tenant,
            &of.allergy(&format!("{name}-{n:02}"), "Eggs"),
        );
        let lab = of.lab(&format!("l-{name}-{n:02}"), "2024-01-05", "2345-7");
        two.portal.put(&person.tenant, &lab);
    }
}

/// The path of the second page.
fn second(two: &Two, page: &portal_tests::Answer, first: &str) -> String {
    assert_eq!(page.status, 200, "{}", page.verdict());
    match &page.json()["nextCursor"] {
        Value::String(cursor) => format!("{first}&cursor={cursor}"),
        _ => two.portal.path_of(&page.next().expect("a next page")),
    }
}

#[tokio::test]
async fn a_cursor_is_bound_to_its_delegation() {
    scene(async {
        let two = two(json!({})).await;
        let cem = two.portal.person("cem").await;
        let other = two.portal.delegate(&cem, &two.ben, &json!({})).await;
        for (person, name) in [(&two.ada, "ada"), (&two.ben, "ben"), (&cem, "cem")] {
            put_many(&two, person, name);
        }
        let portal = &two.portal;
        for first in [format!("{ALLERGIES}?limit=5"), format!("{LABS}?limit=5")] {
            let own = second(&two, &portal.get_as(&two.ben, &first).await, &first);
            let ada = second(&two, &two.ask(&first).await, &first);
            let page = portal.get_for(&two.ben, &other, &first).await;
            let others = second(&two, &page, &first);
            assert_eq!(portal.get_as(&two.ben, &own).await.ids().len(), 5);
            assert_eq!(two.ask(&ada).await.ids().len(), 5);
            assert_eq!(
                portal.get_for(&two.ben, &other, &others).await.ids().len(),
                5
            );
            for path in [&own, &others] {
                assert_eq!(two.ask(path).await.verdict(), REFUSED, "{path}");
            }
            for path in [&ada, &others] {
                let answer = portal.get_as(&two.ben, path).await;
                assert_eq!(answer.verdict(), REFUSED, "{path}");
            }
            let crossed = portal.get_for(&two.ben, &other, &ada).await;
            assert_eq!(crossed.verdict(), REFUSED);
            let grantor = portal.get_as(&two.ada, &ada).await;
            assert_eq!(grantor.verdict(), REFUSED, "not even the grantor's");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_an_app_is_bound_to_its_launch_context() {
    scene(async {
        let two = two(json!({})).await;
        put_many(&two, &two.ada, "ada");
        put_many(&two, &two.ben, "ben");
        let first = "/fhir/R4/AllergyIntolerance?_count=5";
        let own = second(&two, &two.portal.get_as(&two.ben, first).await, first);
        let ada = second(&two, &two.app(first).await, first);
        assert_eq!(two.app(&ada).await.ids().len(), 5);
        assert_eq!(two.portal.get_as(&two.ben, &own).await.ids().len(), 5);
        assert_eq!(two.app(&own).await.verdict(), REFUSED);
        assert_eq!(two.portal.get_as(&two.ben, &ada).await.verdict(), REFUSED);
        assert_eq!(two.portal.get_as(&two.ada, &ada).await.verdict(), REFUSED);
    })
    .await;
}

#[tokio::test]
async fn k2_the_next_page_needs_the_delegation_again() {
    scene(async {
        let two = two(json!({})).await;
        put_many(&two, &two.ada, "ada");
        let first = format!("{ALLERGIES}?limit=5");
        let next = second(&two, &two.ask(&first).await, &first);
        assert_eq!(two.ask(&next).await.status, 200);
        two.change(json!({"scope": ["labs"]})).await;
        assert_eq!(two.ask(&next).await.verdict(), super::DENIED);
        two.portal.end_delegation(&two.ada, &two.ben).await;
        assert_eq!(two.ask(&next).await.verdict(), INVALID);
        let anew = two.portal.delegate(&two.ada, &two.ben, &json!({})).await;
        let old = two.portal.get_for(&two.ben, &anew, &next).await;
        assert_eq!(old.verdict(), REFUSED, "a cursor of the ended one");
    })
    .await;
}

#[tokio::test]
async fn unchanged_is_said_after_every_check_and_written_down() {
    scene(async {
        let two = two(json!({})).await;
        let read = "/fhir/R4/Condition/cht.condition-ada";
        let token = two.portal.launched(&two.ben, &two.ada);
        let tag = two.ask(PROBLEMS).await.header("etag").to_owned();
        let read_tag = two.app(read).await.header("etag").to_owned();
        assert!(!tag.is_empty() && !read_tag.is_empty());
        let headers = [
            ("X-Acting-For", two.delegation.as_str()),
            ("If-None-Match", tag.as_str()),
        ];
        let matched = [("If-None-Match", read_tag.as_str())];
        let ask = async || {
            let rest = two.portal.get_with(&two.ben, PROBLEMS, &headers).await;
            let fhir = two.portal.get_token_with(&token, read, &matched).await;
            [rest.verdict(), fhir.verdict()]
        };
        let before = two.portal.log_of(&two.ada).await.len();
        assert_eq!(ask().await, ["304", "304"]);
        let after = two.portal.log_of(&two.ada).await.len();
        assert_eq!(after - before, 3, "two looks and the look at the log");
        two.portal.end_delegation(&two.ada, &two.ben).await;
        assert_eq!(ask().await, [INVALID, INVALID]);
    })
    .await;
}

#[tokio::test]
async fn k6_what_is_cached_for_one_is_filtered_for_the_other() {
    scene(async {
        let two = two(json!({"scope": ["vitals"]})).await;
        let own = two.portal.get_as(&two.ada, "/fhir/R4/Observation").await;
        assert_eq!(own.ids().len(), 2);
        two.portal.sandbox.reset_calls();
        assert_eq!(
            two.app("/fhir/R4/Observation").await.ids(),
            ["cht.vital-ada"]
        );
        let own = two.portal.get_as(&two.ada, "/fhir/R4/Observation").await;
        assert_eq!(own.ids().len(), 2);
        for source in ["patient-chart", "laboratory"] {
            assert!(two.portal.sandbox.calls(source).is_empty(), "{source}");
        }
    })
    .await;
}
