//! What each right opens.

use portal_tests::{EVERY_RIGHT, Fixture, long_scene, scene};
use serde_json::{Value, json};

use super::{DENIED, Two, scope, two};

/// A route of the portal, and the right that opens it.
const ROUTES: [(&str, &str); 15] = [
    ("/v1/portal/chart/allergies", "allergies"),
    ("/v1/portal/chart/medications", "medications"),
    ("/v1/portal/chart/vitals", "vitals"),
    ("/v1/portal/chart/immunizations", "immunizations"),
    ("/v1/portal/chart/problems", "problems"),
    ("/v1/portal/results/labs", "labs"),
    ("/v1/portal/results/labs/lab.lab-ada", "labs"),
    ("/v1/portal/chart/summary", "summary"),
    ("/v1/portal/chart/documents", "documents"),
    ("/v1/portal/medications", "medications"),
    ("/v1/portal/results/radiology", "radiology"),
    ("/v1/portal/results/radiology/rad.chest-ada", "radiology"),
    ("/v1/portal/coverage", "billing"),
    ("/v1/portal/eob", "billing"),
    ("/v1/portal/billing/statements", "billing"),
];

/// A type, the record of it that Ada has, and the right that opens it.
const RECORDS: [(&str, &str, &str); 18] = [
    ("AllergyIntolerance", "cht.allergy-ada", "allergies"),
    ("Condition", "cht.condition-ada", "problems"),
    ("MedicationRequest", "med.medication-ada", "medications"),
    ("Immunization", "imm.immunization-ada", "immunizations"),
    ("DiagnosticReport", "lab.report-ada", "labs"),
    ("Observation", "cht.vital-ada", "vitals"),
    ("Observation", "lab.lab-ada", "labs"),
    ("DiagnosticReport", "rad.chest-ada", "radiology"),
    ("ImagingStudy", "rad.ImagingStudy-ada", "radiology"),
    (
        "MedicationDispense",
        "med.MedicationDispense-ada",
        "medications",
    ),
    ("Coverage", "clm.Coverage-ada", "billing"),
    (
        "ExplanationOfBenefit",
        "clm.ExplanationOfBenefit-ada",
        "billing",
    ),
    (
        "DocumentReference",
        "doc.DocumentReference-ada",
        "documents",
    ),
    ("Encounter", "cht.Encounter-ada", "problems"),
    ("Procedure", "cht.Procedure-ada", "problems"),
    ("CarePlan", "cht.CarePlan-ada", "problems"),
    ("Goal", "cht.Goal-ada", "problems"),
    ("Specimen", "lab.Specimen-ada", "labs"),
];

/// Types whose records here say in no coded element what they are about, so that they may be about
/// anything that is sensitive: the right opens the type, and shows none of them to who was not
/// appointed by law.
const WITHOUT_CODE: [&str; 2] = ["ExplanationOfBenefit", "CarePlan"];

/// What Ada has of the types that not everybody has.
fn put_the_rest(two: &Two) {
    let of = Fixture::of(&two.ada.patient);
    two.portal
        .put(&two.ada.tenant, &of.radiology_report("chest-ada"));
    let others = RECORDS.iter().skip(8);
    for (name, ..) in others {
        let record = of.record(name, &format!("{name}-ada"));
        two.portal.put(&two.ada.tenant, &record);
    }
}

fn expected(open: bool) -> &'static str {
    if open { "200" } else { DENIED }
}

async fn only_its_own_routes(two: &Two, right: &str) {
    for (path, opened_by) in ROUTES {
        let answer = two.ask(path).await;
        assert_eq!(
            answer.verdict(),
            expected(right == opened_by),
            "{right}: {path}"
        );
    }
}

async fn only_its_own_records(two: &Two, right: &str) {
    for (name, id, opened_by) in RECORDS {
        let found = two.app(&format!("/fhir/R4/{name}")).await;
        let mut of_type = RECORDS.iter().filter(|(of, ..)| *of == name);
        let open = of_type.any(|(.., opened_by)| right == *opened_by);
        assert_eq!(found.verdict(), expected(open), "{right}: {name}");
        let coded = !WITHOUT_CODE.contains(&name);
        if right == opened_by {
            let shown: &[&str] = if coded { &[id] } else { &[] };
            assert_eq!(found.ids(), shown, "{right}: {name}");
        }
        let read = two.app(&format!("/fhir/R4/{name}/{id}")).await;
        let verdict = match (right == opened_by && coded, open) {
            (true, _) => "200",
            (false, true) => "404 NOT_FOUND",
            (false, false) => DENIED,
        };
        assert_eq!(read.verdict(), verdict, "{right}: {name}/{id}");
    }
    let patient = two.app("/fhir/R4/Patient").await;
    assert_eq!(patient.ids(), [two.ada.patient.as_str()], "{right}");
}

