//! Parents and guardians: the child's age on the day, as the tenant's bands say.

use jiff::Span;
use jiff::civil::{Date, date};
use portal_sandbox::Fault;
use portal_tests::{Answer, Fixture, Person, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

use super::{ALLERGIES, DENIED, INVALID, LABS, PROBLEMS};

const PARENT: &str = "parent";

struct Family {
    portal: TestPortal,
    child: Person,
    parent: Person,
    delegation: String,
}

async fn family(portal: TestPortal, born: &Value, relationship: &Value) -> Family {
    let child = portal.child("child", born);
    portal.put_everything(&child, "child");
    let parent = portal.person("mother").await;
    let delegation = portal.delegate(&child, &parent, relationship).await;
    Family {
        portal,
        child,
        parent,
        delegation,
    }
}

impl Family {
    async fn of(born: Date, relationship: &str) -> Self {
        let legal = json!({"relationshipType": relationship});
        family(TestPortal::start().await, &json!(born), &legal).await
    }

    async fn ask(&self, path: &str) -> Answer {
        self.portal
            .get_for(&self.parent, &self.delegation, path)
            .await
    }

    async fn app(&self, path: &str) -> Answer {
        let token = self.portal.launched(&self.parent, &self.child);
        self.portal.get(Some(&token), path).await
    }

    /// What the parent may do: all, what a family of a teenager needs, or nothing.
    async fn assert_is(&self, access: &str, when: &str) {
        let [problems, allergies] = match access {
            "full" => ["200", "200"],
            "limited" => [DENIED, "200"],
            _ => [INVALID, INVALID],
        };
        assert_eq!(self.ask(PROBLEMS).await.verdict(), problems, "{when}");
        assert_eq!(self.ask(ALLERGIES).await.verdict(), allergies, "{when}");
        assert_eq!(self.ask(LABS).await.verdict(), problems, "{when}");
        let condition = self.app("/fhir/R4/Condition/cht.condition-child").await;
        assert_eq!(condition.verdict(), problems, "{when}");
        let allergy = self.app("/fhir/R4/AllergyIntolerance").await;
        assert_eq!(allergy.verdict(), allergies, "{when}");
        let me = self
            .portal
            .get_as(&self.parent, "/v1/portal/me")
            .await
            .json();
        let scope = &me["mayActFor"][0]["scope"];
        match access {
            "full" => assert_eq!(scope.as_array().map(Vec::len), Some(16), "{when}"),
            "limited" => assert_eq!(
                *scope,
                json!([
                    "allergies",
                    "immunizations",
                    "appointments.view",
                    "appointments.manage",
                    "billing"
                ]),
                "{when}"
            ),
            _ => assert_eq!(me["mayActFor"], json!([]), "{when}"),
        }
    }
}

/// A day soon whose date every year has.
fn birthday(portal: &TestPortal) -> Date {
    let soon = portal.day(1);
    let leap = (soon.month(), soon.day()) == (2, 29);
    if leap { portal.day(2) } else { soon }
}

fn years_before(day: Date, years: i16) -> Date {
    day.checked_sub(Span::new().years(years)).expect("a day")
}

async fn around_a_birthday(relationship: Value, years: i16, before: &str, after: &str) {
    let portal = TestPortal::start().await;
    let birthday = birthday(&portal);
    let born = json!(years_before(birthday, years));
    let family = family(portal, &born, &relationship).await;
    let eve = birthday.yesterday().expect("a day");
    family.portal.stand_at_end_of(eve);
    family.assert_is(before, "the evening before").await;
    family.portal.sandbox.reset_calls();
    family.portal.stand_at_begin_of(birthday);
    family
        .assert_is(after, "the first moment of the birthday")
        .await;
    if after == "full" {
        return;
    }
    for source in ["registration", "patient-chart", "laboratory"] {
        assert!(
            family.portal.sandbox.calls(source).is_empty(),
            "{source}: all was cached"
        );
    }
}

#[tokio::test]
async fn at_a_bands_edge_access_narrows_in_the_moment_though_all_is_cached() {
    scene(around_a_birthday(
        json!({"relationshipType": PARENT}),
        12,
        "full",
        "limited",
    ))
    .await;
}

#[tokio::test]
async fn at_majority_a_parents_delegation_ends_by_itself() {
    scene(around_a_birthday(
        json!({"relationshipType": PARENT}),
        18,
        "limited",
        "nothing",
    ))
    .await;
}

#[tokio::test]
async fn at_majority_a_guardians_ends_too() {
    scene(around_a_birthday(
        json!({"relationshipType": "guardian"}),
        18,
        "limited",
        "nothing",
    ))
    .await;
}

#[tokio::test]
async fn a_court_order_outlives_majority() {
    let ordered = json!({"relationshipType": "guardian", "courtOrder": true});
    scene(around_a_birthday(ordered, 18, "limited", "full")).await;
}

#[tokio::test]
async fn a_court_order_is_for_guardians() {
    let ordered = json!({"relationshipType": PARENT, "courtOrder": true});
    scene(around_a_birthday(ordered, 18, "limited", "nothing")).await;
}

#[tokio::test]
async fn a_band_may_close_to_parents() {
    scene(async {
        let portal = TestPortal::start().await;
        let bands = json!({"ageBands": [
            {"fromAge": 0, "toAge": 10, "parentAccess": "full"},
            {"fromAge": 10, "toAge": 14, "parentAccess": "none"},
            {"fromAge": 14, "toAge": 20, "parentAccess": "limited", "limitedScope": ["problems"]},
        ]});
        portal.configure(&portal.tenant, &bands).await;
        for (years, problems, allergies) in [
            (9, "200", "200"),
            (10, INVALID, INVALID),
            (13, INVALID, INVALID),
            (14, "200", DENIED),
            (19, "200", DENIED),
            (20, INVALID, INVALID),
        ] {
            let born = years_before(portal.day(0), years);
            let child = portal.child("child", &json!(born));
            portal.put(
                &child.tenant,
                &Fixture::of(&child.patient).condition(&format!("c-{years}"), "Asthma"),
            );
            let parent = portal.person("father").await;
            let legal = json!({"relationshipType": PARENT});
            let delegation = portal.delegate(&child, &parent, &legal).await;
            let ask = async |path| portal.get_for(&parent, &delegation, path).await.verdict();
            assert_eq!(ask(PROBLEMS).await, problems, "{years}");
            assert_eq!(ask(ALLERGIES).await, allergies, "{years}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_band_acts_on_the_next_answer() {
    scene(async {
        let portal = TestPortal::start().await;
        let born = years_before(portal.day(-30), 9);
        let legal = json!({"relationshipType": PARENT});
        let family = family(portal, &json!(born), &legal).await;
        family.assert_is("full", "by default").await;
        let bands = json!({"ageBands": [{"fromAge": 0, "toAge": 9, "parentAccess": "full"}]});
        family.portal.configure(&family.portal.tenant, &bands).await;
        family.assert_is("nothing", "of age at nine").await;
        family
            .portal
            .configure(&family.portal.tenant, &json!({"ageBands": null}))
            .await;
        family.assert_is("full", "by default again").await;
    })
    .await;
}

#[tokio::test]
async fn the_twenty_ninth_of_february_counts_on_the_first_of_march() {
    scene(async {
        // Events far ahead stay in a database of their own.
        let options = TestOptions {
            own_database: true,
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let is_leap = |year: &i16| date(*year, 1, 1).in_leap_year();
        let soon = portal.day(0).year() + 1;
        let year = (soon..=soon + 1).find(|year| !is_leap(year));
        let year = year.expect("one of two");
        // Of eight years in a row one is a leap year, also around a century.
        let leap = (year - 16..year - 8).find(is_leap).expect("one of eight");
        let bands =
            json!({"ageBands": [{"fromAge": 0, "toAge": year - leap, "parentAccess": "full"}]});
        portal.configure(&portal.tenant, &bands).await;
        let born = json!(date(leap, 2, 29));
        let family = family(portal, &born, &json!({"relationshipType": PARENT})).await;
        family.portal.stand_at_end_of(date(year, 2, 28));
        family.assert_is("full", "28 February").await;
        family.portal.stand_at_begin_of(date(year, 3, 1));
        family.assert_is("nothing", "1 March").await;
    })
    .await;
}

#[tokio::test]
async fn a_partial_birth_date_counts_as_the_oldest_age() {
    scene(async {
        let portal = TestPortal::start().await;
        let today = portal.day(0);
        let twelve = today.year() - 12;
        let this_month = format!("{twelve:04}-{:02}", today.month());
        let tomorrow = portal.day(1);
        for (born, problems) in [
            (format!("{twelve:04}"), DENIED),
            (this_month, DENIED),
            (format!("{:04}", twelve + 1), "200"),
            (format!("{:04}", today.year() - 18), INVALID),
        ] {
            let child = portal.child("child", &json!(born));
            let parent = portal.person("mother").await;
            let legal = json!({"relationshipType": PARENT});
            let delegation = portal.delegate(&child, &parent, &legal).await;
            let seen = portal.get_for(&parent, &delegation, PROBLEMS).await;
            assert_eq!(seen.verdict(), problems, "{born}");
        }
        if tomorrow.year() == today.year() {
            let whole = Family::of(years_before(birthday(&portal), 12), PARENT).await;
            whole.assert_is("full", "a whole date is that day").await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_birth_date_there_is_no_parental_access() {
    scene(async {
        let portal = TestPortal::start().await;
        let parent = portal.person("mother").await;
        for born in [
            json!(null),
            json!("unknown"),
            json!("2020-13-01"),
            json!(2020),
            json!(""),
        ] {
            let child = portal.child("child", &born);
            portal.put_everything(&child, "child");
            let legal = json!({"relationshipType": PARENT});
            let delegation = portal.delegate(&child, &parent, &legal).await;
            let seen = portal.get_for(&parent, &delegation, PROBLEMS).await;
            assert_eq!(seen.verdict(), INVALID, "{born}");
            let token = portal.launched(&parent, &child);
            let app = portal.get(Some(&token), "/fhir/R4/Condition").await;
            assert_eq!(app.verdict(), INVALID, "{born}");
        }
        let adult = portal.child("adult", &json!(null));
        let delegation = portal.delegate(&adult, &parent, &json!({})).await;
        let seen = portal.get_for(&parent, &delegation, PROBLEMS).await;
        assert_eq!(seen.status, 200, "a voluntary proxy needs no birth date");
    })
    .await;
}

#[tokio::test]
async fn a_birth_date_that_cannot_be_had_is_the_sources_failure() {
    scene(async {
        let portal = TestPortal::start().await;
        let born = years_before(portal.day(-30), 9);
        let family = family(portal, &json!(born), &json!({"relationshipType": PARENT})).await;
        family
            .portal
            .sandbox
            .set_fault("registration", Fault::status(503));
        for answer in [
            family.ask(PROBLEMS).await,
            family.app("/fhir/R4/Condition").await,
        ] {
            assert_eq!(answer.verdict(), "503 UPSTREAM_UNAVAILABLE");
            assert!(!answer.header("retry-after").is_empty());
        }
        family.portal.sandbox.clear_faults();
        // The source is asked again once its breaker lets a call through.
        let again = family
            .portal
            .get_eventually(&family.parent, "/v1/portal/me")
            .await;
        assert_eq!(again.status, 200);
    })
    .await;
}

#[tokio::test]
async fn who_cannot_be_listed_without_a_source_is_no_hidden_hole() {
    scene(async {
        let portal = TestPortal::start().await;
        let carer = portal.caregiver("carer").await;
        let child = portal.child("child", &json!(years_before(portal.day(-30), 9)));
        let adult = portal.child("adult", &json!("1990-01-01"));
        let legal = json!({"relationshipType": PARENT});
        portal.delegate(&child, &carer, &legal).await;
        let voluntary = portal.delegate(&adult, &carer, &json!({})).await;
        portal.sandbox.set_fault("registration", Fault::status(503));
        let me = portal.get_as(&carer, "/v1/portal/me").await;
        assert_eq!(me.status, 200, "{}", me.verdict());
        let body = me.json();
        assert_eq!(
            body["mayActFor"].as_array().map(Vec::len),
            Some(1),
            "{body}"
        );
        assert_eq!(body["mayActFor"][0]["delegationId"], voluntary);
        assert!(body["mayActFor"][0]["displayName"].is_null());
        let source = &body["meta"]["sources"][0];
        assert_eq!(source["source"], "registration", "{body}");
        assert_eq!(source["status"], "unavailable", "{body}");
        let told = me.header("x-portal-degraded");
        assert!(told.contains("registration;status=unavailable"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_parent_sees_the_whole_patient_with_full_access_and_less_when_limited() {
    scene(async {
        let portal = TestPortal::start().await;
        let parent = portal.person("mother").await;
        for (years, whole) in [(9, true), (13, false)] {
            let born = json!(years_before(portal.day(-30), years));
            let child = portal.child("child", &born);
            let mut patient = Fixture::of(&child.patient).patient("child");
            patient["birthDate"] = born;
            patient["address"] = json!([{"city": "Herat"}]);
            patient["identifier"] = json!([{"system": "urn:mrn", "value": "mrn-7"}]);
            portal.put(&child.tenant, &patient);
            portal
                .delegate(&child, &parent, &json!({"relationshipType": PARENT}))
                .await;
            let token = portal.launched(&parent, &child);
            let seen = portal.get(Some(&token), "/fhir/R4/Patient").await;
            assert_eq!((seen.status, seen.says("Herat")), (200, whole), "{years}");
            assert_eq!(seen.says("SUBSETTED"), !whole, "{years}");
            let oracle = portal
                .get(Some(&token), "/fhir/R4/Patient?identifier=mrn-7")
                .await;
            assert_eq!(oracle.json()["total"], i32::from(whole), "{years}");
        }
    })
    .await;
}
