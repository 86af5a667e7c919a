//! What rules match, in which order, for whom, and what they cannot do.

use portal_tests::{Fixture, Person, scene};
use serde_json::{Value, json};

use super::{LABS, NAMED, OBSERVATIONS, OTHER, REPORTS, World, hold, withhold, world};

#[tokio::test]
async fn a_rule_hides_what_it_matches_and_nothing_else() {
    scene(async {
        let world = world().await;
        let mut amended = world.of.lab("amended", "2024-01-02", OTHER);
        amended["status"] = json!("amended");
        let mut labelled = world.of.vital("labelled", "2024-01-02", "71");
        labelled["meta"] = json!({"security": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY",
        }]});
        let all = [
            world.of.lab("final", "2024-01-01", NAMED),
            amended,
            world.of.vital("vital", "2024-01-02", "70"),
            labelled,
            world.of.condition("condition", "Asthma"),
        ];
        for resource in &all {
            world.put(resource);
        }
        let everything = [
            "cht.condition",
            "cht.labelled",
            "cht.vital",
            "lab.amended",
            "lab.final",
        ];
        for (matches, hidden) in [
            (json!({}), &everything[..]),
            (
                json!({"types": ["Observation"]}),
                &["cht.labelled", "cht.vital", "lab.amended", "lab.final"],
            ),
            (
                json!({"types": ["Condition", "Immunization"]}),
                &["cht.condition"],
            ),
            (
                json!({"categories": ["laboratory"]}),
                &["lab.amended", "lab.final"],
            ),
            (json!({"codes": [NAMED]}), &["lab.final"]),
            (
                json!({"codes": [format!("http://loinc.org|{NAMED}")]}),
                &["lab.final"],
            ),
            (
                json!({"codes": [format!("http://snomed.info/sct|{NAMED}")]}),
                &[],
            ),
            (
                json!({"codes": [NAMED, OTHER]}),
                &["lab.amended", "lab.final"],
            ),
            (json!({"statuses": ["amended"]}), &["lab.amended"]),
            (json!({"securityLabels": ["PSY"]}), &["cht.labelled"]),
            (
                json!({"source": "laboratory"}),
                &["lab.amended", "lab.final"],
            ),
            (
                json!({"source": "laboratory", "statuses": ["final"]}),
                &["lab.final"],
            ),
            (json!({"types": ["Condition"], "codes": [NAMED]}), &[]),
            (json!({"criticalOnly": true}), &[]),
        ] {
            world
                .rule(&json!({"match": matches, "effect": "withhold"}))
                .await;
            let mut shown = world.ids(OBSERVATIONS).await;
            shown.extend(world.ids("/fhir/R4/Condition").await);
            let is_hidden = |id: &&str| !shown.iter().any(|shown| shown == id);
            let found: Vec<&str> = everything.iter().copied().filter(is_hidden).collect();
            assert_eq!(found, hidden, "{matches}");
        }
        let me = world.ask("/v1/portal/me").await.json();
        assert_eq!(
            me["displayName"], "Ada ada",
            "who the patient is is no finding"
        );
    })
    .await;
}

#[tokio::test]
async fn restrictions_add_up_until_a_rule_releases() {
    scene(async {
        let world = world().await;
        world.put_new("new", NAMED);
        let release = json!({"match": {"codes": [NAMED]}, "effect": "release"});
        let long = json!({"match": {}, "effect": {"holdFor": "P30D"}, "reasonKey": "long"});
        for (rules, default, shown) in [
            (json!([hold()]), "release", false),
            (json!([release, hold()]), "release", true),
            (json!([hold(), release]), "release", false),
            (json!([release]), "withhold", true),
            (json!([]), "withhold", false),
            (json!([hold(), long]), "release", false),
        ] {
            world
                .policy(&json!({"rules": rules, "default": default}))
                .await;
            let found = world.ids(LABS).await.len();
            assert_eq!(found, usize::from(shown), "{rules} {default}");
        }
        world.policy(&json!({"rules": [hold(), long]})).await;
        let said = world.ask(LABS).await.json()["meta"]["withheld"].clone();
        assert_eq!(
            said["reasonKey"], "long",
            "the strictest hold of one result counts"
        );
    })
    .await;
}