#[tokio::test]
async fn each_right_opens_its_own_and_nothing_else() {
    let all = async {
        let two = two(json!({})).await;
        put_the_rest(&two);
        for right in EVERY_RIGHT {
            two.change(scope(&[right])).await;
            only_its_own_routes(&two, right).await;
            only_its_own_records(&two, right).await;
        }
    };
    long_scene(std::time::Duration::from_mins(1), all).await;
}

#[tokio::test]
async fn rights_add_up_within_one_delegation() {
    scene(async {
        let two = two(scope(&["labs", "vitals", "problems"])).await;
        let found = two.app("/fhir/R4/Observation").await;
        assert_eq!(found.ids(), ["cht.vital-ada", "lab.lab-ada"]);
        for path in ["/v1/portal/chart/vitals", "/v1/portal/chart/problems"] {
            assert_eq!(two.ask(path).await.status, 200, "{path}");
        }
        assert_eq!(
            two.ask("/v1/portal/chart/allergies").await.verdict(),
            DENIED
        );
    })
    .await;
}

#[tokio::test]
async fn an_observation_of_two_categories_needs_both_rights() {
    scene(async {
        let two = two(scope(&["vitals"])).await;
        let of = Fixture::of(&two.ada.patient);
        let category = |code: &str| {
            json!({"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": code,
            }]})
        };
        let mut survey = of.vital("survey", "2024-03-01", "70");
        survey["category"] = json!([category("vital-signs"), category("survey")]);
        let mut both = of.lab("both", "2024-03-01", "2345-7");
        both["category"] = json!([category("laboratory"), category("vital-signs")]);
        let mut none = of.vital("none", "2024-03-01", "70");
        none["category"] = json!([]);
        two.portal.put(&two.ada.tenant, &survey);
        two.portal.put(&two.ada.tenant, &none);
        two.portal.put(&two.ada.tenant, &both);
        let found = two.app("/fhir/R4/Observation").await;
        assert_eq!(found.ids(), ["cht.vital-ada"]);
        two.change(scope(&["vitals", "labs"])).await;
        let found = two.app("/fhir/R4/Observation").await;
        assert_eq!(found.ids(), ["cht.vital-ada", "lab.both", "lab.lab-ada"]);
        let own = two.portal.get_as(&two.ada, "/fhir/R4/Observation").await;
        assert_eq!(own.ids().len(), 5, "{:?}", own.ids());
    })
    .await;
}

