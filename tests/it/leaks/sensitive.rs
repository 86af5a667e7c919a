//! What is sensitive, what minors keep to themselves, and what is held for a while.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use portal_application::ports::Clock as _;
use portal_tests::TestOptions;

use super::*;

const PROBLEMS: &str = "/v1/portal/chart/problems";
const LABS: &str = "/v1/portal/results/labs";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// A problem that code lists know to be about mental health.
fn depression(person: &Person) -> Value {
    let mut problem = Fixture::of(&person.patient).condition("secret", "Depression");
    problem["code"]["coding"] =
        json!([{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1"}]);
    problem
}

fn sorted(answer: &Answer) -> Vec<String> {
    let mut ids = ids(answer);
    ids.sort();
    ids
}

#[tokio::test]
async fn k14_one_sensitive_record_neither_blanks_nor_breaks_the_rest() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        portal.put(&ada.tenant, &depression(&ada));
        let mut medication = Fixture::of(&ada.patient).medication("because", "of it");
        medication["reasonReference"] =
            json!([{"reference": "Condition/secret", "display": "Depression"}]);
        portal.put(&ada.tenant, &medication);
        let carer = portal.caregiver("carer").await;
        let delegation = portal.delegate(&ada, &carer, &json!({})).await;
        let seen = portal.get_for(&carer, &delegation, PROBLEMS).await;
        assert_eq!(ids(&seen), ["cht.condition-ada"]);
        let summary = portal
            .get_for(&carer, &delegation, "/v1/portal/chart/summary")
            .await;
        let text = String::from_utf8_lossy(&summary.body).into_owned();
        assert!(text.contains("cht.condition-ada") && text.contains("med.because"));
        assert!(
            !text.contains("secret") && !text.contains("Depression"),
            "{text}"
        );
        let token = portal.launched(&carer, &ada);
        let count = portal
            .get(Some(&token), "/fhir/R4/Condition?_summary=count")
            .await;
        assert_eq!(count.json()["total"], 1);
        let read = portal
            .get(Some(&token), "/fhir/R4/Condition/cht.secret")
            .await;
        assert_eq!(read.verdict(), "404 NOT_FOUND");
        let ticked = json!({"sensitive": ["mental-health"]});
        portal.delegate(&ada, &carer, &ticked).await;
        let seen = portal.get_for(&carer, &delegation, PROBLEMS).await;
        assert_eq!(sorted(&seen), ["cht.condition-ada", "cht.secret"], "ticked");
    })
    .await;
}

#[tokio::test]
async fn k33_nothing_of_ones_own_is_hidden_for_being_sensitive() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        portal.put(&ada.tenant, &depression(&ada));
        let mut labelled = Fixture::of(&ada.patient).allergy("labelled", "Latex");
        labelled["meta"] = json!({"security": [{"system": CONFIDENTIALITY, "code": "V"}]});
        portal.put(&ada.tenant, &labelled);
        let carer = portal.caregiver("carer").await;
        let delegation = portal.delegate(&ada, &carer, &json!({})).await;
        for (path, own, theirs) in [
            (
                PROBLEMS,
                vec!["cht.condition-ada", "cht.secret"],
                "cht.condition-ada",
            ),
            (
                "/v1/portal/chart/allergies",
                vec!["cht.allergy-ada", "cht.labelled"],
                "cht.allergy-ada",
            ),
        ] {
            assert_eq!(sorted(&portal.get_as(&ada, path).await), own);
            assert_eq!(
                ids(&portal.get_for(&carer, &delegation, path).await),
                [theirs]
            );
        }
        let app = portal.token_with(&ada, &json!({"azp": "smart-app"}));
        let read = portal
            .get(Some(&app), "/fhir/R4/Condition/cht.secret")
            .await;
        assert_eq!(read.status, 200, "the patient's own app");
    })
    .await;
}

