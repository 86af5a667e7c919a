//! Who can be booked.

use portal_sandbox::Fault;
use portal_tests::scene;
use serde_json::{Value, json};

use super::{Scene, place, status_of};

const PROVIDERS: &str = "/v1/portal/providers";
const SNOMED: &str = "http://snomed.info/sct";

fn practitioner(id: &str, names: &[(&str, &str)]) -> Value {
    let names: Vec<Value> = names
        .iter()
        .map(|(given, family)| json!({"use": "official", "given": [given], "family": family}))
        .collect();
    json!({"resourceType": "Practitioner", "id": id, "name": names,
           "telecom": [{"system": "phone", "value": "0700-secret"}]})
}

fn role(id: &str, practitioner: &str, places: &[&str], specialty: &str) -> Value {
    let places: Vec<Value> = places
        .iter()
        .map(|id| json!({"reference": format!("Location/{id}"), "display": "Somebody's home"}))
        .collect();
    json!({
        "resourceType": "PractitionerRole", "id": id, "active": true, "location": places,
        "practitioner": {"reference": format!("Practitioner/{practitioner}")},
        "organization": {"reference": "Organization/org"},
        "specialty": [{"coding": [{"system": SNOMED, "code": specialty, "display": "Cardiology"}]}],
    })
}

fn fill(scene: &Scene) {
    let home = "http://terminology.hl7.org/CodeSystem/location-physical-type";
    let mut house = place("home", "Asia/Kabul");
    house["physicalType"] = json!({"coding": [{"system": home, "code": "ho"}]});
    let mut closed = place("closed", "Asia/Kabul");
    closed["status"] = json!("inactive");
    let mut gone = practitioner("gone", &[("Gul", "Gone")]);
    gone["active"] = json!(false);
    let mut over = role("over", "d1", &["clinic"], "1");
    over["period"] = json!({"end": "2020-01-01"});
    let mut inactive = role("inactive", "d1", &["clinic"], "1");
    inactive["active"] = json!(false);
    for resource in [
        place("clinic", "Asia/Kabul"),
        house,
        closed,
        json!({"resourceType": "Organization", "id": "org", "name": "Clinics"}),
        practitioner("d1", &[("Zahra", "Karīmī"), ("زهرا", "كريمي")]),
        practitioner("d2", &[("Adam", "Smith")]),
        gone,
        role("r1", "d1", &["clinic", "home", "closed"], "394579002"),
        role("r2", "d2", &["home"], "394814009"),
        role("r3", "gone", &["clinic"], "394579002"),
        role("r4", "nobody", &["clinic"], "394579002"),
        over,
        inactive,
    ] {
        scene.put(&resource);
    }
}

#[tokio::test]
async fn those_who_work_now_are_listed_by_name_with_what_may_be_shown_of_their_places() {
    scene(async {
        let scene = Scene::new().await;
        fill(&scene);
        let answer = scene.get(PROVIDERS).await;
        assert_eq!(answer.status, 200, "{}", answer.verdict());
        let body = answer.json();
        let data = body["data"].as_array().cloned().expect("data");
        let ids: Vec<_> = data.iter().map(|it| it["id"].clone()).collect();
        assert_eq!(ids, [json!("dir.r1"), json!("dir.r2")]);
        assert_eq!(data[0]["practitionerId"], "dir.d1");
        assert_eq!(data[0]["name"], "Zahra Karīmī");
        assert_eq!(
            data[0]["organization"],
            json!({"id": "dir.org", "name": "Clinics"})
        );
        assert_eq!(data[0]["specialties"][0]["text"], "Cardiology");
        assert_eq!(
            data[0]["locations"],
            json!([{"id": "dir.clinic", "name": "HIV clinic"}])
        );
        assert_eq!(data[1]["locations"], json!([]));
        assert!(!answer.says("home") && !answer.says("secret") && !answer.says("closed"));
        assert_eq!(status_of(&answer, "provider-directory"), "fresh");
        let dari = [("Accept-Language", "fa-AF")];
        let dari = scene.portal.get_with(&scene.ada, PROVIDERS, &dari).await;
        assert_eq!(dari.json()["data"][0]["name"], "زهرا كريمي");
        let log = scene.get("/v1/portal/me/access-log").await;
        assert!(log.says("listProviders") || log.says("dir.r1"));
    })
    .await;
}