#[tokio::test]
async fn the_summary_opens_its_parts_on_its_own_route_alone() {
    scene(async {
        let two = two(scope(&["summary"])).await;
        let summary = two.ask("/v1/portal/chart/summary").await;
        let shown = summary.ids();
        for id in [
            "cht.allergy-ada",
            "cht.condition-ada",
            "med.medication-ada",
            "cht.vital-ada",
        ] {
            assert!(shown.iter().any(|shown| shown == id), "{id}: {shown:?}");
        }
        assert!(!shown.iter().any(|id| id.starts_with("lab.")), "{shown:?}");
        for (path, _) in &ROUTES[..7] {
            assert_eq!(two.ask(path).await.verdict(), DENIED, "{path}");
        }
        for (name, id, _) in RECORDS {
            let path = format!("/fhir/R4/{name}/{id}");
            assert_eq!(two.app(&path).await.verdict(), DENIED, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_delegation_opens_no_more_than_the_token() {
    scene(async {
        let two = two(json!({})).await;
        let narrow =
            json!({"scope": "patient/AllergyIntolerance.read", "patient": two.ada.patient});
        let token = two.portal.token_with(&two.ben, &narrow);
        let found = two
            .portal
            .get(Some(&token), "/fhir/R4/AllergyIntolerance")
            .await;
        assert_eq!(found.ids(), ["cht.allergy-ada"]);
        let refused = two.portal.get(Some(&token), "/fhir/R4/Condition").await;
        assert_eq!(refused.verdict(), "403 INSUFFICIENT_SCOPE");
        let token = two
            .portal
            .token_with(&two.ben, &json!({"scope": narrow["scope"]}));
        let acting = [("X-Acting-For", two.delegation.as_str())];
        for (path, verdict) in [
            ("/v1/portal/chart/allergies", "200"),
            ("/v1/portal/chart/problems", "403 INSUFFICIENT_SCOPE"),
            ("/v1/portal/chart/summary", "403 INSUFFICIENT_SCOPE"),
        ] {
            let answer = two.portal.get_token_with(&token, path, &acting).await;
            assert_eq!(answer.verdict(), verdict, "{path}");
        }
    })
    .await;
}

/// A Patient with all that a voluntary proxy must not see.
fn known_patient(id: &str) -> Value {
    let mut patient = Fixture::of(id).patient("ada");
    patient["address"] = json!([{"line": ["Hidden-Street 1"], "city": "Hidden-City"}]);
    patient["telecom"] = json!([{"system": "phone", "value": "hidden-0700"}]);
    patient["contact"] = json!([{"name": {"family": "Hidden-Contact"}}]);
    patient["identifier"] = json!([{"system": "urn:mrn", "value": "hidden-mrn"}]);
    patient["maritalStatus"] = json!({"text": "hidden-status"});
    patient["photo"] = json!([{"title": "hidden-photo"}]);
    patient["generalPractitioner"] = json!([{"display": "hidden-practitioner"}]);
    patient["managingOrganization"] = json!({"display": "hidden-organization"});
    patient["communication"] = json!([{"language": {"text": "hidden-language"}}]);
    patient["extension"] =
        json!([{"url": "https://hidden.test", "valueString": "hidden-extension"}]);
    patient["text"] = json!({"status": "generated", "div": "<div>hidden-text</div>"});
    patient["contained"] = json!([{"resourceType": "Organization", "id": "hidden"}]);
    patient
}

#[tokio::test]
async fn a_voluntary_proxy_sees_of_a_patient_name_birth_date_and_gender() {
    scene(async {
        let two = two(json!({})).await;
        two.portal
            .put(&two.ada.tenant, &known_patient(&two.ada.patient));
        let read = format!("/fhir/R4/Patient/{}", two.ada.patient);
        let own = two.portal.get_as(&two.ada, &read).await;
        assert!(
            own.says("Hidden-Street") && own.says("hidden-mrn"),
            "the honest twin"
        );
        for path in [
            read.as_str(),
            "/fhir/R4/Patient",
            "/fhir/R4/Patient?_elements=identifier,telecom,address,contact,name",
        ] {
            let seen = two.app(path).await;
            assert_eq!(seen.status, 200, "{path}");
            assert!(!seen.says("idden-"), "{path}");
            assert!(seen.says("SUBSETTED"), "{path}");
        }
        let shown = two.app(&read).await.json();
        let members: Vec<&str> = shown
            .as_object()
            .expect("a Patient")
            .keys()
            .map(String::as_str)
            .collect();
        for member in members {
            let known = ["resourceType", "id", "meta", "name", "birthDate", "gender"];
            assert!(known.contains(&member), "{member}");
        }
        assert_eq!(shown["birthDate"], "1980-02-29");
        let summary = two.ask("/v1/portal/chart/summary").await;
        assert!(summary.says("1980-02-29") && !summary.says("idden-"));
        let me = two.ask("/v1/portal/me").await;
        assert!(me.says("Ada ada") && !me.says("idden-"));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_shown_of_a_patient_finds_nothing_either() {
    scene(async {
        let two = two(json!({})).await;
        two.portal
            .put(&two.ada.tenant, &known_patient(&two.ada.patient));
        for (query, of_proxy) in [
            ("identifier=hidden-mrn", 0),
            ("identifier=urn:mrn%7Chidden-mrn", 0),
            ("identifier=urn:mrn%7C", 0),
            ("family=ada", 1),
            ("birthdate=1980-02-29", 1),
            ("gender=female", 1),
        ] {
            for summary in ["", "&_summary=count"] {
                let path = format!("/fhir/R4/Patient?{query}{summary}");
                let own = two.portal.get_as(&two.ada, &path).await;
                assert_eq!(own.json()["total"], 1, "{path}");
                assert_eq!(two.app(&path).await.json()["total"], of_proxy, "{path}");
            }
        }
    })
    .await;
}