#[tokio::test]
async fn a_default_holds_what_no_rule_released() {
    scene(async {
        let world = world().await;
        world.put_new("held", NAMED);
        world.put_new("released", OTHER);
        world
            .policy(&json!({
                "rules": [{"match": {"codes": [OTHER]}, "effect": "release"}],
                "default": {"holdFor": "PT24H"}, "defaultReasonKey": "house-rule", "sayCount": true,
            }))
            .await;
        let answer = world.ask(LABS).await;
        assert_eq!(answer.ids(), ["lab.released"]);
        let said = &answer.json()["meta"]["withheld"];
        assert_eq!(
            (&said["reasonKey"], &said["count"]),
            (&json!("house-rule"), &json!(1))
        );
    })
    .await;
}

#[tokio::test]
async fn no_policy_lowers_the_floor() {
    scene(async {
        let world = world().await;
        let released = |mut resource: Value, change: Value| {
            let members = resource.as_object_mut().expect("an object");
            members.extend(change.as_object().expect("an object").clone());
            resource
        };
        let lab = |id: &str| world.of.lab(id, "2024-01-01", NAMED);
        let tagged = |tags: &[&str]| {
            let tags = tags.iter().map(|code| json!({"system": "urn:ghasi-ehealth:release", "code": code}));
            json!({"tag": tags.collect::<Vec<_>>()})
        };
        for resource in [
            world.of.unreleased_lab("unreleased", "2024-01-01", NAMED),
            released(lab("preliminary"), json!({"status": "preliminary"})),
            released(lab("registered"), json!({"status": "registered"})),
            released(lab("wrong"), json!({"status": "entered-in-error"})),
            released(lab("critical"), json!({"interpretation": [{"coding": [{"code": "LL"}]}]})),
            released(lab("alarming"), json!({"meta": tagged(&["released", "critical"])})),
            released(world.of.medication("draft", "Draft"), json!({"status": "draft"})),
            released(world.of.report("partial", &[]), json!({"status": "partial"})),
            world.of.report("repeats", &["unreleased"]),
        ] {
            world.put(&resource);
        }
        world.put(&lab("honest"));
        let acknowledged = json!({"meta": tagged(&["released", "critical", "critical-acknowledged"])});
        world.put(&released(lab("acknowledged"), acknowledged));
        let release = json!({"match": {}, "effect": "release"});
        for policy in [
            json!({"rules": [release], "default": "release", "criticalHold": "PT0S"}),
            json!({"rules": [{"match": {"criticalOnly": true}, "effect": "release"}]}),
            json!({"rules": [{"match": {"codes": [NAMED]}, "effect": {"holdFor": "PT0S"}, "reasonKey": "none"}]}),
        ] {
            world.policy(&policy).await;
            assert_eq!(world.ids(LABS).await, ["lab.acknowledged", "lab.honest"], "{policy}");
            assert_eq!(world.ids(OBSERVATIONS).await, ["lab.acknowledged", "lab.honest"]);
            assert!(world.ids(REPORTS).await.is_empty());
            assert!(world.ids("/fhir/R4/MedicationRequest").await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_rule_may_be_for_what_is_critical_alone() {
    scene(async {
        let world = world().await;
        let critical = |id: &str| {
            let mut lab = world.of.lab(id, "2024-01-01", NAMED);
            let tag = |code: &str| json!({"system": "urn:ghasi-ehealth:release", "code": code});
            lab["meta"]["tag"] = json!([tag("released"), tag("critical-acknowledged")]);
            lab
        };
        let mut high = critical("high");
        high["interpretation"] = json!([{"coding": [{"code": "HH"}]}]);
        let mut component = critical("component");
        component["component"] = json!([{"interpretation": [{"coding": [{"code": "AA"}]}]}]);
        world.put(&high);
        world.put(&component);
        world.put(&world.of.lab("normal", "2024-01-01", NAMED));
        assert_eq!(world.ids(LABS).await.len(), 3);
        world
            .rule(&json!({"match": {"criticalOnly": true}, "effect": "withhold"}))
            .await;
        assert_eq!(world.ids(LABS).await, ["lab.normal"]);
    })
    .await;
}

/// What the patient, a spouse and a parent see.
async fn seen_by(world: &World, proxies: &[(Person, String)]) -> Vec<Vec<String>> {
    let mut seen = vec![world.ids(LABS).await];
    for (proxy, delegation) in proxies {
        seen.push(world.portal.get_for(proxy, delegation, LABS).await.ids());
    }
    seen
}

#[tokio::test]
async fn rules_for_proxies_and_for_parents_are_theirs() {
    scene(async {
        let mut world = world().await;
        // A minor with an account of her own.
        let born = world.portal.day(-30).year() - 10;
        let mut patient = world.of.patient("ada");
        patient["birthDate"] = json!(format!("{born}-01-01"));
        world.of = Fixture::of(&world.ada.patient);
        world.put(&patient);
        world.put(&world.of.lab("named", "2024-01-01", NAMED));
        world.put(&world.of.lab("other", "2024-01-01", OTHER));
        let mut proxies = Vec::new();
        for relationship in ["spouse", "parent"] {
            let proxy = world.portal.person(relationship).await;
            let change = json!({"relationshipType": relationship});
            let delegation = world.portal.delegate(&world.ada, &proxy, &change).await;
            proxies.push((proxy, delegation));
        }
        let both = vec!["lab.named".to_owned(), "lab.other".to_owned()];
        let one = vec!["lab.other".to_owned()];
        for (audience, expected) in [
            ("all", [&one, &one, &one]),
            ("proxies", [&both, &one, &one]),
            ("parents", [&both, &both, &one]),
        ] {
            let mut rule = withhold();
            rule["audience"] = json!(audience);
            world.rule(&rule).await;
            let seen = seen_by(&world, &proxies).await;
            assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{audience}");
        }
        let release = json!({"match": {}, "effect": "release", "audience": "proxies"});
        world.policy(&json!({"rules": [release, withhold()]})).await;
        for seen in seen_by(&world, &proxies).await {
            assert_eq!(seen, one, "a proxy sees nothing that the patient does not");
        }
        let hold = json!({
            "match": {}, "effect": "holdUntilReviewed", "reasonKey": "not-yours", "audience": "proxies",
        });
        world.rule(&hold).await;
        let own = world.ask(LABS).await;
        assert!(own.ids() == both && !own.says("withheld"), "what is held from others is not said");
    })
    .await;
}

#[tokio::test]
async fn a_report_waits_for_its_results() {
    scene(async {
        let world = world().await;
        world.put_new("held", NAMED);
        world.put_new("shown", OTHER);
        world.put(&world.of.report("mixed", &["held", "shown"]));
        world.put(&world.of.report("free", &["shown"]));
        assert_eq!(world.ids(REPORTS).await, ["lab.free", "lab.mixed"]);
        for rule in [hold(), withhold()] {
            world.rule(&rule).await;
            assert_eq!(world.ids(REPORTS).await, ["lab.free"], "{rule}");
            let read = world.ask("/fhir/R4/DiagnosticReport/lab.mixed").await;
            assert_eq!(read.verdict(), "404 NOT_FOUND");
            let labs = world.ask(LABS).await;
            assert_eq!(labs.ids(), ["lab.shown"]);
            assert!(!labs.says("lab.mixed") && labs.says("lab.free"));
        }
        world
            .rule(&json!({"match": {"types": ["DiagnosticReport"]}, "effect": "withhold"}))
            .await;
        let labs = world.ask(LABS).await;
        assert_eq!(
            labs.ids(),
            ["lab.held", "lab.shown"],
            "results stand without their report"
        );
        assert!(!labs.says("lab.mixed") && !labs.says("lab.free"));
    })
    .await;
}

#[tokio::test]
async fn what_is_contained_is_matched_too() {
    scene(async {
        let world = world().await;
        let mut report = world.of.report("holder", &[]);
        let mut inner = world.of.lab("inner", "2024-01-01", NAMED);
        inner["id"] = json!("inner");
        report["contained"] = json!([inner]);
        report["result"] = json!([{"reference": "#inner"}]);
        world.put(&report);
        assert_eq!(world.ids(REPORTS).await, ["lab.holder"]);
        world.rule(&withhold()).await;
        assert!(world.ids(REPORTS).await.is_empty());
        let release = json!({"match": {"types": ["DiagnosticReport"]}, "effect": "release"});
        world.policy(&json!({"rules": [withhold(), release]})).await;
        assert!(world.ids(REPORTS).await.is_empty());
    })
    .await;
}