#[tokio::test]
async fn providers_are_found_by_name_specialty_and_place_and_nothing_of_it_goes_to_the_directory() {
    scene(async {
        let scene = Scene::new().await;
        fill(&scene);
        for (query, expected) in [
            ("q=KARI", &["dir.r1"][..]),
            ("q=zah+karimi", &["dir.r1"]),
            ("q=%DA%A9%D8%B1%DB%8C", &["dir.r1"]),
            ("q=arimi", &[]),
            ("q=smith+karimi", &[]),
            ("specialty=394579002", &["dir.r1"]),
            ("specialty=http://snomed.info/sct%7C394814009", &["dir.r2"]),
            ("specialty=39457900", &[]),
            ("locationId=dir.clinic", &["dir.r1"]),
            ("locationId=dir.nowhere", &[]),
            ("locationId=dir.clinic&q=adam", &[]),
        ] {
            let answer = scene.get(&format!("{PROVIDERS}?{query}")).await;
            assert_eq!(answer.status, 200, "{query}");
            assert_eq!(answer.ids(), expected, "{query}");
        }
        for (query, verdict) in [
            ("q=", "422 VALIDATION_FAILED"),
            ("specialty=+", "422 VALIDATION_FAILED"),
            ("locationId=clinic", "422 VALIDATION_FAILED"),
            ("locationId=dir.../x", "422 VALIDATION_FAILED"),
            ("limit=0", "422 VALIDATION_FAILED"),
            ("name=x", "400 UNKNOWN_PARAMETER"),
            ("cursor=x", "400 CURSOR_INVALID"),
        ] {
            let answer = scene.get(&format!("{PROVIDERS}?{query}")).await;
            assert_eq!(answer.verdict(), verdict, "{query}");
        }
        let calls = scene.portal.sandbox.calls("provider-directory");
        let asked: Vec<&str> = calls.iter().map(|it| it.path_and_query.as_str()).collect();
        assert_eq!(
            asked.len(),
            4,
            "one call a type, whatever is asked for: {asked:?}"
        );
        assert!(
            asked.iter().all(|it| it.ends_with("?_count=500")),
            "{asked:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_and_one_directory_serves_a_tenant_and_no_other() {
    scene(async {
        let scene = Scene::new().await;
        for n in 0..7 {
            let name = format!("Name{n}");
            scene.put(&practitioner(&format!("p{n}"), &[("Dr", &name)]));
            scene.put(&role(&format!("r{n}"), &format!("p{n}"), &[], "1"));
        }
        let mut seen = Vec::new();
        let mut path = format!("{PROVIDERS}?limit=3");
        let mut pages = 0;
        let cursor = loop {
            let page = scene.get(&path).await.json();
            pages += 1;
            let data = page["data"].as_array().cloned().expect("data");
            seen.extend(data.iter().map(|it| it["id"].as_str().map(str::to_owned)));
            match page["nextCursor"].as_str() {
                Some(cursor) => path = format!("{PROVIDERS}?limit=3&cursor={cursor}"),
                None => break path,
            }
        };
        assert_eq!((seen.len(), pages), (7, 3));
        assert!(seen.is_sorted());
        let portal = &scene.portal;
        let eve = portal.person("eve").await;
        let stolen = portal.get_as(&eve, &cursor).await;
        assert_eq!(stolen.verdict(), "400 CURSOR_INVALID");
        assert_eq!(
            status_of(&portal.get_as(&eve, PROVIDERS).await, "provider-directory"),
            "cached"
        );
        let elsewhere = portal.tenant("elsewhere", true).await;
        let foreigner = portal.person_of(&elsewhere, "noor").await;
        let theirs = portal.get_as(&foreigner, PROVIDERS).await;
        assert_eq!(theirs.json()["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn providers_are_for_who_books_for_themselves_and_while_the_directory_answers() {
    scene(async {
        let scene = Scene::new().await;
        fill(&scene);
        let portal = &scene.portal;
        let narrow = portal
            .get_with_scope(&scene.ada, "patient/Practitioner.read", PROVIDERS)
            .await;
        assert_eq!(narrow.verdict(), "403 INSUFFICIENT_SCOPE");
        let eve = portal.person("eve").await;
        let delegation = portal.delegate(&scene.ada, &eve, &json!({})).await;
        let acting = [("X-Acting-For", delegation.as_str())];
        let answer = portal.get_with(&eve, PROVIDERS, &acting).await;
        assert_eq!(answer.verdict(), "403 PROXY_SCOPE_DENIED");
        portal
            .sandbox
            .set_fault("provider-directory", Fault::status(503));
        assert_eq!(
            scene.get(PROVIDERS).await.verdict(),
            "503 UPSTREAM_UNAVAILABLE"
        );
    })
    .await;
}