#[tokio::test]
async fn k35_what_is_not_labelled_is_not_harmless() {
    scene(async {
        let options = TestOptions {
            settings: vec![("PATIENT_CHART_LABELS".into(), "complete".into())],
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let ada = portal.person("ada").await;
        let of = Fixture::of(&ada.patient);
        let label = |mut resource: Value, code: Value| {
            resource["meta"] = json!({"security": [code]});
            portal.put(&ada.tenant, &resource);
        };
        portal.put(&ada.tenant, &of.condition("unlabelled", "forgotten"));
        let normal = json!({"system": CONFIDENTIALITY, "code": "N"});
        label(of.condition("normal", "normal"), normal);
        label(
            of.condition("odd", "odd"),
            json!({"system": "urn:odd", "code": "N"}),
        );
        label(of.condition("empty", "empty"), json!({"display": "normal"}));
        let mut uncoded = of.immunization("uncoded", "2024-01-01");
        uncoded["vaccineCode"] = json!({"text": "told in words only"});
        portal.put(&ada.tenant, &uncoded);
        portal.put(&ada.tenant, &of.immunization("coded", "2024-01-01"));
        let carer = portal.caregiver("carer").await;
        let delegation = portal.delegate(&ada, &carer, &json!({})).await;
        let shots = "/v1/portal/chart/immunizations";
        let theirs = portal.get_for(&carer, &delegation, PROBLEMS).await;
        assert_eq!(ids(&theirs), ["cht.normal"]);
        let theirs = portal.get_for(&carer, &delegation, shots).await;
        assert_eq!(ids(&theirs), ["imm.coded"]);
        assert_eq!(ids(&portal.get_as(&ada, PROBLEMS).await).len(), 4);
        assert_eq!(ids(&portal.get_as(&ada, shots).await).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn k21_a_birthday_narrows_what_a_parent_sees_at_its_midnight() {
    scene(async {
        let portal = TestPortal::start().await;
        let zone = TimeZone::get("Asia/Kabul").expect("a zone");
        let now = portal.clock.now().to_zoned(zone);
        let birthday = now
            .tomorrow()
            .and_then(|day| day.start_of_day())
            .expect("a next day");
        // On 29 February nobody is born twelve years before 1 March; the domain's tests are.
        let born = birthday.date().with().year(birthday.year() - 12).build();
        let child = portal.child("child", &json!(born.expect("a day").to_string()));
        let of = Fixture::of(&child.patient);
        portal.put(&child.tenant, &of.condition("asthma", "Asthma"));
        portal.put(&child.tenant, &of.allergy("eggs", "Eggs"));
        let parent = portal.caregiver("parent").await;
        let change = json!({"relationshipType": "parent"});
        let delegation = portal.delegate(&child, &parent, &change).await;
        let problems = || portal.get_for(&parent, &delegation, PROBLEMS);
        let left = now.duration_until(&birthday);
        portal.clock.advance(left - SignedDuration::from_secs(20));
        assert_eq!(
            ids(&problems().await),
            ["cht.asthma"],
            "eleven for some seconds more"
        );
        let me = portal.get_as(&parent, "/v1/portal/me").await.json();
        let before = me["mayActFor"][0]["scope"].as_array().map(Vec::len);
        portal.clock.advance(SignedDuration::from_secs(21));
        assert_eq!(
            problems().await.verdict(),
            "403 PROXY_SCOPE_DENIED",
            "twelve"
        );
        let allergies = "/v1/portal/chart/allergies";
        let allergies = portal.get_for(&parent, &delegation, allergies).await;
        assert_eq!(ids(&allergies), ["cht.eggs"], "what a family needs");
        let me = portal.get_as(&parent, "/v1/portal/me").await.json();
        let after = me["mayActFor"][0]["scope"].as_array().map(Vec::len);
        assert_eq!((before, after), (Some(16), Some(5)));
    })
    .await;
}

#[tokio::test]
async fn k42_a_hold_is_said_to_the_patient_alone_and_nowhere_where_it_tells() {
    scene(async {
        let Two { portal, ada, .. } = two().await;
        let of = Fixture::of(&ada.patient);
        portal.put(&ada.tenant, &of.lab("held", "2024-01-02", "718-7"));
        portal.put(&ada.tenant, &of.lab("never", "2024-01-03", "4548-4"));
        let policy = json!({"rules": [
            {"match": {"codes": ["http://loinc.org|718-7"]}, "effect": "holdUntilReviewed",
             "reasonKey": "hold.review"},
            {"match": {"codes": ["http://loinc.org|4548-4"]}, "effect": "withhold"},
        ]});
        portal
            .configure(&ada.tenant, &json!({"releasePolicy": policy}))
            .await;
        let own = portal.get_as(&ada, LABS).await.json();
        assert_eq!(own["meta"]["withheld"], json!({"reasonKey": "hold.review"}));
        let carer = portal.caregiver("carer").await;
        let delegation = portal.delegate(&ada, &carer, &json!({})).await;
        for path in [
            "/v1/portal/results/labs?code=718-7",
            "/v1/portal/results/labs?category=laboratory",
            "/v1/portal/results/labs?from=2024-01-03&to=2024-01-03",
        ] {
            let body = portal.get_as(&ada, path).await.json();
            assert!(body["meta"].get("withheld").is_none(), "{path}");
        }
        let theirs = portal.get_for(&carer, &delegation, LABS).await.json();
        assert!(theirs["meta"].get("withheld").is_none());
        assert_eq!(theirs["meta"]["mayBeIncomplete"], true);
        let bundle = portal
            .get_as(&ada, "/fhir/R4/Observation?category=laboratory")
            .await;
        assert_eq!(bundle.json()["total"], 1);
        let text = String::from_utf8_lossy(&bundle.body).into_owned();
        assert!(
            !text.contains("hold.review") && !text.contains("withheld"),
            "{text}"
        );
        for id in ["lab.held", "lab.never", "lab.absent"] {
            let answer = portal
                .get_as(&ada, &format!("/fhir/R4/Observation/{id}"))
                .await;
            assert_eq!(answer.verdict(), "404 NOT_FOUND", "{id}");
        }
        let reviewed = {
            let mut lab = of.lab("held", "2024-01-02", "718-7");
            let tags = lab["meta"]["tag"].as_array_mut().expect("tags");
            tags.push(json!({"system": "urn:ghasi-ehealth:release", "code": "reviewed"}));
            lab
        };
        portal.put(&ada.tenant, &reviewed);
        portal.clock.advance(SignedDuration::from_secs(31));
        let own = portal.get_as(&ada, LABS).await.json();
        assert!(own["meta"].get("withheld").is_none(), "reviewed");
        assert!(own.to_string().contains("lab.held"));
    })
    .await;
}
